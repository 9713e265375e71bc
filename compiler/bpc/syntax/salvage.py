"""What is kept of a statement with a mistake: the stack is completed so that its nodes are made, with a `Broken` in them.

Of all places on the stack where a value, an entry, a label or a body could stand, the innermost one is taken that lets
the statement end: what was read from there on becomes the parts of a `Broken`, and brackets that are open are closed.
"""

from __future__ import annotations

from bpc.source import Span
from bpc.syntax._tables import ACCEPT, NONTERMINALS, OPERATORS, RULES
from bpc.syntax.build import nodes_in
from bpc.syntax.lexer import (
    BAD_NUMBER,
    BODY,
    BODY_END,
    CLOSERS,
    END,
    HALF_STRING,
    LONG_STRING,
    NAME,
    NUMBER,
    OPENERS,
    QUANTITY,
    SEP,
    STRING,
    has_comma,
)
from bpc.syntax.parser import ACTIONS, GOTOS, STOP
from bpc.syntax.tree import Broken, Entry, Identifier, Name, Node, String, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from bpc.syntax.lexer import Token
    from bpc.syntax.parser import Parser, Stack

STATEMENT, ATOM, ENTRY, TEXT = (NONTERMINALS.index(name) for name in ("statement", "atom", "entry", "string"))
HOLES = (ATOM, ENTRY, TEXT)
_CLOSER_OF = {BODY: BODY_END, OPERATORS["("]: OPERATORS[")"], OPERATORS["["]: OPERATORS["]"]}
_FARTHEST = 64
"""How many values down the stack a place is sought; a statement seldom has ten."""


