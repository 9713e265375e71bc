"""Types without values: mistakes where no evaluation comes by, such as the branch that is not taken and a template that nobody uses.

A kind is a type as the vocabulary writes it (`int`, `list(string)`), `""` where it is not known, and `~int` where the value may
also be a deploy-time one. Only what is wrong whatever the values are is reported: a branch may rely on its condition.
"""

from __future__ import annotations

from bisect import bisect_left

from bpc.diagnostics import lower
from bpc.diagnostics.base import did_you_mean
from bpc.lower.evaluate import compute, evaluate, mixed, wrong_number
from bpc.lower.scope import Scope
from bpc.lower.types import Wrong, article, expected_text, fits
from bpc.lower.values import Duration, EndpointValue, NetworkValue, Percent, Range, Size, TierValue, Value, type_name
from bpc.record import assert_never
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
    type_text,
)
from bpc.vocabulary import BLOCKS, FUNCTIONS, UNITS, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.world import World
    from bpc.resolve.program import Module, Program
    from bpc.source import Span
    from bpc.syntax.tree import Expression, Statement

TEXTLESS = ("list", "map", "range", "endpoint", "tier", "network", "image", "release", "member")
ATOMS = frozenset([Boolean, Number, Quantity, Name])
"""What can hide nothing: where such a value stands in the solution itself, its evaluation has judged it."""
NONE: frozenset[type] = frozenset()
DEEPEST = 50
"""`let`s of which each needs the next: beyond, a kind is not known."""
FIELDS = {
    "endpoint": {"host": "~string", "hosts": "list", "port": "int", "protocol": "string"},
    "member": {"host": "~string"},
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


def check_types(world: World, settings: Container[str], told: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Wrong types anywhere in the program, but for places of which something was `told`; `settings` are the names of `--set`."""
    types = Types(world)
    for module in world.program.modules.values():
        scope = types.module(module)
        types.statements(module.file.statements, scope, "file scope")
        for statement in module.file.statements:
            if isinstance(statement, Block) and statement.keyword == "image":
                types.block(statement, scope.declare(statement, ()))
    if world.program.solution is not None:
        solution = world.program.solution
        types.judged = ATOMS
        types.block(solution, types.module(world.program.modules[world.program.root]).declare(solution, settings))
    starts: dict[str, list[int]] = {}
    for d in told:
        starts.setdefault(d.span.source.name, []).append(d.span.start)
    for places in starts.values():
        places.sort()
    return [d for d in types.found if not _told(d.span, starts.get(d.span.source.name, []))]


def _told(span: Span, starts: list[int]) -> bool:
    """Whether something was told of a place or of a part of it: what is wrong there makes the whole wrong."""
    at = bisect_left(starts, span.start)
    return at < len(starts) and starts[at] < max(span.end, span.start + 1)


class Known:
    """Names with their kinds, and the names around. A `let` has all the values that environments give it."""

    def __init__(self, module: Module, outer: Known | None = None) -> None:
        self.module, self.outer = module, outer
        self.kinds: dict[str, str] = {}
        self.lets: dict[str, list[Expression]] = {}

    def declare(self, block: Block, settings: Container[str]) -> Known:
        """The scope of a solution or an image."""
        inner = Known(self.module, self)
        environments = [s for s in block.body if isinstance(s, Block) and s.keyword == "environment"]
        for statement in (*block.body, *(s for e in environments for s in e.body if isinstance(s, Let))):
            if isinstance(statement, Let):
                inner.lets.setdefault(statement.name.text, []).append(statement.value)
            elif isinstance(statement, Parameter):
                inner.kinds[statement.name.text] = "~" + type_text(statement.type)
            elif isinstance(statement, Block) and statement.keyword in ("tier", "network", "secret"):
                inner.kinds[getattr(statement.label, "text", "")] = statement.keyword
        for name in [name for name in inner.lets if name in settings]:
            inner.kinds[name] = ""
        return inner

    def home(self, name: str) -> Known | None:
        """The scope that declares a name."""
        if name in self.kinds or name in self.lets:
            return self
        return None if self.outer is None else self.outer.home(name)


class Types:
    """One pass. `infer` gives an expression's kind, `expect` says where it is not what the place needs."""

    def __init__(self, world: World) -> None:
        self.program: Program = world.program
        self.found: list[Diagnostic] = []
        self.scopes: dict[str, Known] = {}
        self.nothing = Scope(world, {})
        self.judged = NONE
        self.depth = 0

    def module(self, module: Module) -> Known:
        """The scope of a file."""
        name = module.file.source.name
        if name not in self.scopes:
            scope = self.scopes[name] = Known(module)
            for label, statement in module.declared.items():
                if isinstance(statement, Let):
                    scope.lets[label] = [statement.value]
                elif isinstance(statement, Block):
                    scope.kinds[label] = "image"
        return self.scopes[name]

    # ---- statements

    def statements(self, body: Iterable[Statement], scope: Known, keyword: str) -> None:
        for statement in body:
            self.statement(statement, scope, keyword)

    def block(self, node: Block, scope: Known) -> None:
        if isinstance(node.label, String):
            self.expect(node.label, "string", scope)
        self.statements(node.body, scope, node.keyword)

    def statement(self, node: Statement, scope: Known, keyword: str) -> None:
        match node:
            case Setting():
                if type(node.value) not in self.judged:
                    self.setting(node, scope, keyword)
            case Block():
                if node.keyword not in ("image", "solution"):
                    self.block(node, scope)
            case Let():
                self.name(node.name.text, scope)
            case Parameter():
                if node.default is not None:
                    self.expect(node.default, type_text(node.type), scope.outer or scope)
            case Output():
                self.infer(node.value, scope)
            case Connect():
                self.expect(node.endpoint, "endpoint", scope)
            case Allow():
                self.infer(node.origin, scope)
            case For():
                judged, self.judged = self.judged, NONE  # it may run over nothing
                self.statements(node.body, self.loop(node.variable.text, node.iterable, scope), keyword)
                self.judged = judged
            case Import() | Reserved() | Broken():
                pass
            case _:
                assert_never(node)

    def setting(self, node: Setting, scope: Known, keyword: str) -> None:
        kind = BLOCKS[keyword].settings[node.name.text].type
        if not words(kind):
            self.expect(node.value, kind, scope)

    def loop(self, variable: str, iterable: Expression, scope: Known) -> Known:
        """The scope inside a loop."""
        kind = self.infer(iterable, scope).lstrip("~")
        if kind and not kind.startswith(("list", "map")):
            self.wrong(iterable.span, "list", kind)
        inner = Known(scope.module, scope)
        inner.kinds[variable] = _item(kind)
        return inner

    # ---- expressions

    def wrong(self, span: Span, kind: str, actual: str) -> None:
        found = lower.WrongType(span=span, expected=expected_text(kind), actual=article(_plain(actual)))
        self.found.append(found)

    def expect(self, node: Expression, kind: str, scope: Known) -> None:
        """Reports where an expression is not of a kind, each branch and each item of a list at its own place."""
        items = next((part[5:-1] for part in kind.split(" | ") if part.startswith("list(")), "")
        if isinstance(node, Conditional):
            self.expect(node.condition, "bool", scope)
            self.expect(node.then, kind, scope)
            self.expect(node.otherwise, kind, scope)
        elif isinstance(node, ListLiteral) and items:
            for item in node.items:
                self.expect(item, items, scope)
        elif _literal(node):
            try:
                fits(evaluate(node, self.nothing), kind, node.span, deploy=True)
            except Wrong as wrong:
                self.found.append(wrong.diagnostic)
        elif not ("image" in kind and self.template(node, scope)):
            actual = self.infer(node, scope)
            if actual and not accepts(kind, actual):
                self.wrong(node.span, kind, actual)

    def infer(self, node: Expression, scope: Known) -> str:
        match node:
            case String():
                return self.text(node, scope)
            case Number():
                return "int" if isinstance(node.value, int) else "number"
            case Boolean():
                return "bool"
            case Quantity():
                return UNITS[node.unit]
            case Name():
                return self.name(node.text, scope)
            case Attribute():
                return self.attribute(node, scope)
            case Index():
                return self.index(node, scope)
            case Call():
                return self.call(node, scope)
            case ListLiteral():
                return _list([self.infer(item, scope) for item in node.items])
            case MapLiteral():
                for entry in node.entries:
                    self.infer(entry.value, scope)
                return "map"
            case Comprehension():
                inner = self.loop(node.variable.text, node.iterable, scope)
                if node.condition is not None:
                    self.expect(node.condition, "bool", inner)
                return _list([self.infer(node.element, inner)])
            case Conditional():
                self.expect(node.condition, "bool", scope)
                return _common([self.infer(node.then, scope), self.infer(node.otherwise, scope)])
            case RangeLiteral():
                self.expect(node.low, "int", scope)
                self.expect(node.high, "int", scope)
                return "range"
            case Unary():
                kind = "bool" if node.operator == "not" else "int | number"
                self.expect(node.operand, kind, scope)
                return "bool" if node.operator == "not" else ""
            case Binary():
                return self.binary(node, scope)
            case Broken():
                return ""
            case _:
                assert_never(node)

    def text(self, node: String, scope: Known) -> str:
        for part in node.parts:
            if not isinstance(part, str):
                kind = self.infer(part, scope)
                if _plain(kind) in TEXTLESS:
                    expected = "a string, number or bool"
                    self.found.append(lower.WrongType(span=part.span, expected=expected, actual=article(_plain(kind))))
        return "string" if all(isinstance(part, str) for part in node.parts) else "~string"

    def name(self, name: str, scope: Known) -> str:
        home = scope.home(name)
        if home is None:
            return ""
        if name in home.lets:
            if self.depth == DEEPEST:
                return ""
            values = home.lets.pop(name)
            fixed = home.kinds.get(name)
            home.kinds[name] = ""  # while its own value is looked at
            self.depth += 1
            kind = _common([self.infer(value, home) for value in values])
            self.depth -= 1
            home.kinds[name] = kind if fixed is None else fixed
        return home.kinds[name]

    def attribute(self, node: Attribute, scope: Known) -> str:
        other = self.imported(node, scope)
        if other is not None:
            return self.name(node.name.text, other)
        kind = self.infer(node.target, scope).lstrip("~")
        if kind == "tier":
            return "list" if node.name.text == "hosts" else "endpoint"
        return FIELDS.get(kind, {}).get(node.name.text, "")

    def imported(self, node: Expression, scope: Known) -> Known | None:
        """The scope of the file in `alias.name`."""
        if not (isinstance(node, Attribute) and isinstance(node.target, Name)) or scope.home(node.target.text):
            return None
        module = self.program.modules.get(scope.module.aliases.get(node.target.text, ""))
        return None if module is None else self.module(module)

    def index(self, node: Index, scope: Known) -> str:
        kind = self.infer(node.target, scope).lstrip("~")
        if kind == "tier" or kind.startswith(("list", "map")):
            self.expect(node.index, "string" if kind.startswith("map") else "int", scope)
            return "member" if kind == "tier" else _item(kind) if kind.startswith("list") else ""
        if kind:
            self.wrong(node.target.span, "list", kind)
        self.infer(node.index, scope)
        return ""

    def binary(self, node: Binary, scope: Known) -> str:
        if node.operator in ("and", "or"):
            self.expect(node.left, "bool", scope)
            self.expect(node.right, "bool", scope)
            return "bool"
        kinds = [_plain(self.infer(side, scope), keep=True) for side in (node.left, node.right)]
        if any(kind not in SAMPLES for kind in kinds):
            return "" if node.operator in "+-*/%" else "bool"
        left, right = kinds
        try:
            made = compute(node, SAMPLES[left], SAMPLES[right])
        except TypeError:
            self.found.append(lower.BadValue(span=node.span, problem=mixed(node.operator, left, right)))
            return ""
        return "" if node.operator == "/" and made == 1 else type_name(made)  # 4 / 2 is whole, 3 / 2 is not

    # ---- calls

    def call(self, node: Call, scope: Known) -> str:
        function = node.function
        if isinstance(function, Name) and _is_function(function.text, scope):
            return self.function(function.text, node, scope)
        template = self.template(function, scope)
        if template is None:
            kind = self.infer(function, scope).lstrip("~")
            if kind not in ("", "image"):
                self.wrong(function.span, "function or an image template", kind)
        else:
            self.arguments(template, node)
        for argument in node.arguments:
            wanted = _parameter(template, argument.name.text) if template and argument.name else None
            self.expect(argument.value, type_text(wanted.type) if wanted else "any", scope)
        return "image"

    def function(self, name: str, node: Call, scope: Known) -> str:
        signature = FUNCTIONS.get(name)
        kinds = ("string",) if signature is None else signature.parameters
        kinds += kinds[-1:] * (len(node.arguments) - len(kinds))
        for argument, kind in zip(node.arguments, kinds, strict=False):
            self.expect(argument.value, kind, scope)
        problem = wrong_number(name, len(node.arguments))
        if problem:
            self.found.append(lower.WrongArguments(span=node.span, name=name, problem=problem))
        result = "tier" if signature is None else signature.result
        return "~string" if result == "string" else "" if result == "any" else result.replace("(any)", "")

    def template(self, node: Expression, scope: Known) -> Block | None:
        """The image template that an expression names, also where a tier of the same name hides it."""
        other = self.imported(node, scope)
        module = scope.module if other is None else other.module
        name = node.text if isinstance(node, Name) else node.name.text if other and isinstance(node, Attribute) else ""
        found = module.declared.get(name)
        return found if isinstance(found, Block) else None

    def arguments(self, template: Block, node: Call) -> None:
        """Reports parameters that are not given, and arguments for which there is none."""
        given = [argument.name.text for argument in node.arguments if argument.name is not None]
        label = getattr(template.label, "text", "")
        known = [s.name.text for s in template.body if isinstance(s, Parameter)]
        for name in (name for name in given if name not in known):
            hint = did_you_mean(name, known)
            problem = f'has no param "{name}"'
            self.found.append(lower.WrongArguments(span=node.span, name=label, problem=problem, hint=hint))
        for statement in template.body:
            if isinstance(statement, Parameter) and statement.default is None and statement.name.text not in given:
                problem = f'needs an argument "{statement.name.text}" ({type_text(statement.type)})'
                self.found.append(lower.WrongArguments(span=node.span, name=label, problem=problem))


def _is_function(name: str, scope: Known) -> bool:
    known = name in FUNCTIONS or name == "tier"
    return known and scope.home(name) is None and name not in scope.module.aliases


def accepts(kind: str, actual: str) -> bool:
    """Whether a place of a kind may take a value of another."""
    return any(_accepts(part, actual.lstrip("~"), deploy=actual.startswith("~")) for part in kind.split(" | "))


def _accepts(kind: str, actual: str, *, deploy: bool) -> bool:
    if kind in ("any", actual) or (kind == "string" and deploy):  # every deploy-time value may stand in a text
        return True
    if kind.startswith("list") and actual.startswith("list"):
        wanted, item = _item(kind), _item(actual)
        return not (wanted and item) or accepts(wanted, "~" + item if deploy else item)
    if kind.startswith("map"):
        return actual.startswith("map")
    alike = {"string": ("cidr", "secret"), "number": ("int", "port"), "port": ("int",), "int": ("port",)}
    return actual in alike.get(kind, ()) or (kind in ("cidr", "service") and actual == "string")


def _literal(node: Expression) -> bool:
    if isinstance(node, String):
        return all(isinstance(part, str) for part in node.parts)
    return isinstance(node, Number | Boolean | Quantity)


def _plain(kind: str, *, keep: bool = False) -> str:
    """A kind without what its items are; `~` is kept where one asks for it."""
    return (kind if keep else kind.lstrip("~")).partition("(")[0]


def _item(kind: str) -> str:
    """The kind of a list's items."""
    inner = kind[5:-1] if kind.startswith("list(") else ""
    return "" if inner == "any" else inner


def _list(items: list[str]) -> str:
    item = _common(items)
    return f"list({item})" if item else "list"


def _common(kinds: list[str]) -> str:
    """The one kind of several; not known where they differ."""
    return kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else ""


def _parameter(template: Block, name: str) -> Parameter | None:
    return next((s for s in template.body if isinstance(s, Parameter) and s.name.text == name), None)
