"""Jinja templates with holes for deploy-time values: sandboxed, bounded, and strict about names.

A deploy-time value is an object whose text is a marker; after rendering the markers become holes again. Anything that
would have to look at the value itself (a test, a loop, most filters) is an error at the template's line.
"""

from __future__ import annotations

import re

from bpc.diagnostics import lower
from bpc.lower.functions import join
from bpc.lower.items import items
from bpc.lower.types import Wrong, origin
from bpc.lower.values import Deferred, EndpointValue, Hosts, MemberValue, TierValue
from bpc.model.values import concat
from bpc.record import replace
from bpc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, NoReturn

    from bpc.lower.scope import Lowering
    from bpc.lower.values import LateText, Value
    from bpc.source import Source

STEPS = 1_000_000
"""Loop steps that one rendering may make."""
LARGEST = 16_000_000
"""Characters that one rendering may produce."""
MARKER = re.compile("\x00([0-9]+)\x00")


class Decided(Exception):
    """A template looked at a deploy-time value."""


class Marker:
    """A deploy-time value inside a template: it can be written, and nothing else."""

    def __init__(self, number: int, value: Deferred) -> None:
        self._number, self._value = number, value

    def __str__(self) -> str:
        return f"\x00{self._number}\x00"

    def _decide(self, *_: object) -> NoReturn:
        raise Decided(
            f"it would have to decide on a value that is known only when the stack is deployed ({origin(self._value)})"
        )

    __bool__ = __iter__ = __len__ = __getitem__ = __contains__ = __eq__ = __ne__ = _decide
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __hash__ = __int__ = __float__ = _decide


class Context:
    """Values as a template sees them."""

    def __init__(self, lowering: Lowering, span: Span) -> None:
        self.lowering, self.span = lowering, span
        self.markers: list[Deferred] = []

    def show(self, value: Value) -> Any:
        if isinstance(value, Deferred):
            self.markers.append(value)
            return Marker(len(self.markers) - 1, value)
        if isinstance(value, tuple):
            return [self.show(item) for item in value]
        if isinstance(value, dict):
            return {key: self.show(item) for key, item in value.items()}
        if isinstance(value, EndpointValue | TierValue | MemberValue):
            return Fields(self, value)
        if isinstance(value, Hosts):
            return HostList(self, value)
        return value


class Fields:
    """An endpoint, tier or member: its attributes are those of the language."""

    def __init__(self, context: Context, value: Value) -> None:
        self._context, self._value = context, value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._context.show(self._context.lowering.tiers.attribute(self._value, name, self._context.span))

    def __str__(self) -> str:
        raise Decided("an endpoint has no text of its own: write .host or .port")


class HostList:
    """The addresses of a tier's members: to loop over where the tier has identities, to `join` always."""

    def __init__(self, context: Context, value: Hosts) -> None:
        self._context, self._value = context, value

    def __iter__(self) -> Iterator[Any]:
        if self._value.count is None:
            raise Decided(f'the members of "{self._value.tier}" come and go: use hosts | join(",")')
        for item in items(self._value, self._context.span):
            yield self._context.show(item)

    def __len__(self) -> int:
        if self._value.count is None:
            raise Decided(f'the members of "{self._value.tier}" come and go: their number is not known')
        return self._value.count

    def joined(self, separator: str) -> Any:
        return self._context.show(join(separator, self._value))


def render(source: Source, values: Mapping[str, Value], lowering: Lowering) -> LateText:
    """The text of a template. Raises `Wrong` with a place in the template's own file."""
    context = Context(lowering, Span(source, 0, 0))
    try:
        environment().steps = 0
        template = parse(source)
        shown = {name: context.show(value) for name, value in values.items()}
        rendered = _collect(template.generate(shown))
    except Wrong as wrong:
        if wrong.diagnostic is None or wrong.diagnostic.span != context.span:
            raise
        raise Wrong(replace(wrong.diagnostic, span=_place(source, _line_of(wrong)))) from None
    except RecursionError:
        raise _wrong(source, 1, "it calls itself without end") from None
    except Exception as error:  # a template runs foreign expressions: whatever they raise is the template's mistake
        raise _wrong(source, _line_of(error), str(error) or type(error).__name__, tuple(values)) from None
    parts = MARKER.split(rendered)
    return concat(*(context.markers[int(part)].text if index % 2 else (part,) for index, part in enumerate(parts)))


def parse(source: Source) -> Any:
    """A template, ready to be rendered. Raises `Wrong`."""
    import jinja2

    try:
        return environment().from_string(source.text)
    except jinja2.TemplateSyntaxError as error:
        raise _wrong(source, error.lineno, error.message or "it cannot be parsed") from None
    except RecursionError:
        raise _wrong(source, 1, "it is nested too deeply") from None


def _collect(parts: Iterable[str]) -> str:
    collected, size = [], 0
    for part in parts:
        size += len(part)
        if size > LARGEST:
            raise ValueError(f"its result is larger than {LARGEST:,} characters")
        collected.append(part)
    return "".join(collected)


def _line_of(error: BaseException) -> int:
    """The template line at which an exception was raised: jinja rewrites the traceback to it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _wrong(source: Source, line: int, problem: str, names: tuple[str, ...] | None = None) -> Wrong:
    from bpc.lower.jinja_hints import said_and_meant

    said, hint = said_and_meant(problem, names, environment())
    return Wrong(lower.TemplateError(span=_place(source, line), problem=said, hint=hint))


def _place(source: Source, line: int) -> Span:
    """A line of a template without its indent."""
    offset = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
    text = source.line(min(line, source.text.count("\n") + 1))
    start = offset + len(text) - len(text.lstrip())
    return Span(source, start, offset + len(text))


_environment: Any = None


def environment() -> Any:
    """The one environment, made when the first template is rendered."""
    global _environment
    if _environment is None:
        _environment = _make_environment()
    return _environment


def _make_environment() -> Any:
    import jinja2
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Bounded(ImmutableSandboxedEnvironment):
        """Counts the steps of loops, and refuses operators and filters that make huge texts."""

        intercepted_binops = frozenset(["*", "**"])
        steps = 0

        def bounded(self, value: Any) -> Iterator[Any]:
            """The items of a loop; all loops of one rendering share one number of steps."""
            for item in value:
                self.steps += 1
                if self.steps > STEPS:
                    raise ValueError(f"its loops make more than {STEPS:,} steps")
                yield item

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            for side in (left, right):
                if isinstance(side, Marker):
                    side._decide()
                if isinstance(side, jinja2.Undefined):
                    str(side)  # raises with the name
            if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
                raise ValueError(f'"{operator}" works on numbers only, and "**" not at all')
            return super().call_binop(context, operator, left, right)

        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            tree = super()._parse(source, name, filename)
            for loop in tree.find_all(nodes.For):
                loop.iter = nodes.Filter(loop.iter, "_bounded", [], [], None, None, lineno=loop.lineno)
            return tree

    made = Bounded(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    made.filters["_bounded"] = made.bounded
    plain_join = made.filters["join"]

    def join(value: Any, d: str = "", attribute: Any = None) -> Any:
        if isinstance(value, HostList):
            return value.joined(d)
        return d.join(str(item) for item in value) if attribute is None else plain_join(None, value, d, attribute)

    made.filters["join"] = join
    for name in ("center", "indent", "wordwrap", "format", "pprint", "random"):
        made.filters.pop(name, None)
    return made
