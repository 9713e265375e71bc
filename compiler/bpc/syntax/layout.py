"""How lines are indented shows which bracket of a block is missing or too many, where they do not fit."""

from __future__ import annotations

from bpc.syntax.lexer import BODY, BODY_END, END, SEP
from bpc.syntax.parser import STOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.source import Source
    from bpc.syntax.lexer import Token


def indent(source: Source, offset: int) -> int:
    """How far the line of a character is indented."""
    line = source.line(source.location(offset)[0])
    return len(line) - len(line.lstrip())


def missing_closer(source: Source, found: list[Token]) -> int:
    """The token before which a `}` is missing; -1 where nothing shows it.

    The block whose `}` stands further left than its `{` has another's. It ends before the next line that is not deeper.
    """
    opened: list[int] = []
    for at, (kind, text, start) in enumerate(found):
        if kind == BODY:
            opened.append(at)
        elif kind in (BODY_END, STOP) and opened and (kind == BODY_END or not text):
            first = opened.pop()
            if kind == BODY_END and indent(source, start) < indent(source, found[first][2]):
                return _end_of_block(source, found, first)
    return -1


def _end_of_block(source: Source, found: list[Token], opener: int) -> int:
    """The token, or the separator before it, that begins the first line behind a block's `{` that is not deeper."""
    depth = indent(source, found[opener][2])
    line = source.location(found[opener][2])[0]
    for at in range(opener + 1, len(found)):
        kind, _, start = found[at]
        if kind not in (SEP, END) and source.location(start)[0] > line and indent(source, start) <= depth:
            return at - 1 if found[at - 1][0] == SEP else at
    return -1


def early_closer(source: Source, found: list[Token]) -> int:
    """A `}` further right than the line of its `{`, first on its line: it is one too many. -1 where there is none."""
    opened: list[int] = []
    for at, (kind, text, start) in enumerate(found):
        if kind == BODY:
            opened.append(start)
        elif kind == STOP and not text and opened:
            opened.pop()
        elif kind == BODY_END and opened:
            depth = indent(source, start)
            is_first = source.location(start)[1] == depth + 1
            if depth > indent(source, opened.pop()) and is_first:
                return at
    return -1