class Salvage:
    """Completes the stack of one text. Where something is missing, a `Broken` without width stands."""

    def __init__(self, parser: Parser, found: list[Token], stack: Stack, start: int) -> None:
        self.parser, self.found, self.stack, self.start = parser, found, stack, start

    def end_before(self, at: int) -> int:
        """Where the last token before token `at` ends, or the last comma."""
        while at > 0:
            at -= 1
            kind, text, start = self.found[at]
            if kind != SEP:
                return start + len(text)
            if has_comma(text):
                return start + _last_comma(text) + 1
        return self.start

    def accepts(self, kind: int) -> bool:
        """Whether a token may stand next."""
        return _shift(self.stack.states, kind)

    def is_complete(self) -> bool:
        """Whether a statement ends here, if a new line follows."""
        return _ends(self.stack.states)

    # ---- what is made

    def item(self, at: int, end: int) -> bool:
        """Makes what there is of an item in a bracket a `Broken` that reaches to token `end`, if that one may follow."""
        states, values = self.stack.states, self.stack.values
        bracket = values.index(open_brackets(values)[-1])
        for place, hole in _holes(states, bracket + 1):
            if _shift([*states[: place + 1], GOTOS[states[place]][hole]], self.found[end][0]):
                self._fill(place, hole, at, end)
                return True
        return False

    def statement(self, at: int, end: int, size: int) -> bool:
        """Makes what there is of a statement a node that reaches to token `end`; False where it is too deep.

        The statement's values begin at `size`; -1 stands for an expression that is all of the text.
        """
        low = max(size, 0)
        if at == end and open_brackets(self.stack.values[low:]) and self.accepts(SEP) and not self._feed(SEP, at):
            return False
        states, values = self.stack.states, self.stack.values
        if len(values) > low and _completes_with_body(states, ()):
            return self._body(at, end)
        for place, hole in _holes(states, low):
            trial = [*states[: place + 1], GOTOS[states[place]][hole]]
            brackets = open_brackets(values[low:place])
            if _completes(trial, brackets, is_statement=size >= 0):
                self._fill(place, hole, at, end)
                return self._close(brackets, end)
            if _completes_with_body(trial, brackets):
                self._fill(place, hole, at, end)
                return self._close(brackets, end) and self._body(end, end)
        self._fill(low, ATOM if size < 0 else STATEMENT, at, end)
        return True

    def label(self, at: int) -> bool:
        """Adds a `Broken` label before the body of a block that has none."""
        place = len(self.stack.values)
        target = GOTOS[self.stack.states[-1]][TEXT]
        if self.found[at][0] != BODY or not target or not _shift([*self.stack.states, target], BODY):
            return False
        self._fill(place, TEXT, at, at)
        return True

    def separate(self, at: int) -> bool:
        """Ends the statement before token `at`."""
        return self._feed(SEP, at)

    def stray(self, at: int, size: int) -> None:
        """Makes the bracket at `at` a statement of its own, if the one before is complete."""
        if len(self.stack.values) == size or (self.is_complete() and self.separate(at)):
            self._fill(len(self.stack.values), STATEMENT, at, at + 1)

    def blank(self, size: int, end: int) -> None:
        """Keeps nothing of the values from `size` on, but their place up to token `end`."""
        items = self.stack.items
        here = self.end_before(end)
        begin = min(items[4 * size + 2], here) if len(items) > 4 * size + 1 else here
        place, hole = self._first_hole(size)
        if place > size:
            begin = min(items[4 * place + 2], here)
        self._push(place, hole, Broken(span=Span(self.parser.source, begin, here), parts=()), 1)

    def _first_hole(self, size: int) -> tuple[int, int]:
        """The outermost place of a statement where all that follows may be a `Broken`: the value of a setting."""
        states = self.stack.states
        if not GOTOS[states[size]][STATEMENT]:
            return size, ATOM
        for place in range(size, min(size + 5, len(states) - 1)):
            target = GOTOS[states[place]][ATOM]
            if target and _completes([*states[: place + 1], target], (), is_statement=True):
                return place, ATOM
        return size, STATEMENT

    def close_body(self, end: int) -> bool:
        """Closes a body that nothing closes; False where it is too deep."""
        if not GOTOS[self.stack.states[-1]][STATEMENT] and not self.separate(end):
            return False
        self._fill(len(self.stack.values), STATEMENT, end, end)
        return self._feed(BODY_END, end)

    # ---- steps

    def _body(self, at: int, end: int) -> bool:
        """Adds a body with a `Broken` of the tokens from `at` to `end`."""
        if not self._feed(BODY, at):
            return False
        self._fill(len(self.stack.values), STATEMENT, at, end)
        return self._feed(BODY_END, end)

    def _close(self, brackets: list[Token], end: int) -> bool:
        self.parser.unclosed.update(start for _, _, start in brackets)
        return all(self._feed(_CLOSER_OF[kind], end) for kind, _, _ in reversed(brackets))

    def _feed(self, kind: int, at: int) -> bool:
        """Reads a token that is not in the text, before token `at`; False where the tree would become too deep."""
        here = self.end_before(at)
        self.parser.run([(kind, "", here), (STOP, "", here)], 0, self.stack, here)
        if self.parser.too_deep:
            self.parser.too_deep = False
            self.parser.diagnostics.pop()
            return False
        return True

    def _fill(self, place: int, hole: int, at: int, end: int) -> None:
        """Makes the values from `place` on and the tokens from `at` to `end` one `Broken`."""
        items, values = self.stack.items, self.stack.values[place:]
        left = [token for token in self.found[at:end] if token[0] != SEP]
        depth = 1 + max(items[4 * place + 3 :: 4], default=0)
        finish = self.end_before(end if left else at)
        begin = items[4 * place + 2] if values else left[0][2] if left else finish
        if depth > self.parser.limit:
            depth, values, left = 1, [], []
        parts = tuple(part for value in (*values, *left) for part in self._parts(value))
        self._push(place, hole, Broken(span=Span(self.parser.source, begin, finish), parts=parts), depth)

    def _push(self, place: int, hole: int, broken: Broken, depth: int) -> None:
        self.stack.cut(place)
        items = self.stack.items
        node: Node = broken
        if hole == TEXT:
            node = String(span=broken.span, parts=(broken,))
        elif hole == ENTRY:
            node = _entry(broken)
        items += (node, broken.span.start, depth, GOTOS[items[-1]][hole])

    def _parts(self, value: Any) -> Iterator[Node]:
        """The nodes in a value of the stack, or the node for a token."""
        if not is_token(value):
            yield from nodes_in(value)
        elif value[0] != SEP:
            yield self._loose(value)

    def _loose(self, token: Token) -> Node:
        """The node for a token that joins nothing."""
        kind, text, start = token
        span = Span(self.parser.source, start, start + len(text))
        build = self.parser.builder
        if kind == NAME:
            return Name(span=span, text=text)
        if kind in (STRING, LONG_STRING):
            return build.string(span, token)
        method = {HALF_STRING: build.half_string, NUMBER: build.number, QUANTITY: build.quantity}.get(kind)
        if method is not None:
            return method(span, token)
        return Broken(span=span, parts=()) if kind == BAD_NUMBER else Word(span=span, text=text)


