"""What the text of a string stands for: escapes, interpolations, and the common indent of long strings."""

from __future__ import annotations

import re

from bpc.diagnostics.syntax import BadEscape
from bpc.source import Span
from bpc.syntax.lexer import interpolation_end
from bpc.syntax.tree import Broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source
    from bpc.syntax.tree import Expression

    Interpolate = Callable[[int, int], Expression]
    """Parses the characters from `start` to `end` of the source as an expression."""

_PIECE = re.compile(r"([^\\$]++|\$(?!\{))|\\(u\{[^}\"\n]*+\}|[\s\S])|\$\{")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_INDENT = re.compile(r"\n([ \t]*+)(?=[^ \t\r\n])")


class StringReader:
    """Reads the strings of one source."""

    def __init__(self, source: Source, diagnostics: list[Diagnostic], interpolate: Interpolate) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.interpolate = interpolate

    def parts(self, text: str, start: int) -> tuple[str | Expression, ...]:
        """The texts and expressions of a string that stands at `start` as `text`, with its quotes. No text is empty."""
        if text.startswith('"""') and len(text) >= 6:
            return self._pieces(start + 3, start + len(text) - 3, '"""')
        if "\\" not in text and "${" not in text:
            return (text[1:-1],) if len(text) > 2 else ()
        return self._pieces(start + 1, start + len(text) - 1, '"')

    def half(self, text: str, start: int) -> tuple[str | Expression, ...]:
        """The parts of a text that was meant as a string, and is reported already: nothing more is said about it."""
        quote = next((quote for quote in ('"""', '"') if text.startswith(quote)), "")
        if not quote:
            return (text.strip("'"),)
        told = len(self.diagnostics)
        parts = self._pieces(start + len(quote), start + len(text), quote)
        del self.diagnostics[told:]
        return parts

    def _pieces(self, start: int, end: int, quote: str) -> tuple[str | Expression, ...]:
        dedent = _dedenter(self.source.text[start:end]) if quote == '"""' else None
        parts: list[str | Expression] = []
        literal: list[str] = []
        position = start
        while match := _PIECE.match(self.source.text, position, end):
            chunk, escape = match[1], match[2]
            position = match.end()
            if chunk is not None:
                literal.append(dedent(chunk, match.start() == start) if dedent else chunk)
            elif escape is not None:
                character = self._escape(escape, match.start())
                literal.append(character)
                if not character:
                    broken = Broken(span=Span(self.source, *match.span()), parts=())
                    parts += ["".join(literal), broken]
                    literal.clear()
            else:
                inside, position = position, interpolation_end(self.source.text, position, end, quote)
                closed = position >= 0
                position = position if closed else end
                parts += ["".join(literal), self.interpolate(inside, position - closed)]
                literal.clear()
        return tuple(part for part in (*parts, "".join(literal)) if part != "")

    def _escape(self, escape: str, start: int) -> str:
        if escape in _ESCAPES:
            return _ESCAPES[escape]
        if escape[0] == "u":
            character = _character(escape[2:-1])
            if character:
                return character
        span = Span(self.source, start, start + len(escape) + 1)
        self.diagnostics.append(BadEscape(span=span, escape="\\" + escape))
        return ""


def plain(text: str) -> str:
    """A doc string's text: as it is written, without common indent and blanks around it."""
    body = text[3:-3] if text.startswith('"""') else text[1:-1]
    return _dedenter(body)(body, True).strip()


def _character(digits: str) -> str:
    """The character of a hexadecimal number; empty where there is none."""
    try:
        number = int(digits, 16) if len(digits) <= 6 and digits.isalnum() else -1
    except ValueError:
        return ""
    is_character = 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_character else ""


def _dedenter(body: str) -> Callable[[str, bool], str]:
    """A function that takes the common indent away from a piece of `body`, and the newline at its very beginning.

    Lines that are blank do not count. The line of the opening quotes has no indent.
    """
    width = min((len(indent) for indent in _INDENT.findall(body)), default=0)
    pattern = re.compile(rf"\r?\n[ \t]{{0,{width}}}+")

    def dedent(piece: str, first: bool) -> str:
        cut = pattern.sub("\n", piece)
        return cut[1:] if first and cut.startswith("\n") else cut

    return dedent
