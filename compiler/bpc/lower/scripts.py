"""Values in scripts: a shell reads none as text that is known only when the stack runs. They are variables, or quoted."""

from __future__ import annotations

import re

from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError, invalid, origin
from bpc.language.functions import private, private_text
from bpc.language.types import article
from bpc.language.values import Deferred, type_name
from bpc.lower.evaluate import evaluate
from bpc.model.steps import Variable
from bpc.model.values import QuotedHole
from bpc.syntax.tree import Attribute, Call, Identifier, MapLiteral, Name, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.model.values import Text
    from bpc.source import Span
    from bpc.syntax.tree import Expression

SHELLS = ("sh", "ash", "bash", "dash", "ksh", "mksh", "zsh")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
TAKEN = re.compile(
    r"(_|BASH(OPTS|PID|_ARGC|_ARGV0?|_CMDS|_COMMAND|_ALIASES|_LINENO|_SOURCE|_SUBSHELL|_VERSINFO|_VERSION)?|COMP_WORDBREAKS|DIRSTACK"
    r"|EPOCH(REALTIME|SECONDS)|EUID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OPTIND|PIPESTATUS|PPID|RANDOM|S?RANDOM|SECONDS|SHELLOPTS"
    r"|SHLVL|PWD|OLDPWD|UID)\Z"
)
"""What a shell sets itself."""
ELSEWHERE = (
    'hand its values over as variables, `environment = { NAME = value }`, and write "$NAME" in the script; '
    "or put it together with quote(value)"
)


def check_script(script: Text, item: BlockReader) -> None:
    """Raises `EvaluationError` where a script has a deploy-time value that is not quoted, or that is quoted for another language."""
    shell = _interpreter(script) in SHELLS
    if any(not isinstance(part, str | QuotedHole) or (isinstance(part, QuotedHole) and not shell) for part in script):
        raise EvaluationError(_found(item, shell=shell))


def _interpreter(script: Text) -> str:
    """The name of the program that reads a script."""
    first = script[0] if script and isinstance(script[0], str) else ""
    words = first[2:].partition("\n")[0].split() if first.startswith("#!") else []
    paths = [word for word in words if not word.startswith("-")]
    name = paths[0].rpartition("/")[2] if paths else "sh"
    return paths[1].rpartition("/")[2] if name == "env" and len(paths) > 1 else name


def _found(item: BlockReader, *, shell: bool) -> lower.ValueInScript:
    setting, scope = item.settings["text"]
    node = setting.value
    for part in node.parts if isinstance(node, String) else ():
        if not isinstance(part, str):
            value = evaluate(part, scope)
            if isinstance(value, Deferred) and not (shell and _quoted(value)):
                return _said(value, part, shell=shell)
    value = evaluate(node, scope)
    assert isinstance(value, Deferred)
    return lower.ValueInScript(span=node.span, what=origin(value), hint=ELSEWHERE)


def _quoted(value: Deferred) -> bool:
    return all(isinstance(part, str | QuotedHole) for part in private(value.text))


def _said(value: Deferred, node: Expression, *, shell: bool) -> lower.ValueInScript:
    inner = node.arguments[0].value if isinstance(node, Call) and node.arguments else node
    name = _variable(inner)
    text = inner.span.source.text[inner.span.start : inner.span.end] if name else "value"
    name = name or "NAME"
    hint = f"hand it over as a variable, `environment = {{ {name} = {text} }}`"
    hint += f', and write "${name}" in the script; or write ${{quote({text})}}' if shell else ", which the script reads"
    return lower.ValueInScript(span=node.span, what=origin(value), hint=hint)


def _variable(node: Expression) -> str:
    """A good name of the variable for a name or an attribute."""
    if isinstance(node, Name):
        return node.text.upper().replace("-", "_")
    return node.name.text.upper().replace("-", "_") if isinstance(node, Attribute) else ""


def variables(item: BlockReader) -> tuple[Variable, ...]:
    """The variables of a step. Raises `EvaluationError`."""
    made = []
    for name, value in item.value("environment").items():
        place = _place(item, name)
        if not NAME.match(name):
            shown = name.encode("unicode_escape").decode()
            raise invalid(
                place, f'"{shown}" is not a valid name of a variable', "letters, digits and _, no digit first"
            )
        if TAKEN.match(name):
            raise invalid(place, f'the shell sets the variable "{name}" itself', "choose another name")
        made.append(Variable(name=name, value=_text(value, place)))
    return tuple(made)


def _text(value: Value, place: Span) -> Text:
    try:
        return private_text(value)
    except ValueError:
        found = lower.WrongType(span=place, expected="a string, number or bool", actual=article(type_name(value)))
        raise EvaluationError(found) from None


def _place(item: BlockReader, name: str) -> Span:
    """The place of a variable's name, or of the whole map where it is not written as one."""
    node = item.settings["environment"][0].value
    for entry in node.entries if isinstance(node, MapLiteral) else ():
        key = entry.key.text if isinstance(entry.key, Identifier) else "".join(map(str, entry.key.parts))
        if key == name:
            return entry.key.span
    return node.span