def _entry(broken: Broken) -> Entry:
    """An entry of a map, as far as it goes: its first part is the key where it can be one."""
    source, start, end = broken.span
    first = broken.parts[0] if broken.parts else None
    key: Identifier | String = String(
        span=Span(source, start, start), parts=(Broken(span=Span(source, start, start), parts=()),)
    )
    if isinstance(first, Name):
        key = Identifier(span=first.span, text=first.text)
    elif isinstance(first, Identifier | String):
        key = first
    rest = broken.parts[1:] if first is not None and key.span == first.span else broken.parts
    begin = rest[0].span.start if rest else end
    return Entry(span=broken.span, key=key, value=Broken(span=Span(source, begin, end), parts=rest))


# ---- trials: what the parser would do, on a list of states


def _shift(states: list[int], kind: int) -> bool:
    """Reads a token; changes the states. False where it has no place."""
    while True:
        action = ACTIONS[states[-1]][kind]
        if action == ACCEPT or action == 0:
            return action != 0
        if action > 0:
            states.append(action)
            return True
        size, name = RULES[-action][:2]
        del states[-size:]
        states.append(GOTOS[states[-1]][name])


def _ends(states: list[int]) -> bool:
    """Whether a separator ends a statement; changes the states."""
    return _shift(states, SEP) and bool(GOTOS[states[-1]][STATEMENT])


def _completes(states: list[int], brackets: Iterable[Token], *, is_statement: bool) -> bool:
    """Whether all may end when the brackets are closed."""
    trial = states[:]
    if not all(_shift(trial, _CLOSER_OF[kind]) for kind, _, _ in reversed([*brackets])):
        return False
    return _ends(trial) if is_statement else _shift(trial, END)


def _completes_with_body(states: list[int], brackets: Iterable[Token]) -> bool:
    """Whether the statement may end when the brackets are closed and a body follows."""
    trial = states[:]
    if not all(_shift(trial, _CLOSER_OF[kind]) for kind, _, _ in reversed([*brackets])) or not _shift(trial, BODY):
        return False
    inner = GOTOS[trial[-1]][STATEMENT]
    trial.append(inner)
    return bool(inner) and _shift(trial, BODY_END) and _ends(trial)


def _holes(states: list[int], low: int) -> Iterator[tuple[int, int]]:
    """Where a `Broken` could stand, the innermost place first: how many values are before it, and what it would be."""
    top = len(states) - 1
    for place in range(top, max(low, top - _FARTHEST) - 1, -1):
        for hole in HOLES:
            if GOTOS[states[place]][hole]:
                yield place, hole


def is_token(value: object) -> bool:
    """Whether a value of the stack is a token that joined nothing yet."""
    return type(value) is tuple and len(value) == 3 and type(value[0]) is int


def open_brackets(values: list[Any]) -> list[Token]:
    """The open brackets among what was read, the outermost first."""
    opened: list[Token] = []
    for value in values:
        if is_token(value):
            if value[0] in OPENERS:
                opened.append(value)
            elif value[0] in CLOSERS and opened:
                opened.pop()
    return opened


def _last_comma(separator: str) -> int:
    """Where the last comma of a separator is, comments aside."""
    offset = -1
    begin = 0
    for line in separator.split("\n"):
        comma = line.partition("#")[0].rfind(",")
        offset = begin + comma if comma >= 0 else offset
        begin += len(line) + 1
    return offset
