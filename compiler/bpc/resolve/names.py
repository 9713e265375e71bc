"""Every name that is used is declared: reported once for each name and place, also in templates that nothing uses."""

from __future__ import annotations

from bpc.diagnostics import resolve
from bpc.diagnostics.base import Note, did_you_mean, errors
from bpc.diagnostics.check import SettingTwice
from bpc.record import assert_never
from bpc.resolve.program import declare, label_identifier
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
    from collections.abc import Callable, Iterable, Mapping

    from bpc.diagnostics.base import Diagnostic
    from bpc.resolve.program import Declaration, Module, Program
    from bpc.source import Source, Span
    from bpc.syntax.tree import Expression, Statement

    Scope = frozenset[str]
    Read = Callable[[str, str, Span], "Source | Diagnostic"]

SCOPES = ("solution", "image")
"""The blocks whose declarations are a scope of their own."""


def check_names(program: Program, read: Read) -> list[Diagnostic]:
    """Diagnostics for unknown, doubly declared and unused names of all files; `read` gives the templates that may use one."""
    found: list[Diagnostic] = []
    for name, module in program.modules.items():
        names = Names(program, module, found)
        names.statements(module.file.statements, frozenset(module.declared), "file scope")
        if errors(found):
            continue  # a misspelt name may be the one that is not used
        if name == program.root:
            names.unused(module.declared, names.used, ())
        for declared, used, block in names.blocks:
            names.unused(declared, used, block.body, read)
    return found


def declared_in(block: Block, found: list[Diagnostic]) -> dict[str, Declaration]:
    """What a solution's or an image's body declares by name. Declarations inside `for` have computed names."""
    names: dict[str, Declaration] = {}
    for statement in block.body:
        if isinstance(statement, Let | Parameter):
            declare(names, statement.name.text, statement, statement.name.span, found)
        elif isinstance(statement, Block) and statement.keyword in ("secret", "network", "tier"):
            label = label_identifier(statement)
            if label is not None:
                declare(names, label.text, statement, label.span, found)
    return names


