"""What stands between the tokens: comments and blank lines, found in the text when an editor or a formatter asks.

No compilation pays for them: the tree has no comments, and these functions read the text again.

- `pieces(source)` is the text without a gap: tokens, comments, blanks, newlines, commas and what the language has no
  place for. Their texts, one after the other, are the text of the file, whatever it is.
- `trivia(source)` has the comments and blank lines in the order of the text. `Trivia.before(offset)` are those on lines of
  their own before something, `Trivia.behind(offset)` is the comment behind something on its line. So a formatter asks for a
  statement or an item `before(node.span.start)` (of its doc string, where it has one) and `behind(node.span.end)`; for a bracket
  that closes a body or list, `before(node.span.end - 1)`; for the one that opens it, `behind` where it ends.
- `parentheses(file, node)` are the pairs of parentheses around an expression.

A string is one token with all that is in it; a comment inside of its `${…}` is a part of its text.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from bpc.record import Record
from bpc.source import Span
from bpc.syntax.lexer import END, SEP, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from bpc.source import Source
    from bpc.syntax.tree import File, Node

_GAP = re.compile(r"(?P<newline>\n)|(?P<comment>#[^\n]*)|(?P<comma>,)|(?P<blank>[ \t\r]+)|(?P<other>[^ \t\r\n,#]+)")
_NOTHING = re.compile(r"[ \t\r\n,]*")
_BESIDE = re.compile(r"[ \t\r,]*")
_TRIVIA = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")


class Piece(Record):
    """A part of a text. `kind` is `other` for characters that the language has no place for."""

    kind: Literal["token", "comment", "blank", "newline", "comma", "other"]
    span: Span


class Comment(Record):
    """A comment from its `#` to the end of its line. `behind` says whether something stands before it on its line."""

    span: Span
    text: str
    behind: bool


class BlankLines(Record):
    """Blank lines in a row."""

    span: Span
    lines: int


class Trivia(Record):
    """All comments and blank lines of a text, in its order."""

    source: Source
    items: tuple[Comment | BlankLines, ...]

    def before(self, offset: int) -> tuple[Comment | BlankLines, ...]:
        """What stands on lines of its own between `offset` and the token before it."""
        first = last = bisect_right(self.items, offset, key=lambda item: item.span.end)
        end = offset
        while first > 0 and self._own_line(self.items[first - 1], end):
            first -= 1
            end = self.items[first].span.start
        return self.items[first:last]

    def behind(self, offset: int) -> Comment | None:
        """The comment on the line of `offset` with nothing but commas before it."""
        at = bisect_right(self.items, offset, key=lambda item: item.span.end)
        item = self.items[at] if at < len(self.items) else None
        if isinstance(item, Comment) and _BESIDE.fullmatch(self.source.text, offset, item.span.start):
            return item
        return None

    def _own_line(self, item: Comment | BlankLines, end: int) -> bool:
        is_near = _NOTHING.fullmatch(self.source.text, item.span.end, end)
        return bool(is_near) and not (isinstance(item, Comment) and item.behind)


class _Unheard(list):  # type: ignore[type-arg]
    """Diagnostics that are told elsewhere."""

    def append(self, item: object) -> None:
        pass


def pieces(source: Source) -> Iterator[Piece]:
    """The text of a file in pieces; nothing is left out."""
    end = 0
    for kind, text, start in tokens(source, 0, len(source.text), _Unheard()):
        if kind != SEP:
            for match in _GAP.finditer(source.text, end, start):
                yield Piece(kind=match.lastgroup, span=Span(source, *match.span()))  # type: ignore[arg-type]
            end = start + len(text)
            if kind != END:
                yield Piece(kind="token", span=Span(source, start, end))


def trivia(source: Source) -> Trivia:
    """The comments and blank lines of a text."""
    items: list[Comment | BlankLines] = []
    line, is_blank = 0, True
    for piece in pieces(source):
        if piece.kind == "newline":
            if is_blank:
                _add_blank(items, Span(source, line, piece.span.end))
            line, is_blank = piece.span.end, True
        elif piece.kind == "comment":
            text = source.text[piece.span.start + 1 : piece.span.end].strip()
            items.append(Comment(span=piece.span, text=text, behind=not is_blank))
            is_blank = False
        elif piece.kind != "blank":
            is_blank = False
    return Trivia(source=source, items=tuple(items))


def _add_blank(items: list[Comment | BlankLines], line: Span) -> None:
    before = items[-1] if items else None
    if isinstance(before, BlankLines) and before.span.end == line.start:
        items[-1] = BlankLines(span=Span(line.source, before.span.start, line.end), lines=before.lines + 1)
    else:
        items.append(BlankLines(span=line, lines=1))


def parentheses(file: File, node: Node) -> tuple[Span, ...]:
    """The pairs of parentheses around an expression, the innermost first."""
    found: list[Span] = []
    inside = node.span
    for pair in file.parentheses:
        if pair.start < inside.start and inside.end < pair.end and _holds(pair, inside):
            found.append(pair)
            inside = pair
    return tuple(found)


def _holds(pair: Span, inside: Span) -> bool:
    """Whether there is nothing in parentheses beside."""
    text = pair.source.text
    before = _TRIVIA.fullmatch(text, pair.start + 1, inside.start)
    return bool(before and _TRIVIA.fullmatch(text, inside.end, pair.end - 1))
