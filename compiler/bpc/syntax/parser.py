"""The LALR driver: tokens and tables to a tree. What happens at a mistake stands in `recovery`."""

from __future__ import annotations

from bpc.diagnostics.syntax import MisplacedHeader, MissingHeader, NestedTooDeep, UnknownEdition
from bpc.source import Span
from bpc.syntax import _tables as tables
from bpc.syntax.build import Builder, Header
from bpc.syntax.lexer import NAME, tokens
from bpc.syntax.strings import StringReader
from bpc.syntax.tree import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source
    from bpc.syntax.lexer import Token
    from bpc.syntax.tree import Expression, Statement

    Reduction = tuple[int, int, Callable[..., Any] | None, tuple[int, ...], int]
    """(children, nonterminal, method, kept children, levels of nesting that the node adds)"""

LEVELS = 200
"""Trees are at most so deep, so that the later stages may walk them by recursion."""
INTERPOLATIONS = 10
"""Strings in interpolations of strings are at most so deep."""

ACTIONS = [tables.ROWS[row] for row in tables.ACTIONS]
GOTOS = [tables.GOTO_ROWS[row] for row in tables.GOTOS]
_FLAT = {"first", "more", "all_statements", "no_statements", "generator"}


class Stack:
    """What was read and not yet joined: the states, and for each but the first its value, beginning and depth."""

    __slots__ = ("accepted", "depths", "starts", "states", "values")

    def __init__(self, state: int) -> None:
        self.accepted = False
        self.states = [state]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.depths: list[int] = []

    def cut(self, size: int) -> None:
        """Leaves `size` values."""
        del self.states[size + 1 :], self.values[size:], self.starts[size:], self.depths[size:]

    def result(self) -> Any:
        """What was read: the whole, or the statements before a mistake that nothing could be read after, or None."""
        if self.accepted:
            return self.values[0]
        return tuple(self.values[0]) if self.values and isinstance(self.values[0], list) else None


class Parser:
    """Parses one source, and the interpolations in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.interpolations = 0
        builder = Builder(StringReader(source, self.diagnostics, self._interpolate))
        self.rules: list[Reduction] = [
            (size, name, getattr(builder, method) if method else None, kept, method != "" and method not in _FLAT)
            for size, name, method, kept in tables.RULES
        ]

    def parse(self, rule: str, start: int, end: int) -> Any:
        """What the start rule makes of a part of the source; of statements those that could be read, else None."""
        found = tokens(self.source, start, end, self.diagnostics)
        stack = Stack(tables.STARTS[rule])
        at = 0
        while at >= 0:
            at = self._run(found, at, stack)
            if at >= 0:
                from bpc.syntax.recovery import recover

                at = recover(self.source, found, at, stack, self.diagnostics)
        return stack.result()

    def _interpolate(self, start: int, end: int) -> Expression | None:
        if self.interpolations >= INTERPOLATIONS:
            self.diagnostics.append(NestedTooDeep(span=Span(self.source, start, end), limit=INTERPOLATIONS))
            return None
        self.interpolations += 1
        value: Expression | None = self.parse("expression", start, end)
        self.interpolations -= 1
        return value

    def _run(self, found: list[Token], at: int, stack: Stack) -> int:
        """Shifts and reduces from token `at` on; returns -1 when all is read, else the token that has no place."""
        source, rules, accept = self.source, self.rules, tables.ACCEPT
        states, values, starts, depths = stack.states, stack.values, stack.starts, stack.depths
        kind, text, start = token = found[at]
        end = start
        while True:
            action = ACTIONS[states[-1]][kind]
            if action > 0:
                states.append(action)
                values.append(token)
                starts.append(start)
                depths.append(0)
                end = start + len(text)
                at += 1
                kind, text, start = token = found[at]
            elif action == 0:
                if kind < tables.FIRST_KEYWORD or not ACTIONS[states[-1]][NAME]:
                    return at
                kind = NAME
            elif action == accept:
                stack.accepted = True
                return -1
            else:
                size, name, method, kept, levels = rules[-action]
                if size:
                    depth = max(depths[-size:]) + levels
                    begin = starts[-size]
                    if method is None:
                        value = values[kept[0]]
                    else:
                        value = method(Span(source, begin, end), *[values[child] for child in kept])
                    del states[-size:], values[-size:], starts[-size:], depths[-size:]
                else:
                    depth, begin, value = 0, start, method(Span(source, start, start))
                if depth > LEVELS:
                    self.diagnostics.append(NestedTooDeep(span=Span(source, begin, begin + 1), limit=LEVELS))
                    return -1
                states.append(GOTOS[states[-1]][name])
                values.append(value)
                starts.append(begin)
                depths.append(depth)


def parse_file(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """See `bpc.syntax.parse`."""
    parser = Parser(source)
    start = 1 if source.text.startswith("\ufeff") else 0
    statements = parser.parse("file", start, len(source.text)) or ()
    edition = _edition(source, statements, parser.diagnostics)
    kept = tuple(statement for statement in statements if not isinstance(statement, Header))
    span = Span(source, 0, len(source.text))
    return File(span=span, source=source, edition=edition, statements=kept), _in_order(parser.diagnostics)


def parse_value(source: Source) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """See `bpc.syntax.parse_expression`."""
    parser = Parser(source)
    value = parser.parse("expression", 0, len(source.text))
    return value, _in_order(parser.diagnostics)


def _edition(source: Source, statements: tuple[Statement | Header, ...], diagnostics: list[Diagnostic]) -> int | None:
    """The edition that the first statement names; None where it does not, or none that is known."""
    headers = [statement for statement in statements if isinstance(statement, Header)]
    diagnostics += [MisplacedHeader(span=header.span) for header in headers if header is not statements[0]]
    if not headers:
        if not diagnostics or diagnostics[0].span.start > 0:
            diagnostics.append(MissingHeader(span=Span(source, 0, 1)))
        return None
    if headers[0].edition != "1":
        diagnostics.append(UnknownEdition(span=headers[0].span, edition=headers[0].edition))
        return None
    return 1


def _in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(diagnostics, key=lambda diagnostic: diagnostic.span.start))
