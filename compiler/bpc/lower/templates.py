"""Jinja templates with holes for deploy-time values: sandboxed, bounded, and strict about names.

What a template may do stands in `jinja.py`; here is what the compiler asks of one, and where in its file a mistake is.
"""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError
from bpc.lower.budget import Spent
from bpc.lower.shown import Context, place_of
from bpc.record import replace
from bpc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bpc.language.values import LateText, Value
    from bpc.lower.budget import Budget
    from bpc.lower.directory import Tiers
    from bpc.source import Source

RENDERING = 50
"""Steps of a rendering, whatever it does."""
LONGEST = 300
"""Characters of foreign words that are told."""


class Templates:
    """The Jinja templates of a project, each read once for all that is chosen; what they do is charged to one budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._read: dict[Source, Any] = {}
        self._jinja: Any = None

    def render(self, source: Source, values: Mapping[str, Value], tiers: Tiers) -> LateText:
        """The text of a template. Raises `EvaluationError` with a place in the template's own file, and `Spent`."""
        context = Context(tiers, self.budget, Span(source, 0, 0))
        try:
            self.budget.steps(RENDERING)
        except Spent as spent:
            raise spent.at(context.span) from None
        template = self.read(source)
        try:
            shown = {name: context.show(value) for name, value in values.items()}
            return self._environment().rendered(template, shown)  # type: ignore[no-any-return]
        except EvaluationError as wrong:
            if wrong.diagnostic is None or wrong.diagnostic.span != context.span:
                raise
            raise EvaluationError(replace(wrong.diagnostic, span=place_of(source, _line_of(wrong)))) from None
        except Spent as spent:
            raise spent.at(place_of(source, _line_of(spent))) from None
        except RecursionError:
            raise self._wrong(source, 1, "it calls itself without end") from None
        except Exception as error:  # a template runs foreign expressions: whatever they raise is the template's mistake
            raise self._wrong(source, _line_of(error), _words(error), tuple(values)) from None

    def read(self, source: Source) -> Any:
        """A template, ready to be rendered. Raises `EvaluationError`."""
        if source not in self._read:
            try:
                self._read[source] = self._parsed(source)
            except EvaluationError as wrong:
                self._read[source] = wrong
        template = self._read[source]
        if isinstance(template, EvaluationError):
            raise EvaluationError(template.diagnostic)
        return template

    def _parsed(self, source: Source) -> Any:
        import jinja2

        try:
            return self._environment().from_string(source.text)
        except jinja2.TemplateSyntaxError as error:
            raise self._wrong(source, error.lineno, error.message or "it cannot be parsed") from None
        except RecursionError:
            raise self._wrong(source, 1, "it is nested too deeply") from None
        except Exception as error:  # Python refuses what jinja makes of it: too many loops in one another, 5,000 digits
            raise self._wrong(source, 1, _words(error)) from None

    def _environment(self) -> Any:
        """The one environment, made when the first template is read."""
        if self._jinja is None:
            from bpc.lower.jinja import Bounded

            self._jinja = Bounded(self.budget)
        return self._jinja

    def _wrong(self, source: Source, line: int, problem: str, names: tuple[str, ...] | None = None) -> EvaluationError:
        from bpc.lower.jinja_hints import said_and_meant

        said, hint = said_and_meant(problem, names, self._environment())
        return EvaluationError(lower.TemplateError(span=place_of(source, line), problem=said, hint=hint))


def _words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _line_of(error: BaseException) -> int:
    """The template line at which an exception was raised: jinja rewrites the traceback to it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
