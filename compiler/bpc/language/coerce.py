"""Whether a value fits a type of the vocabulary."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.diagnostics.base import Diagnostic
from bpc.language.types import (
    STRING,
    UNKNOWN,
    ListOf,
    MapOf,
    OneOf,
    Scalar,
    Type,
    Unknown,
    article,
    choices_of,
    described,
    parse,
    spelled,
)
from bpc.language.values import Deferred, Hosts, Value, type_name
from bpc.model.values import SecretHole, holes
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.source import Span


class EvaluationError(Exception):
    """An expression has no value; carries the diagnostic, or None where the mistake was told already.

    Caught where the statement is lowered.
    """

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__("" if diagnostic is None else diagnostic.text)
        self.diagnostic = diagnostic


def invalid(span: Span, problem: str, hint: str = "") -> EvaluationError:
    """The value cannot be used, for a reason that is said in words."""
    return EvaluationError(lower.BadValue(span=span, problem=problem, hint=hint))


def coerce(value: Value, expected: Type | str, span: Span, *, deploy: bool = False) -> Value:
    """The value as the type needs it. Raises `EvaluationError` where it does not fit, or is deploy-time and must not be."""
    if isinstance(expected, str):
        expected = parse(expected)
    if isinstance(value, Deferred) and not deploy:
        raise EvaluationError(lower.DeployTime(span=span, what=origin(value)))
    if isinstance(expected, Scalar) and type_name(value) == expected.name:
        return value
    for choice in choices_of(expected):
        accepted = _accept(value, choice, span, deploy=deploy)
        if accepted is not None:
            return accepted
    from bpc.language.hints import meant

    hint = meant(value, spelled(expected), span)
    raise EvaluationError(lower.WrongType(span=span, expected=described(expected), actual=_actual(value), hint=hint))


def origin(value: Deferred) -> str:
    """Where a deploy-time value comes from, in words."""
    first = holes(value.text)[0]
    if isinstance(first, SecretHole):
        return f'secret "{first.secret}"'
    name = getattr(first, "param", "")
    return f'param "{name}"' if name else "an address"


def _accept(value: Value, expected: Type, span: Span, *, deploy: bool) -> Value | None:
    match expected:
        case Unknown():
            return value
        case ListOf():
            if isinstance(value, tuple) and not isinstance(expected.item, Unknown):
                return tuple(coerce(item, expected.item, span, deploy=deploy) for item in value)
            if isinstance(value, Hosts):
                return value if expected.item in (STRING, UNKNOWN) else None
            return value if isinstance(value, tuple) else None
        case MapOf():
            if isinstance(value, dict) and not isinstance(expected.value, Unknown):
                return {key: coerce(item, expected.value, span, deploy=deploy) for key, item in value.items()}
            return value if isinstance(value, dict) else None
        case Scalar():
            return _scalar(value, expected.name, span)
        case OneOf():
            return coerce(value, expected, span, deploy=deploy)
        case _:
            assert_never(expected)


def _scalar(value: Value, kind: str, span: Span) -> Value | None:
    name = type_name(value)
    if kind == name:
        return value
    if isinstance(value, Deferred):
        return value if kind == "string" or (kind == "number" and name == "int") else None
    if kind == "number" and name == "int":
        return value
    if kind == "port" and name == "int":
        if not 1 <= int(value) <= 65535:  # type: ignore[arg-type]
            raise invalid(span, f"a port is between 1 and 65535, not {value}")
        return value
    if kind in ("service", "expose", "name") and isinstance(value, str):
        return value
    if kind == "cidr" and isinstance(value, str):
        return network_text(value, span)
    return None


def network_text(value: str, span: Span) -> str:
    """A CIDR in its normal form. Raises `EvaluationError`."""
    import ipaddress

    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        hint = ""
        if "host bits" in str(error):
            hint = f'did you mean "{ipaddress.ip_network(value, strict=False)}"?'
        raise invalid(span, f'"{value}" is not a valid network in CIDR notation', hint) from None


def _actual(value: Value) -> str:
    name = type_name(value)
    shown = f" ({value!r})" if isinstance(value, int | float) and name in ("int", "number") else ""
    return f"{article(name)}{shown}"
