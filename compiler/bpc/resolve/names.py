"""Every name is bound to what it means: reported once for each place where nothing is, also in templates that nothing uses."""

from __future__ import annotations

import re

from bpc.diagnostics import resolve
from bpc.diagnostics.base import Note, did_you_mean
from bpc.diagnostics.check import SettingTwice
from bpc.record import assert_never
from bpc.resolve.program import declare, label_identifier
from bpc.resolve.symbols import (
    ArgumentSymbol,
    Bindings,
    FileSymbol,
    FunctionSymbol,
    ImageSymbol,
    LetSymbol,
    LoopSymbol,
    LostSymbol,
    Names,
    NativeSymbol,
    NetworkSymbol,
    ParamSymbol,
    SecretSymbol,
    TierSymbol,
)
from bpc.source import Span
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
    Identifier,
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
)
from bpc.vocabulary import BLOCKS, FUNCTIONS, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings
    from bpc.resolve.program import Declaration, Module, Program
    from bpc.resolve.symbols import Symbol
    from bpc.source import Source
    from bpc.syntax.tree import Expression, Statement

    Read = Callable[[str, str, Span], "Source | Diagnostic"]

NAMED: dict[str, type[SecretSymbol | NetworkSymbol | NativeSymbol]] = {
    "secret": SecretSymbol,
    "network": NetworkSymbol,
    "native": NativeSymbol,
}
NAMING = (LetSymbol, ParamSymbol, ArgumentSymbol)
LOST = r"\b(?:let|param|secret|network|native|tier|image|as)[ \t]+([A-Za-z_][A-Za-z0-9_-]*)"
"""What a statement that could not be read would have declared."""


def bind(program: Program, findings: Findings) -> Bindings:
    """What the names of all files mean; unknown and doubly declared ones are reported."""
    bindings = Bindings()
    for name, module in program.modules.items():
        bindings.files[name] = _file_names(name, module, bindings, findings)
    for module in program.modules.values():
        binder = Binder(program, module, bindings, findings)
        binder.statements(module.file.statements, bindings.files[module.file.source.name], "file scope")
    return bindings


def bind_expression(
    node: Expression, of: str, names: Names, program: Program, bindings: Bindings, findings: Findings
) -> None:
    """The same for an expression that stands in no file: one of `--set`, the value of a `let` or `param` by the name `of`."""
    Binder(program, program.modules[program.root], bindings, findings).value(node, names.declared.get(of), names)


def check_used(program: Program, bindings: Bindings, findings: Findings, read: Read) -> None:
    """Warns of `let`s and `param`s that nothing uses, not even a template that `read` gives."""
    from bpc.resolve.unused import unused

    root = program.modules.get(program.root)
    blocks = [s for module in program.modules.values() for s in module.file.statements if isinstance(s, Block)]
    places: list[tuple[Names, tuple[Statement, ...], Read | None]] = [
        (bindings.blocks[id(block)], block.body, read) for block in blocks if id(block) in bindings.blocks
    ]
    if root is not None:
        places.append((bindings.files[program.root], (), None))
    for names, body, texts in places:
        left = [
            symbol for symbol in names.declared.values() if symbol not in bindings.used and isinstance(symbol, NAMING)
        ]
        if left:
            for found in unused([(symbol.name, _node(symbol)) for symbol in left], body, texts):
                findings.append(found)


def _node(symbol: Symbol) -> Let | Parameter:
    assert isinstance(symbol, NAMING)
    return symbol.nodes[0] if isinstance(symbol, LetSymbol) else symbol.node


def _file_names(name: str, module: Module, bindings: Bindings, findings: Findings) -> Names:
    lost: dict[str, Symbol] = {text: LostSymbol(name=text, span=span) for text, span in _lost(module, findings)}
    declared: dict[str, Symbol] = {
        alias: FileSymbol(name=alias, span=_root_span(module), file=file) for alias, file in module.aliases.items()
    }
    for text, statement in module.declared.items():
        if isinstance(statement, Let):
            symbol = LetSymbol(name=text, span=statement.name.span, nodes=[statement])
            declared[text] = symbol
            bindings.bind(statement, symbol)
        elif isinstance(statement, Block):
            declared[text] = ImageSymbol(name=text, span=statement.span, file=name, block=statement)
    return Names(declared, Names(lost))


