"""What was meant by a name that nothing declares. Loaded when there is one."""

from __future__ import annotations

import re

from bpc.diagnostics.base import did_you_mean
from bpc.vocabulary import FUNCTIONS, RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span

SHOWN = 10
"""Names that a hint lists at most."""
TRUE, FALSE = ("true", "yes", "on"), ("false", "no", "off")
NOTHING = ("null", "none", "nil", "undefined")
OTHER_FUNCTIONS = {
    "concat": 'write "${a}${b}" for texts and a + b for lists',
    "str": 'write "${value}"',
    "tostring": 'write "${value}"',
    "string": 'write "${value}"',
    "env": "nothing is read from the environment of the command: declare a `let` and give it with `--set`",
    "getenv": "nothing is read from the environment of the command: declare a `let` and give it with `--set`",
    "var": "write the name alone, without `var.`",
    "local": "write the name alone, without `local.`",
    "self": "write the name alone, without `self.`",
    "size": "length() counts characters, items and entries",
    "count": "length() counts characters, items and entries",
    "range_to": "write low..high",
    "templatefile": "template(path, map) renders a Jinja template",
    "jinja": "template(path, map) renders a Jinja template",
    "read": "file(path) is a project file's text",
    "sum": "write a + b",
    "map": "write [f(x) for x in xs]",
    "filter": "write [x for x in xs if condition]",
}
"""Names and functions of other languages."""


def meant_name(name: str, scope: Iterable[str], kind: str, span: Span) -> str:
    """A hint for an unknown name, in a setting of type `kind` ("" where it is not known)."""
    if name.lower() in TRUE + FALSE:
        return f"write {'true' if name.lower() in TRUE else 'false'}"
    if name.lower() in NOTHING:
        return "omit a setting that has no value"
    known = frozenset(scope)  # the same one, so that it is put in order once
    near = did_you_mean(name, known)
    release = _release(name) if kind.startswith("release") else ""
    if release or near:
        return release or near
    text = _unquoted(kind, span)
    if text:
        return f'text must be in double quotes: "{text}"'
    if name in OTHER_FUNCTIONS:
        return OTHER_FUNCTIONS[name]
    if kind == "function":
        return did_you_mean(name, FUNCTIONS) or f"functions are {', '.join(sorted(FUNCTIONS))}"
    return f"defined here: {listed(known)}" if known else ""


def _release(name: str) -> str:
    """A release that is written as a name: `debian`, `debian-12`."""
    found = re.fullmatch(r"([A-Za-z]+)(?:[-_]?([0-9][0-9_]*))?", name)
    if found is None or found[1].lower() not in RELEASES:
        return ""
    version = (found[2] or "").replace("_", ".")
    return f'write {found[1].lower()}("{version or "VERSION"}")'


def _unquoted(kind: str, span: Span) -> str:
    """The whole word around a name, where a text is needed; empty where something else is."""
    if not re.search(r"\bstring\b|\bcidr\b|\brelease\b|\bany\b", kind):
        return ""
    text = span.source.text
    rest = re.match(r"[^\s,\[\](){}\"'+=]*", text[span.start :])
    found = rest[0] if rest else ""
    return "" if text[span.start + len(found) :].startswith(("(", "[")) else found


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, not more than one can read."""
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more


def continues(found: Diagnostic, span: Span) -> bool:
    """Whether a name is the rest of an unquoted text of which something was told: `files/motd`."""
    before = found.span
    between = span.source.text[before.end : span.start]
    return found.code == "BPC201" and before.source is span.source and between in ("/", "-", "%")
