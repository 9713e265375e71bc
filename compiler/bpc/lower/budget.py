"""What a compilation may take: steps of evaluation and bytes of texts, one budget for the whole of it.

Everything that a few characters of a blueprint can repeat is charged before it is done: loops, operators, functions, texts,
templates, and what a target will make of each tier and member. What was read gives something on top, so that a large
project may take more than a small one.
"""

from __future__ import annotations

from bpc.diagnostics.lower import TooMuch
from bpc.language.values import Deferred
from bpc.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic

STEPS = 3_000_000
"""Steps that any compilation may make; one takes about a microsecond."""
BYTES = 48_000_000
"""Bytes of text that any compilation may make or look through."""
STEPS_READ, BYTES_READ = 20, 64
"""Steps and bytes more for each byte that was read."""
SHORT = 1000
"""Characters of a text that is too short to be worth counting where it is only looked at."""
DEEPEST = 100
"""Lists or maps within one another."""
SCALARS = frozenset([int, float, bool])
NOWHERE = Span(Source("", ""), 0, 0)


class Spent(Exception):
    """The budget is used up. The innermost place that is known is the one to tell; nothing is compiled any further."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.span = NOWHERE

    def at(self, span: Span) -> Spent:
        """The same, at a place, unless it has one already."""
        if self.span is NOWHERE:
            self.span = span
        return self

    @property
    def diagnostic(self) -> Diagnostic:
        return TooMuch(span=self.span, problem=self.problem)


class Budget:
    """What is left. `steps` and `bytes` raise `Spent` where it is not enough."""

    __slots__ = ("bytes_left", "steps_left")

    def __init__(self) -> None:
        self.steps_left = STEPS
        self.bytes_left = BYTES

    @property
    def spent(self) -> bool:
        return self.steps_left < 0 or self.bytes_left < 0

    def read(self, size: int) -> None:
        """A file of the project was read."""
        self.steps_left += STEPS_READ * size
        self.bytes_left += BYTES_READ * size

    def steps(self, number: int) -> None:
        self.steps_left -= number
        if self.steps_left < 0:
            raise Spent("this blueprint makes too many steps")

    def bytes(self, number: int) -> None:
        self.bytes_left -= number
        if self.bytes_left < 0:
            raise Spent("this blueprint makes too much text")

    def text(self, text: str) -> None:
        """A text is made or looked through."""
        size = len(text)
        self.bytes(size if text.isascii() else 4 * size)

    def value(self, value: object, deepest: int = DEEPEST) -> None:
        """A value is made or looked through, with all that is in it. Lists may hold one list many times: each time counts."""
        kind = type(value)
        if kind is str:
            if len(value) > SHORT:  # type: ignore[arg-type]
                self.text(value)  # type: ignore[arg-type]
        elif kind is Deferred:
            self.value(value.text)  # type: ignore[attr-defined]
        elif isinstance(value, tuple | list | dict):
            if not deepest:
                raise Spent("a list or map is nested too deeply")
            self.steps(len(value))
            for item in value.values() if isinstance(value, dict) else value:
                if type(item) not in SCALARS:
                    self.value(item, deepest - 1)
        elif isinstance(value, str):
            self.text(value)
