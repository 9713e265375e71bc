"""Words for messages: what stands somewhere, and what could stand there."""

from __future__ import annotations

from bpc.syntax._tables import ACCEPT, KEYWORDS, KINDS, OPERATORS, RULES
from bpc.syntax.lexer import CLOSERS, END, LONG_STRING, NAME, NUMBER, SEP, STRING, STRINGS, has_comma
from bpc.syntax.parser import ACTIONS, GOTOS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.syntax.lexer import Token

PLUS = OPERATORS["+"]
_TEXTS = {kind: text for text, kind in OPERATORS.items()} | {kind: word for word, kind in KEYWORDS.items()}
_STATEMENT_KIND = KINDS.index("_CONNECT")
_DECLARATION_KIND = KINDS.index("_PARAM")


def accepted_kinds(states: list[int]) -> set[int]:
    """The kinds of token that could stand next."""
    return {kind for kind in range(len(KINDS)) if _is_accepted(states, kind)}


def _is_accepted(states: list[int], kind: int) -> bool:
    """Whether the token would be shifted in the end: a LALR table may reduce a while before it sees a mistake."""
    height = len(states)
    pushed: list[int] = []
    while True:
        action = ACTIONS[pushed[-1] if pushed else states[height - 1]][kind]
        if action >= 0 or action == ACCEPT:
            return action != 0
        size, name = RULES[-action][:2]
        height -= max(0, size - len(pushed))
        del pushed[max(0, len(pushed) - size) :]
        pushed.append(GOTOS[pushed[-1] if pushed else states[height - 1]][name])


def expected_text(kinds: set[int]) -> str:
    """What could stand there, in a few words."""
    if _STATEMENT_KIND in kinds:
        return "a statement"
    if _DECLARATION_KIND in kinds:
        return "a declaration"
    choices: list[str] = []
    if NUMBER in kinds and STRING in kinds:
        choices.append("a value")
        kinds = kinds & CLOSERS
    elif PLUS in kinds:
        kinds = kinds & {*CLOSERS, SEP, KEYWORDS["else"], OPERATORS["{"]}
    for kind, text in ((NAME, "a name"), (STRING, "a string"), (NUMBER, "a number"), (LONG_STRING, "")):
        if kind in kinds and text:
            choices.append(text)
    choices += [f'"{_TEXTS[kind]}"' for kind in sorted(kinds) if kind in _TEXTS]
    if SEP in kinds:
        choices.append('","' if kinds & CLOSERS - {OPERATORS["}"]} else "a new line")
    elif not choices:
        choices.append("the end")
    return " or ".join((", ".join(choices[:-1]), choices[-1])) if len(choices) > 1 else choices[0]


def found_text(kind: int, text: str) -> str:
    """What stands there."""
    if kind == END:
        return "the end"
    if kind == SEP:
        return '","' if has_comma(text) and "\n" not in text.partition(",")[0] else "the end of the line"
    if kind in STRINGS:
        return "a string"
    return f'"{_short(text)}"'


def quoted(token: Token) -> str:
    """A token as messages quote it."""
    kind, text, _ = token
    return "the string" if kind in STRINGS else f'"{_short(text)}"'


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
