"""Whether a value fits a type of the vocabulary."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.diagnostics.base import Diagnostic
from bpc.lower.values import Deferred, Hosts, Value, type_name
from bpc.model.values import SecretHole, holes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.source import Span

ARTICLES = {"int": "a whole number", "cidr": "a network such as 10.0.0.0/24"}


class Wrong(Exception):
    """An expression has no value; carries the diagnostic. Caught where the statement is lowered."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def bad(span: Span, problem: str, hint: str = "") -> Wrong:
    """The value cannot be used, for a reason that is said in words."""
    return Wrong(lower.BadValue(span=span, problem=problem, hint=hint))


def fits(value: Value, kind: str, span: Span, *, deploy: bool = False) -> Value:
    """The value as the type needs it. Raises `Wrong` where it does not fit, or is deploy-time and must not be."""
    if isinstance(value, Deferred) and not deploy:
        raise Wrong(lower.DeployTime(span=span, what=origin(value)))
    for alternative in kind.split(" | "):
        accepted = _accept(value, alternative, span, deploy=deploy)
        if accepted is not None:
            return accepted
    from bpc.lower.hints import meant

    hint = meant(value, kind, span)
    raise Wrong(lower.WrongType(span=span, expected=expected_text(kind), actual=_actual(value), hint=hint))


def origin(value: Deferred) -> str:
    """Where a deploy-time value comes from, in words."""
    first = holes(value.text)[0]
    if isinstance(first, SecretHole):
        return f'secret "{first.secret}"'
    name = getattr(first, "param", "")
    return f'param "{name}"' if name else "an address"


def _accept(value: Value, kind: str, span: Span, *, deploy: bool) -> Value | None:
    if kind.startswith("list("):
        if isinstance(value, Hosts):
            return value if kind[5:-1] in ("string", "any") else None
        if not isinstance(value, tuple):
            return None
        return tuple(fits(item, kind[5:-1], span, deploy=deploy) for item in value)
    if kind.startswith("map(") and isinstance(value, dict):
        return (
            {key: fits(item, kind[4:-1], span, deploy=deploy) for key, item in value.items()}
            if kind != "map(any)"
            else value
        )
    name = type_name(value)
    if kind in ("any", name):
        return value
    if isinstance(value, Deferred):
        return value if kind == "string" or (kind == "number" and name == "int") else None
    return _convert(value, kind, span)


def _convert(value: Value, kind: str, span: Span) -> Value | None:
    name = type_name(value)
    if kind == "number" and name == "int":
        return value
    if kind == "port" and name == "int":
        if not 1 <= int(value) <= 65535:  # type: ignore[arg-type]
            raise bad(span, f"a port is between 1 and 65535, not {value}")
        return value
    if kind == "service" and isinstance(value, str):
        return value
    if kind == "cidr" and isinstance(value, str):
        return network_text(value, span)
    return None


def network_text(value: str, span: Span) -> str:
    """A CIDR in its normal form. Raises `Wrong`."""
    import ipaddress

    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        hint = ""
        if "host bits" in str(error):
            hint = f'did you mean "{ipaddress.ip_network(value, strict=False)}"?'
        raise bad(span, f'"{value}" is not a valid network in CIDR notation', hint) from None


def expected_text(kind: str) -> str:
    """Several types in a sentence."""
    return " or ".join(article(part) for part in kind.split(" | "))


def article(word: str) -> str:
    """A type's name in a sentence: `an endpoint`."""
    return ARTICLES.get(word) or f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _actual(value: Value) -> str:
    name = type_name(value)
    shown = f" ({value!r})" if isinstance(value, int | float) and name in ("int", "number") else ""
    return f"{article(name)}{shown}"
