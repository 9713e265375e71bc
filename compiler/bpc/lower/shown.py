"""Values as a Jinja template sees them. What is known only when the stack runs travels as an object, never as characters.

So nothing that a template can write is ever taken for such a value, and whatever would look at one (a test, a loop, an
operator, Python itself) runs into `Decided`.
"""

from __future__ import annotations

import sys

from bpc.language.coerce import origin
from bpc.language.functions import join
from bpc.language.values import Deferred, EndpointValue, Hosts, MemberValue, TierValue
from bpc.lower.items import items
from bpc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any, NoReturn

    from bpc.language.values import Value
    from bpc.lower.budget import Budget
    from bpc.lower.directory import Tiers
    from bpc.source import Source


class Decided(Exception):
    """A template looked at a deploy-time value."""


class Opaque:
    """What Python itself cannot do anything with: each way to look inside is a `Decided`."""

    __slots__ = ()

    def _decide(self, *_: object) -> NoReturn:
        raise Decided(self._problem())

    def _problem(self) -> str:
        raise NotImplementedError

    __bool__ = __len__ = __getitem__ = __contains__ = __eq__ = __ne__ = __str__ = __repr__ = __format__ = _decide
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _decide
    __hash__ = __int__ = __float__ = __index__ = __round__ = __neg__ = __pos__ = __abs__ = _decide
    __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _decide
    __call__ = __html__ = __iter__ = __next__ = _decide


class Held(Opaque):
    """A text with holes: it can be written, and nothing else."""

    __slots__ = ("deferred",)

    def __init__(self, deferred: Deferred) -> None:
        self.deferred = deferred

    def _problem(self) -> str:
        return f"it would have to decide on a value that is known only when the stack runs ({origin(self.deferred)})"


class Fields(Opaque):
    """An endpoint, tier or member: its attributes are those of the language."""

    __slots__ = ("context", "value")

    def __init__(self, context: Context, value: Value) -> None:
        self.context, self.value = context, value

    def _problem(self) -> str:
        return "an endpoint has no text of its own: write .host or .port"

    def field(self, name: str) -> Any:
        span = self.context.here() if name in ("port", "last_port", "member_port") else self.context.span
        return self.context.show(self.context.tiers.attribute(self.value, name, span))


class HostList(Opaque):
    """The addresses of a tier's members: to loop over where the tier has identities, to `join` always."""

    __slots__ = ("context", "value")

    def __init__(self, context: Context, value: Hosts) -> None:
        self.context, self.value = context, value

    def _problem(self) -> str:
        return f'the members of "{self.value.tier}" are a list of addresses: use hosts | join(",")'

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        if self.value.count is None:
            raise Decided(f'the members of "{self.value.tier}" come and go: use hosts | join(",")')
        for item in items(self.value, self.context.span):
            yield self.context.show(item)

    def __len__(self) -> int:  # type: ignore[override]
        if self.value.count is None:
            raise Decided(f'the members of "{self.value.tier}" come and go: their number is not known')
        return self.value.count

    def joined(self, separator: str) -> Any:
        return self.context.show(join(separator, self.value))


class Context:
    """Shows the values of one rendering."""

    def __init__(self, tiers: Tiers, budget: Budget, span: Span) -> None:
        self.tiers, self.budget, self.span = tiers, budget, span

    def here(self) -> Span:
        """The line that is being rendered, as jinja itself maps the code that it makes of a template."""
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            template = frame.f_globals.get("__jinja_template__")
            if template is not None:
                return place_of(self.span.source, template.get_corresponding_lineno(frame.f_lineno))
            frame = frame.f_back
        return self.span

    def show(self, value: Value) -> Any:
        if isinstance(value, Deferred):
            return Held(value)
        if isinstance(value, tuple):
            self.budget.steps(len(value))
            return [self.show(item) for item in value]
        if isinstance(value, dict):
            self.budget.steps(len(value))
            return {key: self.show(item) for key, item in value.items()}
        if isinstance(value, EndpointValue | TierValue | MemberValue):
            return Fields(self, value)
        if isinstance(value, Hosts):
            return HostList(self, value)
        return value


def holds(value: object) -> Opaque | None:
    """The first thing in a value, however deep, that cannot be looked at."""
    if isinstance(value, Opaque):
        return value
    if isinstance(value, list | tuple):
        return next((found for item in value if (found := holds(item)) is not None), None)
    if isinstance(value, dict):
        return next((found for item in value.values() if (found := holds(item)) is not None), None)
    return None


def place_of(source: Source, line: int) -> Span:
    """A line of a template without its indent."""
    offset = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
    text = source.line(min(line, source.text.count("\n") + 1))
    start = offset + len(text) - len(text.lstrip())
    return Span(source, start, offset + len(text))
