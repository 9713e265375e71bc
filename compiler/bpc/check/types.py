"""Types without values: what is wrong whatever the values are, also in the branch that is not taken and the template that nobody uses.

Types are gradual: what cannot be known is `Unknown`, fits everywhere, and is judged when it is evaluated; so are ranges and
formats of computed values, and whether a value is known in time. A branch may rely on its condition.
"""

from __future__ import annotations

from bpc.check.calls import missing, parameters, wrong_call, wrong_function_call
from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.operators import compute, mixed, quantity
from bpc.language.types import (
    BOOL,
    ENDPOINT,
    IMAGE,
    INT,
    LATE_STRING,
    MEMBER,
    NAME,
    NATIVE,
    NETWORK,
    NUMBER,
    NUMERIC,
    RANGE,
    SECRET,
    STRING,
    TIER,
    UNKNOWN,
    ListOf,
    MapOf,
    OneOf,
    Scalar,
    Type,
    accepts,
    article,
    choices_of,
    described,
    item_type,
    items_of,
    named,
    parse,
    union,
)
from bpc.language.values import Duration, EndpointValue, NetworkValue, Percent, Range, Size, TierValue, Value, type_name
from bpc.record import assert_never
from bpc.resolve.symbols import (
    ArgumentSymbol,
    FileSymbol,
    FunctionSymbol,
    ImageSymbol,
    LetSymbol,
    LoopSymbol,
    LostSymbol,
    NativeSymbol,
    NetworkSymbol,
    ParamSymbol,
    SecretSymbol,
    TierSymbol,
)
from bpc.syntax.tree import (
    Allow,
    Attribute,
    Binary,
    Block,
    Boolean,
    Broken,
    Call,
    Comprehension,
    Conditional,
    Connect,
    For,
    Import,
    Index,
    Let,
    ListLiteral,
    MapLiteral,
    Name,
    Number,
    Output,
    Parameter,
    Quantity,
    RangeLiteral,
    Reserved,
    Setting,
    String,
    Unary,
    label_text,
    type_text,
)
from bpc.vocabulary import BLOCKS, FUNCTIONS, IMAGE_PARAM_TYPES, PARAM_TYPES, UNITS, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings, Symbol
    from bpc.syntax.tree import Expression, Statement, TypeName

PLAIN = frozenset([Boolean, Number, Quantity])
TEXTLESS = (
    "list",
    "map",
    "range",
    "endpoint",
    "tier",
    "network",
    "native",
    "image",
    "release",
    "member",
    "file",
    "security group",
)
DEEPEST = 50
"""`let`s of which each needs the next: beyond, a type is not known."""
FIELDS: dict[Scalar, dict[str, Type]] = {
    ENDPOINT: {
        "host": LATE_STRING,
        "hosts": ListOf(item=LATE_STRING),
        "port": INT,
        "last_port": INT,
        "member_port": INT,
        "protocol": STRING,
    },
    MEMBER: {"host": LATE_STRING},
}
SAMPLES: dict[str, Value] = {
    "bool": True,
    "int": 3,
    "number": 1.5,
    "string": "a",
    "cidr": "a",
    "port": 3,
    "size": Size(3),
    "duration": Duration(3),
    "percent": Percent(3),
    "range": Range(low=1, high=2),
    "list": (),
    "map": {},
    "network": NetworkValue(name=""),
    "tier": TierValue(name=""),
    "endpoint": EndpointValue(tier="", name=""),
}
"""A value of each type: whether an operator works between two types is asked of the operator itself."""


def check_types(program: Program, bindings: Bindings, found: Findings) -> Types:
    """EvaluationError types anywhere in the program are found, and the statements that they are in are left out."""
    types = Types(bindings, found)
    for module in program.modules.values():
        types.statements(module.file.statements, "file scope")
    return types


