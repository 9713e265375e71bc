"""Source files and places in them.

A `Source` is the text of one file under the name that diagnostics print; a `Span` is a half-open range of characters in
it. Neither touches the disk: `bpc.files` does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple


class Source:
    """One file's text. `name` is its path relative to the project folder, with forward slashes, as messages print it."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] = []

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def location(self, offset: int) -> tuple[int, int]:
        """(line, column) of a character, both counted from 1."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1) without its end."""
        starts = self._line_starts()
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts


if TYPE_CHECKING:

    class Span(NamedTuple):
        """The characters `start` (included) to `end` (excluded) of a source."""

        source: Source
        start: int
        end: int
else:
    Span = namedtuple("Span", "source start end")


def where(span: Span) -> str:
    """`file:line` of the place's beginning, as the outputs carry it."""
    return f"{span.source.name}:{span.source.location(span.start)[0]}"


def join(first: Span, last: Span) -> Span:
    """From the beginning of one place to the end of another of the same source."""
    return Span(first.source, first.start, last.end)
