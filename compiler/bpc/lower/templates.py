"""Jinja templates with holes for deploy-time values: sandboxed, bounded, and strict about names.

What a template may do stands in `jinja.py`; here is what the compiler asks of one, and where in its file a mistake is.
"""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.lower.budget import Spent
from bpc.lower.shown import Context
from bpc.lower.types import Wrong
from bpc.record import replace
from bpc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bpc.lower.values import LateText, Value
    from bpc.lower.world import World
    from bpc.source import Source


def render(source: Source, values: Mapping[str, Value], world: World) -> LateText:
    """The text of a template. Raises `Wrong` with a place in the template's own file."""
    context = Context(world, Span(source, 0, 0))
    world.steps(RENDERING, context.span)
    template = parse(source, world)
    try:
        shown = {name: context.show(value) for name, value in values.items()}
        return environment(world).rendered(template, shown)  # type: ignore[no-any-return]
    except Wrong as wrong:
        if wrong.diagnostic.span != context.span:
            raise
        raise Wrong(replace(wrong.diagnostic, span=_place(source, _line_of(wrong)))) from None
    except Spent as spent:
        raise spent.at(_place(source, _line_of(spent))) from None
    except RecursionError:
        raise _wrong(source, world, 1, "it calls itself without end") from None
    except Exception as error:  # a template runs foreign expressions: whatever they raise is the template's mistake
        raise _wrong(source, world, _line_of(error), _words(error), tuple(values)) from None


def parse(source: Source, world: World) -> Any:
    """A template, ready to be rendered; each is read once. Raises `Wrong`."""
    if source not in world.templates:
        try:
            world.templates[source] = _parsed(source, world)
        except Wrong as wrong:
            world.templates[source] = wrong
    template = world.templates[source]
    if isinstance(template, Wrong):
        raise template
    return template


def _parsed(source: Source, world: World) -> Any:
    import jinja2

    try:
        return environment(world).from_string(source.text)
    except jinja2.TemplateSyntaxError as error:
        raise _wrong(source, world, error.lineno, error.message or "it cannot be parsed") from None
    except RecursionError:
        raise _wrong(source, world, 1, "it is nested too deeply") from None
    except (
        Exception
    ) as error:  # Python refuses what jinja makes of it: loops in too many loops, a number of 5,000 digits
        raise _wrong(source, world, 1, _words(error)) from None


def environment(world: World) -> Any:
    """The environment of a compilation, made when its first template is read."""
    if world.jinja is None:
        from bpc.lower.jinja import Bounded

        world.jinja = Bounded(world.budget)
    return world.jinja


RENDERING = 50
"""Steps of a rendering, whatever it does."""
LONGEST = 300
"""Characters of foreign words that are told."""


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


def _wrong(source: Source, world: World, line: int, problem: str, names: tuple[str, ...] | None = None) -> Wrong:
    from bpc.lower.jinja_hints import said_and_meant

    said, hint = said_and_meant(problem, names, environment(world))
    return Wrong(lower.TemplateError(span=_place(source, line), problem=said, hint=hint))


def _place(source: Source, line: int) -> Span:
    """A line of a template without its indent."""
    offset = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
    text = source.line(min(line, source.text.count("\n") + 1))
    start = offset + len(text) - len(text.lstrip())
    return Span(source, start, offset + len(text))
