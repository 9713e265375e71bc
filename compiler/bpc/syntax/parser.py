"""The LALR driver: tokens and tables to a tree. What happens at a mistake stands in `resume`."""

from __future__ import annotations

from operator import itemgetter

from bpc.diagnostics.syntax import MisplacedHeader, MissingHeader, NestedTooDeep, UnknownEdition
from bpc.source import Span
from bpc.syntax import _tables as tables
from bpc.syntax._tables import FIRST_KEYWORD
from bpc.syntax.build import Builder
from bpc.syntax.lexer import NAME, SEP, has_comma, tokens
from bpc.syntax.strings import StringReader
from bpc.syntax.tree import Broken, File, Header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source
    from bpc.syntax.lexer import Token
    from bpc.syntax.tree import Expression, Statement

    Reduction = tuple[int, int, Callable[..., Any], Callable[[list[Any]], Sequence[Any]], int]
    """(items on the stack, nonterminal, method, its kept children, levels of nesting that the node adds)"""

LEVELS = 100
INTERPOLATIONS = 4
LEVELS_INSIDE = 25
"""How deep a tree may be, so that the later stages may walk it by recursion: 100 levels, and in each of up to four strings
within one another 25 more."""

STOP = -1
"""A kind that has no place anywhere: the parser stops before it."""
_ROWS = [(*row, 0) for row in tables.ROWS]
ACTIONS = [_ROWS[row] for row in tables.ACTIONS]
GOTOS = [tables.GOTO_ROWS[row] for row in tables.GOTOS]
_FLAT = {"parenthesised", "first", "more", "all_statements", "no_statements", "generator", "generated"}


class Stack:
    """What was read and not yet joined, in one flat list: the first state, then (value, start, depth, state) for each."""

    __slots__ = ("accepted", "items")

    def __init__(self, state: int) -> None:
        self.items: list[Any] = [state]
        self.accepted = False

    @property
    def states(self) -> list[int]:
        return self.items[0::4]

    @property
    def values(self) -> list[Any]:
        return self.items[1::4]

    def cut(self, size: int) -> None:
        """Leaves `size` values."""
        del self.items[4 * size + 1 :]

    def result(self) -> Any:
        """What was read: the whole, or the statements before a mistake that nothing could be read after, or None."""
        value = self.items[1] if len(self.items) > 1 else None
        return value if self.accepted else tuple(value) if isinstance(value, list) else None


