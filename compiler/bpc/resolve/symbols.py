"""What a name means: a closed union of symbols. A name is bound to its symbol once; types, checks and evaluation ask for that."""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.source import Span
    from bpc.syntax.tree import Block, Let, Node, Parameter


class Declared(Record):
    """Base of all symbols. Each is itself: two of one name are two."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    name: str
    span: Span


class LetSymbol(Declared):
    """A `let`: `nodes` are its own statement, first, and those of the environments that say another value."""

    nodes: list[Let]


class ParamSymbol(Declared):
    """A `param` of the solution: asked for at deployment."""

    node: Parameter


class ArgumentSymbol(Declared):
    """A `param` of an image template: handed over by who calls it."""

    node: Parameter


class SecretSymbol(Declared):
    """A `secret`."""


class NetworkSymbol(Declared):
    """A `network`."""


class NativeSymbol(Declared):
    """A `native`."""


class TierSymbol(Declared):
    """A `tier`, as the solution says it."""

    block: Block


class ImageSymbol(Declared):
    """An image template, of the file that declares it."""

    file: str
    block: Block


class FileSymbol(Declared):
    """An imported file, by its alias."""

    file: str


class LoopSymbol(Declared):
    """The variable of a `for` or of a comprehension."""


class FunctionSymbol(Declared):
    """A function of the language, where it is called."""


class LostSymbol(Declared):
    """What a statement with a mistake declares, or a name that nothing declares: told already, and nothing is known of it."""


Symbol = (
    LetSymbol
    | ParamSymbol
    | ArgumentSymbol
    | SecretSymbol
    | NetworkSymbol
    | NativeSymbol
    | TierSymbol
    | ImageSymbol
    | FileSymbol
    | LoopSymbol
    | FunctionSymbol
    | LostSymbol
)

HIDING = (SecretSymbol, NetworkSymbol, NativeSymbol, TierSymbol)
"""What is no image template, and does not hide one of its name where one is needed."""


class Names:
    """The names that one place declares, over those that it sees from outside."""

    __slots__ = ("_known", "declared", "outer")

    def __init__(self, declared: dict[str, Symbol], outer: Names | None = None) -> None:
        self.declared, self.outer = declared, outer
        self._known: frozenset[str] | None = None

    def find(self, name: str) -> Symbol | None:
        """What a name means here: the innermost declaration."""
        scope: Names | None = self
        while scope is not None:
            if name in scope.declared:
                return scope.declared[name]
            scope = scope.outer
        return None

    def image(self, name: str) -> ImageSymbol | None:
        """The image template of a name, also where what cannot be one hides it: `tier web { image = web }`."""
        scope: Names | None = self
        while scope is not None:
            found = scope.declared.get(name)
            if isinstance(found, ImageSymbol):
                return found
            if found is not None and not isinstance(found, HIDING):
                return None
            scope = scope.outer
        return None

    def known(self) -> frozenset[str]:
        """All names that mean something here, asked for when all are declared."""
        if self._known is None:
            outer: frozenset[str] = frozenset() if self.outer is None else self.outer.known()
            self._known = outer.union(self.declared)
        return self._known


class Bindings:
    """What every name of a program means, by the node that uses or declares it; what files and blocks declare, and what of it is used.

    Nodes are known by their identity: whoever keeps bindings keeps the tree.
    """

    def __init__(self) -> None:
        self.symbols: dict[int, Symbol] = {}
        self.files: dict[str, Names] = {}
        self.blocks: dict[int, Names] = {}
        self.used: set[Symbol] = set()

    def copy(self) -> Bindings:
        """The same bindings, to be added to."""
        made = Bindings()
        made.symbols, made.files, made.blocks = dict(self.symbols), self.files, self.blocks
        return made

    def bind(self, node: Node, symbol: Symbol) -> None:
        """Says what a node declares: a `let`, a `param`, a loop's variable and so on."""
        self.symbols[id(node)] = symbol

    def use(self, node: Node, symbol: Symbol) -> None:
        """Says what a node means that uses a name."""
        self.symbols[id(node)] = symbol
        self.used.add(symbol)

    def get(self, node: Node) -> Symbol | None:
        """The symbol of a node; None where it is none of a name."""
        return self.symbols.get(id(node))

    def declared(self, block: Block) -> dict[str, Symbol]:
        """What the solution or a template declares, by name."""
        return self.blocks[id(block)].declared