class Types:
    """One pass. `infer` gives an expression's type, `expect` says where it is not what the place needs."""

    def __init__(self, bindings: Bindings, found: Findings) -> None:
        self.bindings, self.found = bindings, found
        self.known: dict[Symbol, Type] = {}
        self.plain: dict[tuple[str, object], bool] = {}
        self.depth = 0
        self.wrong = False

    # ---- statements

    def statements(self, body: Iterable[Statement], keyword: str) -> None:
        for statement in body:
            self.statement(statement, keyword)

    def statement(self, node: Statement, keyword: str) -> None:
        match node:
            case Block():
                self.block(node)
            case For():
                self.contain(node, lambda: self.loop(node, node.iterable))
                self.statements(node.body, keyword)
            case Setting():
                word = BLOCKS[keyword].settings.get(node.name.text)
                if word is not None and not words(word.type) and not self.plainly(node.value, word.type):
                    self.contain(node, lambda: self.setting(node.value, word.type))
            case Let():
                self.let(node)
            case Parameter():
                default = node.default
                if default is not None:
                    self.contain(node, lambda: self.expect(default, self.param(node)))
                if node.body:
                    self.constraints(node)
            case Output():
                self.contain(node, lambda: self.infer(node.value))
            case Connect():
                self.contain(node, lambda: self.expect(node.endpoint, ENDPOINT))
            case Allow():
                self.contain(node, lambda: self.infer(node.origin))
            case Import() | Reserved() | Broken():
                pass
            case _:
                assert_never(node)

    def contain(self, node: Statement, judge: Callable[[], object]) -> None:
        """Judges a statement, which is broken where a mistake is its own: a `let` that it uses first is judged on the way."""
        if id(node) in self.found.unread:
            return
        outer, self.wrong = self.wrong, False
        judge()
        if self.wrong:
            self.found.broken.add(id(node))
        self.wrong = outer

    def block(self, node: Block) -> None:
        if not self.found.sound(node):
            return
        if isinstance(node.label, String):
            label = node.label
            self.contain(node, lambda: self.expect(label, STRING))
        self.statements(node.body, node.keyword)

    def plainly(self, node: Expression, kind: str) -> bool:
        """Whether a literal or name is of the very type that a setting takes: of most settings, there is no more to ask."""
        key: tuple[str, object]
        if isinstance(node, Name):
            symbol = self.bindings.get(node)
            if not isinstance(symbol, NetworkSymbol | ImageSymbol):
                return False
            key = (kind, symbol)
        elif isinstance(node, Quantity):
            key = (kind, node.unit)
        elif isinstance(node, Number | Boolean):
            key = (kind, type(node.value))
        elif isinstance(node, String) and len(node.parts) == 1 and type(node.parts[0]) is str:
            key = (kind, str)
        else:
            return False
        if key not in self.plain:
            template = self.template(node)
            whole = template is None or not any(missing(template, set(), node.span))
            self.plain[key] = whole and self.infer(node) in choices_of(parse(kind))
        return self.plain[key]

    def setting(self, node: Expression, kind: str) -> None:
        self.expect(node, parse(kind))
        template = self.template(node, called=False) if "image" in kind else None
        for diagnostic in () if template is None else missing(template, set(), node.span):
            self.report(diagnostic)

    def let(self, node: Let) -> None:
        symbol = self.bindings.get(node)
        if isinstance(symbol, LetSymbol):
            self.symbol(symbol)
        elif isinstance(symbol, ParamSymbol):  # an environment's
            self.contain(node, lambda: self.expect(node.value, self.param(symbol.node)))

    def constraints(self, node: Parameter) -> None:
        """Bounds and allowed values are of the param's own type."""
        own = parse(type_text(node.type)) if _is_type(node.type) else UNKNOWN
        kinds = {"min": own, "max": own, "allowed": ListOf(item=own)}
        for setting in node.body:
            word = BLOCKS["param"].settings.get(setting.name.text) if isinstance(setting, Setting) else None
            if isinstance(setting, Setting) and word is not None and self.found.sound(setting):
                kind, value = kinds.get(setting.name.text) or parse(word.type), setting.value
                self.contain(setting, lambda value=value, kind=kind: self.expect(value, kind))  # type: ignore[misc]

    def loop(self, node: For | Comprehension, iterable: Expression) -> None:
        """Binds the variable of a loop to the type of its items."""
        kind = self.infer(iterable)
        if not isinstance(kind, ListOf | MapOf) and not accepts(ListOf(item=UNKNOWN), kind):
            self.mismatch(iterable, ListOf(item=UNKNOWN), kind)
        symbol = self.bindings.get(node.variable)
        if symbol is not None:
            self.known[symbol] = item_type(kind)

    # ---- what is found

    def report(self, diagnostic: Diagnostic) -> None:
        self.wrong = True
        self.found.append(diagnostic)

    def mismatch(self, node: Expression, expected: Type, actual: Type) -> None:
        symbol, span = self.bindings.get(node), node.span
        if isinstance(symbol, ParamSymbol) and symbol.node.type.name in PARAM_TYPES:  # whichever: it comes too late
            self.report(lower.DeployTime(span=span, what=f'param "{symbol.name}"'))
            return
        self.report(lower.WrongType(span=span, expected=described(expected), actual=described(_outside(actual))))

    # ---- expressions

    def expect(self, node: Expression, expected: Type) -> None:
        """Reports where an expression is not of a type, each branch and each item of a list at its own place."""
        if isinstance(node, Conditional):
            self.expect(node.condition, BOOL)
            self.expect(node.then, expected)
            self.expect(node.otherwise, expected)
        elif isinstance(node, ListLiteral) and (items := items_of(expected)) is not None:
            for item in node.items:
                if items is not NAME or not isinstance(item, Name):
                    self.expect(item, items)
        elif (literal := self.literal(node)) is not None:
            try:
                coerce(quantity(literal) if isinstance(literal, Quantity) else _plain(literal), expected, node.span)
            except EvaluationError as wrong:
                assert wrong.diagnostic is not None
                self.report(wrong.diagnostic)
        else:
            actual = self.infer(node)
            if not accepts(expected, actual):
                self.mismatch(node, expected, actual)

    def literal(self, node: Expression) -> String | Number | Boolean | Quantity | None:
        """The literal that an expression is, or that a `let` always stands for: of it, the very value can be judged."""
        for _ in range(DEEPEST):
            kind = type(node)
            if kind in PLAIN:
                return node  # type: ignore[return-value]
            if isinstance(node, String):
                return node if all(isinstance(part, str) for part in node.parts) else None
            symbol = self.bindings.get(node)
            if not isinstance(symbol, LetSymbol) or len(symbol.nodes) != 1 or not self.found.sound(symbol.nodes[0]):
                return None
            node = symbol.nodes[0].value
        return None

    def infer(self, node: Expression) -> Type:
        match node:
            case String():
                return self.text(node)
            case Number():
                return INT if isinstance(node.value, int) else NUMBER
            case Boolean():
                return BOOL
            case Quantity():
                return parse(UNITS[node.unit])
            case Name():
                return self.name(node)
            case Attribute():
                return self.attribute(node)
            case Index():
                return self.index(node)
            case Call():
                return self.call(node)
            case ListLiteral():
                return ListOf(item=union([self.infer(item) for item in node.items]))
            case MapLiteral():
                for entry in node.entries:
                    if isinstance(entry.key, String):
                        self.expect(entry.key, STRING)
                    self.infer(entry.value)
                return MapOf(value=UNKNOWN)
            case Comprehension():
                self.loop(node, node.iterable)
                if node.condition is not None:
                    self.expect(node.condition, BOOL)
                return ListOf(item=self.infer(node.element))
            case Conditional():
                self.expect(node.condition, BOOL)
                return union([self.infer(node.then), self.infer(node.otherwise)])
            case RangeLiteral():
                self.expect(node.low, INT)
                self.expect(node.high, INT)
                return RANGE
            case Unary():
                self.expect(node.operand, BOOL if node.operator == "not" else NUMERIC)
                return BOOL if node.operator == "not" else UNKNOWN
            case Binary():
                return self.binary(node)
            case Broken():
                return UNKNOWN
            case _:
                assert_never(node)

    def text(self, node: String) -> Type:
        for part in node.parts:
            if not isinstance(part, str):
                kind = self.infer(part)
                if named(kind) in TEXTLESS:
                    actual = article(named(kind))
                    self.report(lower.WrongType(span=part.span, expected="a string, number or bool", actual=actual))
        return STRING if all(isinstance(part, str) for part in node.parts) else LATE_STRING

    # ---- names

    def name(self, node: Name | Attribute) -> Type:
        symbol = self.bindings.get(node)
        return UNKNOWN if symbol is None else self.symbol(symbol)

    def symbol(self, symbol: Symbol) -> Type:
        match symbol:
            case LetSymbol():
                if symbol not in self.known:
                    self.known[symbol] = UNKNOWN  # while its own value is looked at
                    self.known[symbol] = self.values(symbol)
                return self.known[symbol]
            case ParamSymbol() | ArgumentSymbol():
                return self.param(symbol.node)
            case LoopSymbol():
                return self.known.get(symbol, UNKNOWN)
            case SecretSymbol():
                return SECRET
            case NetworkSymbol():
                return NETWORK
            case NativeSymbol():
                return NATIVE
            case TierSymbol():
                return TIER
            case ImageSymbol():
                return IMAGE
            case FileSymbol():
                return Scalar(name="file")
            case FunctionSymbol() | LostSymbol():
                return UNKNOWN
            case _:
                assert_never(symbol)

    def values(self, symbol: LetSymbol) -> Type:
        """The type of all values that a `let` has, its own and those of the environments; not known where one is broken."""
        if self.depth == DEEPEST:
            return UNKNOWN
        self.depth += 1
        types = []
        for node in symbol.nodes:
            self.contain(node, lambda node=node: types.append(self.infer(node.value)))  # type: ignore[misc]
        self.depth -= 1
        return union(types) if all(map(self.found.sound, symbol.nodes)) else UNKNOWN

    def param(self, node: Parameter) -> Type:
        """The type of a `param`, whose value may come only when the stack runs."""
        return _late(parse(type_text(node.type))) if _is_type(node.type) else UNKNOWN

    def attribute(self, node: Attribute) -> Type:
        if self.bindings.get(node) is not None:
            return self.name(node)
        kind = self.infer(node.target)
        if kind == TIER:
            return self.of_tier(node)
        if kind == NATIVE:
            return LATE_STRING
        return FIELDS.get(kind, {}).get(node.name.text, UNKNOWN) if isinstance(kind, Scalar) else UNKNOWN

    def of_tier(self, node: Attribute) -> Type:
        """What a tier has by a name: an endpoint where it declares one; what else it might be, its plan knows."""
        symbol, name = self.bindings.get(node.target), node.name.text
        if name == "hosts":
            return ListOf(item=LATE_STRING)
        if isinstance(symbol, TierSymbol):
            exposes = (s for s in symbol.block.body if isinstance(s, Block) and s.keyword == "expose")
            return ENDPOINT if any(label_text(expose) == name for expose in exposes) else UNKNOWN
        return UNKNOWN if name in FIELDS[ENDPOINT] else ENDPOINT

    def index(self, node: Index) -> Type:
        kind = self.infer(node.target)
        if isinstance(kind, MapOf):
            self.expect(node.index, STRING)
            return kind.value
        if isinstance(kind, ListOf) or kind == TIER:
            self.expect(node.index, INT)
            return MEMBER if kind == TIER else item_type(kind)
        if isinstance(kind, Scalar):
            self.mismatch(node.target, ListOf(item=UNKNOWN), kind)
        self.infer(node.index)
        return UNKNOWN

    def binary(self, node: Binary) -> Type:
        if node.operator in ("and", "or"):
            self.expect(node.left, BOOL)
            self.expect(node.right, BOOL)
            return BOOL
        left, right = self.infer(node.left), self.infer(node.right)
        if named(left) not in SAMPLES or named(right) not in SAMPLES or _late_one(left) or _late_one(right):
            return UNKNOWN if node.operator in "+-*/%" else BOOL
        try:
            made = compute(node.operator, SAMPLES[named(left)], SAMPLES[named(right)])
        except TypeError:
            self.report(lower.BadValue(span=node.span, problem=mixed(node.operator, named(left), named(right))))
            return UNKNOWN
        return UNKNOWN if node.operator == "/" and made == 1 else parse(type_name(made))  # 4 / 2 is whole, 3 / 2 is not

    # ---- calls

    def call(self, node: Call) -> Type:
        symbol = self.bindings.get(node.function)
        if isinstance(symbol, FunctionSymbol):
            return self.function(symbol.name, node)
        template = self.template(node.function)
        kind = self.infer(node.function) if template is None else IMAGE
        if template is not None:
            for diagnostic in wrong_call(template, node):
                self.report(diagnostic)
        elif not accepts(IMAGE, kind):
            expected, actual = article("function or an image template"), described(_outside(kind))
            self.report(lower.WrongType(span=node.function.span, expected=expected, actual=actual))
        known = {} if template is None else parameters(template)
        for argument in node.arguments:
            wanted = known.get(argument.name.text) if argument.name is not None else None
            self.expect(argument.value, UNKNOWN if wanted is None else self.param(wanted))
        return IMAGE if kind == IMAGE else UNKNOWN

    def function(self, name: str, node: Call) -> Type:
        signature = FUNCTIONS.get(name)
        kinds = ("string",) if signature is None else signature.parameters
        kinds += kinds[-1:] * (len(node.arguments) - len(kinds))
        for argument, kind in zip(node.arguments, kinds, strict=False):
            self.expect(argument.value, parse(kind))
        for diagnostic in wrong_function_call(name, node):
            self.report(diagnostic)
        result = TIER if signature is None else parse(signature.result)
        return LATE_STRING if result == STRING else result

    def template(self, node: Expression, *, called: bool = True) -> Block | None:
        """The image template that an expression names, also by a `let`; where it may not be `called`, without arguments."""
        for _ in range(DEEPEST):
            if isinstance(node, Call) and not called:
                return None
            symbol = self.bindings.get(node.function if isinstance(node, Call) else node)
            if isinstance(symbol, ImageSymbol):
                return symbol.block
            if not isinstance(symbol, LetSymbol) or len(symbol.nodes) != 1:
                return None
            node = symbol.nodes[0].value
        return None


def _plain(node: String | Number | Boolean) -> Value:
    return "".join(part for part in node.parts if isinstance(part, str)) if isinstance(node, String) else node.value


def _outside(kind: Type) -> Type:
    """A type without what is inside: of what stands somewhere, messages say no more."""
    if isinstance(kind, OneOf):
        return OneOf(choices=tuple(map(_outside, kind.choices)))
    return parse(named(kind))


def _is_type(node: TypeName) -> bool:
    return node.name in IMAGE_PARAM_TYPES and (node.item is None or _is_type(node.item))


def _late(kind: Type) -> Type:
    """The same type, of a value that may come only when the stack runs."""
    match kind:
        case Scalar() if kind.name in PARAM_TYPES or kind == Scalar(name="secret"):
            return Scalar(name=kind.name, deploy=True)
        case ListOf():
            return ListOf(item=_late(kind.item))
        case OneOf():
            return OneOf(choices=tuple(map(_late, kind.choices)))
        case _:
            return kind


def _late_one(kind: Type) -> bool:
    return isinstance(kind, Scalar) and kind.deploy