def plain_text(string: String) -> str | None:
    """A string's text, None where it is interpolated."""
    texts = [part for part in string.parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(string.parts) else None


class Names:
    """Walks one file."""

    def __init__(self, program: Program, module: Module, found: list[Diagnostic]) -> None:
        self.program, self.module, self.found = program, module, found
        self.kind = ""  # the type of the setting around
        self.used: set[str] = set()
        self.plain: set[str] = set()  # names that a text has without `${ }`
        self.blocks: list[tuple[dict[str, Declaration], set[str], Block]] = []

    def statements(self, body: Iterable[Statement], scope: Scope, keyword: str) -> None:
        for statement in body:
            self.statement(statement, scope, keyword)

    def statement(self, node: Statement, scope: Scope, keyword: str) -> None:
        match node:
            case Block():
                self.block(node, scope)
            case Setting():
                self.setting(node, scope, keyword)
            case Let() | Output():
                self.expression(node.value, scope)
            case Parameter():
                if node.default is not None:
                    self.expression(node.default, scope)
            case Allow():
                self.expression(node.origin, scope)
            case Connect():
                self.expression(node.endpoint, scope)
            case For():
                self.expression(node.iterable, scope)
                self.statements(node.body, scope | {node.variable.text}, keyword)
            case Import() | Reserved() | Broken():
                pass
            case _:
                assert_never(node)

    def block(self, node: Block, scope: Scope) -> None:
        if isinstance(node.label, String):
            self.expression(node.label, scope)
        if node.keyword in SCOPES:
            declared = declared_in(node, self.found)
            around, self.used = self.used, set()
            self.statements(node.body, scope | declared.keys(), node.keyword)
            self.blocks.append((declared, self.used, node))
            self.used |= around
            return
        if node.keyword == "environment":
            declared_in(node, self.found)
        self.statements(node.body, scope, node.keyword)

    def setting(self, node: Setting, scope: Scope, keyword: str) -> None:
        word = BLOCKS[keyword].settings.get(node.name.text) if keyword in BLOCKS else None
        if word is not None and not (words(word.type) and isinstance(node.value, Name)):
            self.kind = word.type
            self.expression(node.value, scope)
            self.kind = ""

    def expression(self, node: Expression, scope: Scope) -> None:
        match node:
            case Name():
                self.name(node, scope)
            case Attribute():
                self.attribute(node, scope)
            case String():
                self.plain_names(node, scope)
                self.each((part for part in node.parts if not isinstance(part, str)), scope)
            case Call():
                self.call(node, scope)
            case Index():
                self.each((node.target, node.index), scope)
            case ListLiteral():
                self.each(node.items, scope)
            case MapLiteral():
                self.once(entry.key for entry in node.entries)
                self.each((entry.value for entry in node.entries), scope)
            case Comprehension():
                self.comprehension(node, scope)
            case Unary():
                self.expression(node.operand, scope)
            case Binary():
                self.each((node.left, node.right), scope)
            case Conditional():
                self.each((node.condition, node.then, node.otherwise), scope)
            case RangeLiteral():
                self.each((node.low, node.high), scope)
            case Boolean() | Number() | Quantity() | Broken():
                pass
            case _:
                assert_never(node)

    def once(self, names: Iterable[Identifier | String]) -> None:
        """Keys of a map or arguments of a call, each once; computed ones are seen when they are evaluated."""
        first: dict[str, Span] = {}
        for name in names:
            text = name.text if isinstance(name, Identifier) else plain_text(name)
            if text is not None and first.setdefault(text, name.span) != name.span:
                note = Note(span=first[text], text="set here first")
                self.found.append(SettingTwice(span=name.span, name=text, notes=(note,)))

    def each(self, nodes: Iterable[Expression], scope: Scope) -> None:
        for node in nodes:
            self.expression(node, scope)

    def comprehension(self, node: Comprehension, scope: Scope) -> None:
        self.expression(node.iterable, scope)
        inner = scope | {node.variable.text}
        self.each((node.element, *(() if node.condition is None else (node.condition,))), inner)

    def name(self, node: Name, scope: Scope) -> None:
        self.used.add(node.text)
        if node.text not in scope:
            self.unknown(node, scope, self.kind)

    def unknown(self, node: Name, scope: Scope, kind: str) -> None:
        from bpc.resolve.hints import continues, meant_name

        if self.found and continues(self.found[-1], node.span):
            return
        hint = meant_name(node.text, scope, kind, node.span)
        self.found.append(resolve.UnknownName(span=node.span, name=node.text, hint=hint))

    def attribute(self, node: Attribute, scope: Scope) -> None:
        alias = self.module.aliases.get(node.target.text) if isinstance(node.target, Name) else None
        if alias is None:
            self.expression(node.target, scope)
            return
        module = self.program.modules.get(alias)
        if module is not None and node.name.text not in module.declared:
            from bpc.resolve.hints import listed

            near = did_you_mean(node.name.text, module.declared)
            hint = near or (f"it has {listed(module.declared)}" if module.declared else "")
            what = f'"{alias}"'
            self.found.append(resolve.UnknownMember(span=node.name.span, what=what, name=node.name.text, hint=hint))

    def call(self, node: Call, scope: Scope) -> None:
        function = node.function
        if isinstance(function, Name) and function.text not in FUNCTIONS and function.text != "tier":
            self.used.add(function.text)
            if function.text not in scope:
                self.unknown(function, scope | FUNCTIONS.keys() | {"tier"}, "function")
        elif not isinstance(function, Name):
            self.expression(function, scope)
        self.once(argument.name for argument in node.arguments if argument.name is not None)
        self.each((argument.value for argument in node.arguments), scope)

    # ---- names that nothing uses, and texts that mean one

    def plain_names(self, node: String, scope: Scope) -> None:
        """Warns of names that a text has in the way of a shell or of Jinja: `$name`, `{name}`, `{{ name }}`."""
        for part in node.parts:
            if isinstance(part, str) and ("$" in part or "{" in part):
                from bpc.resolve.unused import plain_names

                for found in plain_names(node.span, scope):
                    self.plain.add(found.name)
                    self.found.append(found)
                return

    def unused(
        self, declared: Mapping[str, Declaration], used: set[str], body: Iterable[Statement], read: Read | None = None
    ) -> None:
        """Warns of `let`s and `param`s that nothing uses."""
        left = [
            (name, statement)
            for name, statement in declared.items()
            if name not in used and isinstance(statement, Let | Parameter) and name not in self.plain
        ]
        if left:
            from bpc.resolve.unused import unused

            self.found += unused(left, body, read)
