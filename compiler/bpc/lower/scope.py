"""What names mean where an expression stands. `let`s are evaluated when they are first used, in any order."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.lower.types import Wrong
from bpc.lower.values import TemplateValue
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.lower.values import Value
    from bpc.lower.world import Touch, World
    from bpc.source import Span
    from bpc.syntax.tree import Expression


class Lazy(Record):
    """A `let` that was not yet needed."""

    expression: Expression
    scope: Scope


class Unknown(Record):
    """A parameter of a template that nobody calls."""


class Scope:
    """Names with their values, and the scope around. `world` answers what needs the whole solution."""

    def __init__(self, world: World, names: Mapping[str, Value | Lazy | Unknown], outer: Scope | None = None) -> None:
        self.world = world
        self.names = dict(names)
        self.outer = outer
        self.touched: dict[str, frozenset[Touch]] = {}
        self.busy: set[str] = set()

    def inner(self, names: Mapping[str, Value | Lazy | Unknown]) -> Scope:
        return Scope(self.world, names, self)

    def __contains__(self, name: str) -> bool:
        return name in self.names or (self.outer is not None and name in self.outer)

    def template(self, name: str) -> TemplateValue | None:
        """The image template of a name, also where a tier of the same name hides it: `tier web { image = web }`."""
        value = self.names.get(name)
        if isinstance(value, TemplateValue):
            return value
        return None if self.outer is None else self.outer.template(name)

    def lookup(self, name: str, span: Span) -> Value:
        """The value of a name. Raises `Wrong`, for an unknown name only where a `for` hid it from the resolve stage."""
        if name not in self.names:
            if self.outer is None:
                raise Wrong(resolve.UnknownName(span=span, name=name))
            return self.outer.lookup(name, span)
        value = self.names[name]
        if isinstance(value, Lazy):
            value = self._force(name, value, span)
        if isinstance(value, Unknown):
            raise Wrong(lower.DeployTime(span=span, what=f'param "{name}"'))
        touched = self.touched.get(name)
        if touched:
            self.world.steps(len(touched) // 4, span)
            self.world.touched |= touched
        return value

    def _force(self, name: str, lazy: Lazy, span: Span) -> Value:
        from bpc.lower.evaluate import evaluate

        if name in self.busy:
            raise Wrong(lower.LetCycle(span=span, name=name))
        self.busy.add(name)
        self.world.forced += 1
        before, self.world.touched = self.world.touched, set()
        try:
            value = evaluate(lazy.expression, lazy.scope)
        except RecursionError:
            if self.world.forced > 1:
                raise  # the `let` that was asked for first is the one to name
            problem = f'"{name}" depends on too many others, each on the next'
            raise Wrong(lower.BadValue(span=span, problem=problem)) from None
        finally:
            self.busy.discard(name)
            self.world.forced -= 1
            used, self.world.touched = self.world.touched, before
        self.touched[name] = frozenset(used)
        self.names[name] = value
        return value
