"""What is told, counted and recorded while a solution is lowered."""

from __future__ import annotations

from bpc.language.coerce import EvaluationError
from bpc.lower.budget import SCALARS, Spent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.budget import Budget
    from bpc.lower.ports import PortAsked
    from bpc.source import Span
    from bpc.syntax.tree import Node

    Touch = tuple[str, str, str | PortAsked]
    """(tier, endpoint, what of it, or nothing where it is only mentioned). Without an endpoint: the members of the tier."""

CHARACTERS = 3
"""Characters of source that are at least one part of the tree."""


class Context:
    """Diagnostics, the budget of one lowering, and who is recorded.

    `failures` counts what could not be made, also where its mistake was told before: what is built in the meantime is not sound. `depth` counts the `let`s that are being evaluated, each for the one before.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.found: list[Diagnostic] = []
        self.failures = 0
        self.depth = 0
        self.failed: set[Span] = set()
        self._recorder: set[Touch] | None = None

    def report(self, diagnostic: Diagnostic) -> None:
        """Something that is wrong, or that is warned of. At the place of a value that could not be made, it is but a consequence."""
        self.failures += diagnostic.severity == "error"
        if diagnostic.span not in self.failed:
            self.found.append(diagnostic)

    def fail(self, wrong: EvaluationError) -> None:
        """What could not be evaluated is left out; its mistake is told here, where it was not told before."""
        if wrong.diagnostic is None:
            self.failures += 1
        else:
            self.report(wrong.diagnostic)

    def fail_at(self, place: Span, wrong: EvaluationError) -> None:
        """The same for a value for which a default stands in: what is wrong with that is not the user's mistake."""
        self.failed.discard(place)
        self.fail(wrong)
        self.failed.add(place)

    # ---- what it costs

    def weight(self, node: Node) -> int:
        """About the parts that a piece of the tree has: what it takes to go through it once."""
        return 1 + (node.span.end - node.span.start) // CHARACTERS

    def steps(self, number: int, span: Span) -> None:
        """Charges for something at a place. Raises `Spent`."""
        try:
            self.budget.steps(number)
        except Spent as spent:
            raise spent.at(span) from None

    def room(self, size: int, span: Span) -> None:
        """Charges for bytes at a place. Raises `Spent`."""
        try:
            self.budget.bytes(size)
        except Spent as spent:
            raise spent.at(span) from None

    def passing(self, value: Any, span: Span) -> Any:
        """The value, after it was charged for being made or looked through at a place. Raises `Spent`."""
        if type(value) not in SCALARS:
            try:
                self.budget.value(value)
            except Spent as spent:
                raise spent.at(span) from None
        return value

    # ---- what is asked of endpoints

    def recording(self) -> Recording:
        """`with context.recording() as touched:` what is asked of endpoints inside, and by nobody else."""
        return Recording(self)

    def touch(self, touches: Iterable[Touch]) -> None:
        """Notes what an expression asks of endpoints, for who records it."""
        if self._recorder is not None:
            self._recorder.update(touches)


class Recording:
    """What is asked of endpoints inside a `with`. Recordings stand inside one another: each has only its own."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._outer: set[Touch] | None = None

    def __enter__(self) -> set[Touch]:
        touched: set[Touch] = set()
        self._outer, self._context._recorder = self._context._recorder, touched
        return touched

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context._recorder = self._outer