class Parser:
    """Parses one source, and the interpolations in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.interpolations = 0
        self.too_deep = False
        self.unclosed: set[int] = set()
        """Where brackets begin that recovery closes."""
        self.builder = Builder(StringReader(source, self.diagnostics, self._interpolate))
        self.rules = [_reduction(self.builder, *rule) for rule in tables.RULES]

    @property
    def limit(self) -> int:
        """How deep the tree may be."""
        return LEVELS_INSIDE if self.interpolations else LEVELS

    def parse(self, rule: str, start: int, end: int) -> Any:
        """What the start rule makes of a part of the source, or None; what cannot be read is a `Broken` in it."""
        found = tokens(self.source, start, end, self.diagnostics)
        if rule == "expression":
            _drop_last_newline(found)
        elif len(found) == 1:
            return ()
        stack = Stack(tables.STARTS[rule])
        at = self.run(found, 0, stack, start)
        if at >= 0:
            from bpc.syntax.resume import Recovery

            Recovery(self, found, stack, start).go_on(at)
        return stack.result()

    def _interpolate(self, start: int, end: int) -> Expression:
        nothing = Broken(span=Span(self.source, start, end), parts=())
        if self.interpolations >= INTERPOLATIONS:
            self.diagnostics.append(NestedTooDeep(span=nothing.span, limit=INTERPOLATIONS))
            return nothing
        self.interpolations += 1
        value: Expression | None = self.parse("expression", start, end)
        self.interpolations -= 1
        return value or nothing

    def run(self, found: list[Token], at: int, stack: Stack, end: int) -> int:
        """Shifts and reduces from token `at` on; returns -1 when all is read, else the token that has no place.

        `end` is where the token before `at` ends.
        """
        source, rules, accept, items, new = self.source, self.rules, tables.ACCEPT, stack.items, tuple.__new__
        kind, text, start = token = found[at]
        limit = self.limit
        while True:
            action = ACTIONS[items[-1]][kind]
            if action > 0:
                items += (token, start, 0, action)
                end = start + len(text)
                at += 1
                kind, text, start = token = found[at]
            elif action == 0:
                if kind < FIRST_KEYWORD or not ACTIONS[items[-1]][NAME]:
                    return at
                kind = NAME
            elif action == accept:
                stack.accepted = True
                return -1
            else:
                width, name, method, take, levels = rules[-action]
                if width == 4:
                    items[-4] = method(new(Span, (source, items[-3], end)), items[-4])
                    items[-1] = GOTOS[items[-5]][name]
                    items[-2] += levels
                else:
                    depth = max(items[2 - width :: 4]) + levels
                    if depth > limit:
                        self._too_deep(items[1 - width], limit)
                        return at
                    begin = items[1 - width]
                    value = method(new(Span, (source, begin, end)), *take(items))
                    del items[-width:]
                    items += (value, begin, depth, GOTOS[items[-1]][name])

    def _too_deep(self, start: int, limit: int) -> None:
        self.diagnostics.append(NestedTooDeep(span=Span(self.source, start, start + 1), limit=limit))
        self.too_deep = True


def _drop_last_newline(found: list[Token]) -> None:
    if len(found) > 1 and found[-2][0] == SEP and not has_comma(found[-2][1]):
        del found[-2]


def _reduction(builder: Builder, size: int, name: int, method: str, kept: tuple[int, ...]) -> Reduction:
    """A rule of the tables as the driver uses it."""
    offsets = [4 * child for child in kept]
    take = (
        itemgetter(*offsets)
        if len(offsets) > 1
        else itemgetter(slice(offsets[0], offsets[0] + 1) if offsets else slice(0))
    )
    return 4 * size, name, getattr(builder, method or "first"), take, method not in _FLAT


def parse_file(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """See `bpc.syntax.parse`."""
    parser = Parser(source)
    start = 1 if source.text.startswith("\ufeff") else 0
    statements = parser.parse("file", start, len(source.text)) or ()
    header, kept = _without_header(statements)
    edition = _edition(source, header, parser.builder.headers, parser.diagnostics)
    span = Span(source, 0, len(source.text))
    places = tuple(dict.fromkeys(pair for pair in parser.builder.parentheses if pair.start not in parser.unclosed))
    file = File(span=span, source=source, edition=edition, header=header, statements=kept, parentheses=places)
    return file, _in_order(parser.diagnostics)


def parse_value(source: Source) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """See `bpc.syntax.parse_expression`."""
    parser = Parser(source)
    value = parser.parse("expression", 0, len(source.text))
    return value, _in_order(parser.diagnostics)


def _without_header(statements: tuple[Statement, ...]) -> tuple[Header | None, tuple[Statement, ...]]:
    """The header of a file, and its statements. What could not be read may stand before it."""
    for at, statement in enumerate(statements):
        if not isinstance(statement, Broken):
            break
        if len(statement.parts) == 1 and isinstance(statement.parts[0], Header):
            return statement.parts[0], (*statements[:at], *statements[at + 1 :])
    return None, statements


def _edition(source: Source, header: Header | None, headers: list[Header], diagnostics: list[Diagnostic]) -> int | None:
    """The edition that the first statement names; None where it does not, or none that is known. Others stand elsewhere, also in blocks."""
    place = header.span if header else None
    diagnostics += [MisplacedHeader(span=inner.span) for inner in headers if inner.span != place]
    if header is None:
        named = diagnostics and source.text.lstrip("\ufeff \t\r\n").startswith("blueprint")  # which was told already
        if not named and (not diagnostics or diagnostics[0].span.start > 0):
            diagnostics.append(MissingHeader(span=Span(source, 0, 1)))
        return None
    if header.edition != "1":
        diagnostics.append(UnknownEdition(span=header.span, edition=header.edition))
        return None
    return 1


def _in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place; what was read a second time says the same thing twice."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda diagnostic: diagnostic.span.start))
