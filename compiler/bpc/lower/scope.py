"""The values of names where an expression is evaluated, and what else a lowering is made of."""

from __future__ import annotations

from bpc.record import Record
from bpc.resolve.symbols import LetSymbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.check.analysis import Analysis
    from bpc.diagnostics.base import Diagnostic
    from bpc.language.values import Value
    from bpc.lower.context import Context, Touch
    from bpc.lower.directory import Tiers
    from bpc.lower.natives import Natives
    from bpc.lower.sources import Sources
    from bpc.lower.templates import Templates
    from bpc.resolve.symbols import Bindings, Symbol
    from bpc.syntax.tree import Expression, Let, Parameter

    Lock = Mapping[str, str]


class Lazy(Record):
    """A `let` that was not yet needed."""

    expression: Expression
    scope: Scope


class Unknown(Record):
    """No value: of the parameter of a template that nobody calls, or of what has a mistake; `why` where that is not told elsewhere."""

    why: Diagnostic | None = None


class Lowering(Record):
    """What the parts of one lowering are given: each is asked for what it knows, and none of them knows all.

    `bindings` are those of the analysis, and of the expressions that were chosen. `scopes` are those of the files, by name.
    `lock` is what was resolved for images: the digest of what one asks for → the digest of what it gets; one without an entry floats.
    """

    analysis: Analysis
    bindings: Bindings
    context: Context
    sources: Sources
    templates: Templates
    tiers: Tiers
    natives: Natives
    scopes: dict[str, Scope]
    lock: Lock

    def sound(self, statement: object) -> bool:
        """Whether the analysis has found no mistake in a statement."""
        return self.analysis.found.sound(statement)

    def file(self, name: str) -> Scope:
        """The scope of a file: its `let`s."""
        if name not in self.scopes:
            names = self.bindings.files[name]
            scope = self.scopes[name] = Scope(self)
            for symbol in names.declared.values():
                if isinstance(symbol, LetSymbol):
                    scope.let(symbol, symbol.nodes[0])
        return self.scopes[name]


class Scope:
    """The values of one place's names, and the scope around. `touched` is what was asked of endpoints for a value, `busy`
    what is being evaluated.
    """

    __slots__ = ("busy", "lowering", "outer", "touched", "values")

    def __init__(
        self, lowering: Lowering, outer: Scope | None = None, values: dict[Symbol, Value | Lazy | Unknown] | None = None
    ) -> None:
        self.lowering = lowering
        self.outer = outer
        self.values = values or {}
        self.touched: dict[Symbol, set[Touch]] = {}
        self.busy: set[Symbol] = set()

    def let(self, symbol: LetSymbol, node: Let, chosen: Expression | None = None) -> None:
        """Declares a `let`, to be evaluated where it is first used; one with a mistake has no value."""
        if chosen is None and not self.lowering.sound(node):
            self.values[symbol] = UNKNOWN
        else:
            self.values[symbol] = Lazy(expression=chosen or node.value, scope=self)

    def choose(self, symbol: Symbol, node: Parameter, chosen: Expression | None) -> None:
        """Declares a `param` whose value is known when compiling: an image."""
        sound = chosen is not None and (chosen is not node.default or self.lowering.sound(node))
        self.values[symbol] = Lazy(expression=chosen, scope=self) if chosen is not None and sound else UNKNOWN

    def home(self, symbol: Symbol) -> Scope:
        """The scope that has the value of a symbol: this one, one around, or that of the file which declares it."""
        scope: Scope | None = self
        while scope is not None:
            if symbol in scope.values:
                return scope
            scope = scope.outer
        return self.lowering.file(symbol.span.source.name)

    @property
    def context(self) -> Context:
        """Where mistakes are told and steps are counted."""
        return self.lowering.context


UNKNOWN = Unknown()