def _root_span(module: Module) -> Span:
    return module.file.span


def _lost(module: Module, findings: Findings) -> Iterator[tuple[str, Span]]:
    """The names that statements with mistakes declare: nothing is known of them, but that they are there."""
    source = module.file.source
    for span in findings.lost:
        if span.source is not source:
            continue
        for match in re.compile(LOST).finditer(source.text, span.start, span.end):
            yield match[1], Span(source, match.start(1), match.end(1))


def plain_text(string: String) -> str | None:
    """A string's text, None where it is interpolated."""
    texts = [part for part in string.parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(string.parts) else None


class Binder:
    """Walks one file."""

    def __init__(self, program: Program, module: Module, bindings: Bindings, findings: Findings) -> None:
        self.program, self.module = program, module
        self.bindings, self.findings = bindings, findings
        self.kind = ""  # the type of the setting around

    # ---- declarations

    def firsts(self, block: Block) -> Iterator[tuple[Identifier, Statement]]:
        """What a body declares by name, each name once: a second declaration is reported, and left out."""
        first: dict[str, Declaration] = {}
        for statement in block.body:
            label = _declares(statement)
            if label is not None:
                before = len(self.findings)
                declare(first, label.text, statement, label.span, self.findings)  # type: ignore[arg-type]
                self.findings.contain(statement, before)
                if first[label.text] is statement:
                    yield label, statement

    def declare(self, block: Block, outer: Names) -> Names:
        """What a solution's or an image's body declares by name. Declarations inside `for` have computed names."""
        names = Names({}, outer)
        for label, statement in self.firsts(block):
            symbol = names.declared[label.text] = _symbol(block, statement, label)
            self.bindings.bind(statement, symbol)
        return names

    def environment_lets(self, block: Block, names: Names) -> None:
        """What environments say instead of a `let`'s own value."""
        for environment in block.body:
            if isinstance(environment, Block) and environment.keyword == "environment":
                for statement in environment.body:
                    symbol = names.declared.get(statement.name.text) if isinstance(statement, Let) else None
                    if isinstance(statement, Let) and isinstance(symbol, LetSymbol | ParamSymbol):
                        if isinstance(symbol, LetSymbol):
                            symbol.nodes.append(statement)
                        self.bindings.bind(statement, symbol)

    # ---- statements

    def statements(self, body: Iterable[Statement], names: Names, keyword: str) -> None:
        told = self.findings.found
        for statement in body:
            before = len(told)
            match statement:
                case Block():
                    self.block(statement, names)
                case For():
                    self.expression(statement.iterable, names)
                    self.findings.contain(statement, before)
                    self.statements(statement.body, self.loop(statement.variable, names), keyword)
                case _ if id(statement) not in self.findings.unread:
                    self.leaf(statement, names, keyword)
                    if len(told) > before:
                        self.findings.contain(statement, before)

    def leaf(self, node: Statement, names: Names, keyword: str) -> None:
        match node:
            case Setting():
                self.setting(node, names, keyword)
            case Let():
                self.value(node.value, self.bindings.get(node), names)
            case Output():
                self.expression(node.value, names)
            case Parameter():
                self.parameter(node, names, keyword)
            case Allow():
                self.expression(node.origin, names)
            case Connect():
                self.expression(node.endpoint, names)
            case Import() | Reserved() | Broken():
                pass
            case Block() | For():
                pass  # not a leaf
            case _:
                assert_never(node)

    def block(self, node: Block, names: Names) -> None:
        before = len(self.findings)
        if isinstance(node.label, String):
            self.expression(node.label, names)
            self.findings.contain(node, before)
        if node.keyword == "environment":
            for _ in self.firsts(node):
                pass
        if node.keyword in ("solution", "image"):
            names = self.bindings.blocks[id(node)] = self.declare(node, names)
            self.environment_lets(node, names)
        self.statements(node.body, names, node.keyword)

    def setting(self, node: Setting, names: Names, keyword: str) -> None:
        word = BLOCKS[keyword].settings.get(node.name.text) if keyword in BLOCKS else None
        if word is None or (words(word.type) and isinstance(node.value, Name)):
            return
        if word.type == "list(name)" and isinstance(node.value, ListLiteral):  # bare names are of this very block
            self.kind = word.type
            self.each((item for item in node.value.items if not isinstance(item, Name)), names)
            self.kind = ""
        else:
            self.typed(node.value, word.type, names)

    def parameter(self, node: Parameter, names: Names, keyword: str) -> None:
        """A default and constraints: a template's default is its file's, and sees nothing of a call."""
        own = self.bindings.get(node)
        if node.default is not None:
            self.value(node.default, own, names.outer if keyword == "image" and names.outer else names)
        for setting in node.body:
            listed = isinstance(setting, Setting) and isinstance(setting.value, ListLiteral)
            if listed and setting.name.text == "allowed" and wanted(node):  # type: ignore[union-attr]
                for item in setting.value.items:  # type: ignore[union-attr]
                    self.value(item, own, names)
            else:
                self.statements((setting,), names, "param")

    def value(self, node: Expression, of: Symbol | None, names: Names) -> None:
        """What a `let` or `param` may be. In that of an image, the param's own name means a template, which it hides elsewhere."""
        kind = wanted(of.node) if isinstance(of, ParamSymbol) else ""
        own = bool(kind) and isinstance(node, Name) and names.find(node.text) is of
        self.typed(node, kind, names.outer if own and names.outer and names.outer.image(node.text) else names)  # type: ignore[union-attr]

    def typed(self, node: Expression, kind: str, names: Names) -> None:
        """An expression where a type is wanted: a bare name is that of a template where an image is."""
        image = names.image(node.text) if kind == "image" and isinstance(node, Name) else None
        if image is None:
            self.kind = kind
            self.expression(node, names)
            self.kind = ""
        else:
            self.bindings.use(node, image)

    def loop(self, variable: Identifier, names: Names) -> Names:
        """The names inside a loop."""
        symbol = LoopSymbol(name=variable.text, span=variable.span)
        self.bindings.bind(variable, symbol)
        return Names({variable.text: symbol}, names)

    # ---- expressions

    def expression(self, node: Expression, names: Names) -> None:
        match node:
            case Boolean() | Number() | Quantity() | Broken():
                pass
            case Name():
                self.name(node, names)
            case Attribute():
                self.attribute(node, names)
            case String():
                self.plain_names(node, names)
                self.each((part for part in node.parts if not isinstance(part, str)), names)
            case Call():
                self.call(node, names)
            case Index():
                self.each((node.target, node.index), names)
            case ListLiteral():
                self.each(node.items, names)
            case MapLiteral():
                self.once(entry.key for entry in node.entries)
                self.each((entry.key for entry in node.entries if isinstance(entry.key, String)), names)
                self.each((entry.value for entry in node.entries), names)
            case Comprehension():
                self.comprehension(node, names)
            case Unary():
                self.expression(node.operand, names)
            case Binary():
                self.each((node.left, node.right), names)
            case Conditional():
                self.each((node.condition, node.then, node.otherwise), names)
            case RangeLiteral():
                self.each((node.low, node.high), names)
            case _:
                assert_never(node)

    def once(self, names: Iterable[Identifier | String]) -> None:
        """Keys of a map or arguments of a call, each once; computed ones are seen when they are evaluated."""
        first: dict[str, Span] = {}
        for name in names:
            text = name.text if isinstance(name, Identifier) else plain_text(name)
            if text is not None and first.setdefault(text, name.span) != name.span:
                note = Note(span=first[text], text="set here first")
                self.findings.append(SettingTwice(span=name.span, name=text, notes=(note,)))

    def each(self, nodes: Iterable[Expression], names: Names) -> None:
        for node in nodes:
            self.expression(node, names)

    def comprehension(self, node: Comprehension, names: Names) -> None:
        self.expression(node.iterable, names)
        inner = self.loop(node.variable, names)
        self.each((node.element, *(() if node.condition is None else (node.condition,))), inner)

    def name(self, node: Name, names: Names) -> None:
        symbol = names.find(node.text) or self.unknown(node, names.known(), self.kind)
        self.bindings.use(node, symbol)

    def unknown(self, node: Name, known: Iterable[str], kind: str) -> LostSymbol:
        """Reports a name that nothing declares, unless it is the rest of an unquoted text of which something was told."""
        from bpc.resolve.hints import continues, meant_name

        if not self.findings.found or not continues(self.findings.found[-1], node.span):
            hint = meant_name(node.text, known, kind, node.span)
            self.findings.append(resolve.UnknownName(span=node.span, name=node.text, hint=hint))
        return LostSymbol(name=node.text, span=node.span)

    def attribute(self, node: Attribute, names: Names) -> None:
        self.expression(node.target, names)
        file = self.bindings.get(node.target)
        if isinstance(file, FileSymbol):
            self.bindings.use(node, self.member(file, node.name))

    def member(self, file: FileSymbol, name: Identifier) -> Symbol:
        """What an imported file declares by a name."""
        names = self.bindings.files.get(file.file)
        symbol = None if names is None else names.find(name.text)
        if symbol is None and names is not None:
            from bpc.resolve.hints import listed

            near = did_you_mean(name.text, names.declared)
            hint = near or (f"it has {listed(names.declared)}" if names.declared else "")
            what = f'"{file.file}"'
            self.findings.append(resolve.UnknownMember(span=name.span, what=what, name=name.text, hint=hint))
        return symbol or LostSymbol(name=name.text, span=name.span)

    def call(self, node: Call, names: Names) -> None:
        function = node.function
        if isinstance(function, Name):
            self.function(function, names)
        else:
            self.expression(function, names)
        self.once(argument.name for argument in node.arguments if argument.name is not None)
        self.each((argument.value for argument in node.arguments), names)

    def function(self, node: Name, names: Names) -> None:
        """A name that is called: a template, also where something hides it; what it names otherwise; a function of the language."""
        symbol = names.image(node.text) or names.find(node.text)
        if symbol is None and (node.text in FUNCTIONS or node.text == "tier"):
            symbol = FunctionSymbol(name=node.text, span=node.span)
        if symbol is None:
            symbol = self.unknown(node, names.known() | FUNCTIONS.keys() | {"tier"}, "function")
        self.bindings.use(node, symbol)

    def plain_names(self, node: String, names: Names) -> None:
        """Warns of names that a text has in the way of a shell or of Jinja: `$name`, `{name}`, `{{ name }}`."""
        if not any(isinstance(part, str) and ("$" in part or "{" in part) for part in node.parts):
            return
        from bpc.resolve.unused import plain_names

        for found in plain_names(node.span, names.known()):
            self.findings.append(found)
            symbol = names.find(found.name)
            if symbol is not None:
                self.bindings.used.add(symbol)  # meant, if not used


def wanted(node: Parameter) -> str:
    """What a param says of the names in its values: those of an image are templates'."""
    return "image" if node.type.name == "image" else ""


def _declares(statement: Statement) -> Identifier | None:
    """The name that a statement of a solution or template declares there."""
    if isinstance(statement, Let | Parameter):
        return statement.name
    if isinstance(statement, Block) and (statement.keyword == "tier" or statement.keyword in NAMED):
        return label_identifier(statement)
    return None


def _symbol(block: Block, statement: Statement, label: Identifier) -> Symbol:
    name, span = label.text, label.span
    if isinstance(statement, Let):
        return LetSymbol(name=name, span=span, nodes=[statement])
    if isinstance(statement, Parameter):
        kind = ParamSymbol if block.keyword == "solution" else ArgumentSymbol
        return kind(name=name, span=span, node=statement)
    assert isinstance(statement, Block)
    if statement.keyword == "tier":
        return TierSymbol(name=name, span=span, block=statement)
    return NAMED[statement.keyword](name=name, span=span)
