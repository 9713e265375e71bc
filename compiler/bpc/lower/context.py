"""What is told, counted and recorded while a solution is lowered."""

from __future__ import annotations

from bpc.lower.types import Wrong, bad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span

    Touch = tuple[str, str, str]
    """(tier, endpoint, what of it, or nothing where it is only mentioned). Without an endpoint: the members of the tier."""

STEPS = 2_000_000
"""Steps that the loops of one blueprint may make together."""


class Context:
    """Diagnostics, the budget of one lowering, and who is recorded.

    `failures` counts what could not be made, also where its mistake was told before: what is built in the meantime is not sound. `depth` counts the `let`s that are being evaluated, each for the one before.
    """

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.failures = 0
        self.steps = 0
        self.depth = 0
        self.failed: set[Span] = set()
        self._recorder: set[Touch] | None = None

    def report(self, diagnostic: Diagnostic) -> None:
        """Something that is wrong, or that is warned of. At the place of a value that could not be made, it is but a consequence."""
        self.failures += diagnostic.severity == "error"
        if diagnostic.span not in self.failed:
            self.found.append(diagnostic)

    append = report

    def fail(self, wrong: Wrong) -> None:
        """What could not be evaluated is left out; its mistake is told here, where it was not told before."""
        if wrong.diagnostic is None:
            self.failures += 1
        else:
            self.report(wrong.diagnostic)

    def fail_at(self, place: Span, wrong: Wrong) -> None:
        """The same for a value for which a default stands in: what is wrong with that is not the user's mistake."""
        self.failed.discard(place)
        self.fail(wrong)
        self.failed.add(place)

    def step(self, span: Span) -> None:
        """Counts a step of a loop. Raises `Wrong` where all loops together make too many."""
        self.steps += 1
        if self.steps > STEPS:
            raise bad(span, f"the loops of this blueprint make more than {STEPS:,} steps")

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
