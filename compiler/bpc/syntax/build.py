"""Makes the tree: one method for each named alternative of the grammar, called with its span and its children."""

from __future__ import annotations

from bpc.record import Record, replace
from bpc.source import Span
from bpc.syntax import tree
from bpc.syntax._tables import KEYWORDS
from bpc.syntax.lexer import DIGITS
from bpc.syntax.strings import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from bpc.syntax.lexer import Token
    from bpc.syntax.strings import StringReader
    from bpc.syntax.tree import Expression, Identifier, Statement, TypeName


class Generator(Record):
    """`for variable in iterable if condition`, until it is joined with its element."""

    variable: Identifier
    iterable: Expression
    condition: Expression | None


def nodes_in(value: Any) -> Iterable[tree.Node]:
    """The nodes in what the parser joined, or has not joined yet; tokens are none."""
    if isinstance(value, tree.Node):
        return (value,)
    if isinstance(value, Generator):
        return tuple(node for node in (value.variable, value.iterable, value.condition) if node is not None)
    return tuple(node for node in value if isinstance(node, tree.Node)) if isinstance(value, list | tuple) else ()


class Builder:
    """The methods named by the grammar. All but a node's own parts are nodes already; tokens are `(kind, text, start)`."""

    def __init__(self, strings: StringReader) -> None:
        self.strings = strings
        self.parentheses: list[Span] = []
        self.headers: list[tree.Header] = []
        self.meant: dict[int, str] = {}
        """The keyword that is meant by a misspelt one, by where that begins."""

    # ---- lists

    def first(self, span: Span, item: Any) -> list[Any]:
        return [item]

    def more(self, span: Span, items: list[Any], item: Any) -> list[Any]:
        items.append(item)
        return items

    def all_statements(self, span: Span, statements: list[Statement]) -> tuple[Statement, ...]:
        return tuple(statements)

    def no_statements(self, span: Span) -> tuple[Statement, ...]:
        return ()

    # ---- statements

    def header(self, span: Span, edition: Token) -> tree.Broken:
        """A header is no statement; that of the file is taken out again."""
        digits = edition[1] if len(edition[1]) <= DIGITS else edition[1][:DIGITS] + "…"
        self.headers.append(made := tree.Header(span=span, edition=digits))
        return tree.Broken(span=span, parts=(made,))

    def import_(self, span: Span, path: tree.String, alias: Identifier) -> Statement:
        return tree.Import(span=span, path=path, alias=alias)

    def documented(self, span: Span, doc: Token, declaration: Statement) -> Statement:
        if isinstance(declaration, tree.Parameter | tree.Let | tree.Output | tree.Block):
            place = Span(span.source, doc[2], doc[2] + len(doc[1]))
            return replace(declaration, doc=plain(doc[1]), doc_span=place)
        return declaration

    def setting(self, span: Span, name: Identifier, value: Expression) -> Statement:
        return tree.Setting(span=span, name=name, value=value)

    def allow(self, span: Span, endpoint: Identifier, origin: Expression) -> Statement:
        return tree.Allow(span=span, endpoint=endpoint, origin=origin)

    def connect(self, span: Span, endpoint: Expression) -> Statement:
        return tree.Connect(span=span, endpoint=endpoint)

    def for_(self, span: Span, variable: Identifier, iterable: Expression, body: tuple[Statement, ...]) -> Statement:
        return tree.For(span=span, variable=variable, iterable=iterable, body=body)

    def parameter(
        self,
        span: Span,
        name: Identifier,
        kind: TypeName,
        default: Expression | None = None,
        body: tuple[Statement, ...] = (),
    ) -> Statement:
        return tree.Parameter(span=span, name=name, type=kind, default=default, body=body)

    def limited(self, span: Span, name: Identifier, kind: TypeName, body: tuple[Statement, ...]) -> Statement:
        return self.parameter(span, name, kind, None, body)

    def let(self, span: Span, name: Identifier, value: Expression) -> Statement:
        return tree.Let(span=span, name=name, value=value)

    def output(self, span: Span, name: Identifier, value: Expression) -> Statement:
        return tree.Output(span=span, name=name, value=value)

    def labelled(
        self, span: Span, keyword: Token, label: Identifier | tree.String, body: tuple[Statement, ...] = ()
    ) -> Statement:
        word = keyword[1] if keyword[1] in KEYWORDS else self.meant.get(keyword[2])
        if word is None:
            return tree.Broken(span=span, parts=(_word(span, keyword), label, *body))
        return tree.Block(span=span, keyword=word, label=label, body=body)

    def group(self, span: Span, keyword: Token, body: tuple[Statement, ...]) -> Statement:
        word = keyword[1] if keyword[1] in KEYWORDS else self.meant.get(keyword[2])
        if word is None:
            return tree.Broken(span=span, parts=(_word(span, keyword), *body))
        return tree.Block(span=span, keyword=word, label=None, body=body)

    def reserved(self, span: Span, keyword: Token, *parts: object) -> Statement:
        word = self.meant.get(keyword[2], keyword[1])
        return tree.Reserved(span=span, keyword=word, parts=tuple(node for part in parts for node in nodes_in(part)))

    def type(self, span: Span, name: Token, item: TypeName | None = None) -> TypeName:
        return tree.TypeName(span=span, name=name[1], item=item)

    def identifier(self, span: Span, name: Token) -> Identifier:
        return tree.Identifier(span=span, text=name[1])

    # ---- expressions

    def conditional(self, span: Span, then: Expression, condition: Expression, otherwise: Expression) -> Expression:
        return tree.Conditional(span=span, condition=condition, then=then, otherwise=otherwise)

    def binary(self, span: Span, left: Expression, operator: Token, right: Expression) -> Expression:
        return tree.Binary(span=span, operator=operator[1], left=left, right=right)

    def contains(self, span: Span, left: Expression, right: Expression) -> Expression:
        return tree.Binary(span=span, operator="in", left=left, right=right)

    def not_in(self, span: Span, left: Expression, _not: Token, right: Expression) -> Expression:
        return tree.Unary(span=span, operator="not", operand=self.contains(span, left, right))

    def unary(self, span: Span, operator: Token, operand: Expression) -> Expression:
        return tree.Unary(span=span, operator=operator[1], operand=operand)

    def range(self, span: Span, low: Expression, high: Expression) -> Expression:
        return tree.RangeLiteral(span=span, low=low, high=high)

    def attribute(self, span: Span, target: Expression, name: Identifier) -> Expression:
        return tree.Attribute(span=span, target=target, name=name)

    def index(self, span: Span, target: Expression, index: Expression) -> Expression:
        return tree.Index(span=span, target=target, index=index)

    def call(self, span: Span, function: Expression, arguments: Iterable[tree.Argument] = ()) -> Expression:
        return tree.Call(span=span, function=function, arguments=tuple(arguments))

    def call_generator(self, span: Span, function: Expression, argument: tree.Argument) -> Expression:
        return self.call(span, function, (argument,))

    def generated(self, span: Span, element: Expression, generator: Generator) -> tree.Argument:
        return tree.Argument(span=span, name=None, value=self.comprehension(span, element, generator))

    def argument(self, span: Span, value: Expression) -> tree.Argument:
        return tree.Argument(span=span, name=None, value=value)

    def named_argument(self, span: Span, name: Identifier, value: Expression) -> tree.Argument:
        return tree.Argument(span=span, name=name, value=value)

    def generator(
        self, span: Span, variable: Identifier, iterable: Expression, condition: Expression | None = None
    ) -> Generator:
        return Generator(variable=variable, iterable=iterable, condition=condition)

    def comprehension(self, span: Span, element: Expression, generator: Generator) -> Expression:
        return tree.Comprehension(
            span=span,
            element=element,
            variable=generator.variable,
            iterable=generator.iterable,
            condition=generator.condition,
        )

    def list(self, span: Span, items: Iterable[Expression] = ()) -> Expression:
        return tree.ListLiteral(span=span, items=tuple(items))

    def map(self, span: Span, entries: Iterable[tree.Entry] = ()) -> Expression:
        return tree.MapLiteral(span=span, entries=tuple(entries))

    def entry(self, span: Span, key: Identifier | tree.String, value: Expression) -> tree.Entry:
        return tree.Entry(span=span, key=key, value=value)

    def parenthesised(self, span: Span, item: Any) -> Any:
        self.parentheses.append(span)
        return item

    def reference(self, span: Span, name: Token) -> Expression:
        return tree.Name(span=span, text=name[1])

    def boolean(self, span: Span, word: Token) -> Expression:
        return tree.Boolean(span=span, value=word[1] == "true")

    def number(self, span: Span, number: Token) -> Expression:
        return tree.Number(span=span, value=_value(number[1]))

    def bad_number(self, span: Span, number: Token) -> Expression:
        return tree.Broken(span=span, parts=())

    def quantity(self, span: Span, quantity: Token) -> Expression:
        unit = quantity[1].lstrip("0123456789_.")
        return tree.Quantity(span=span, number=_value(quantity[1].removesuffix(unit)), unit=unit)

    def string(self, span: Span, string: Token) -> tree.String:
        return tree.String(span=span, parts=self.strings.parts(string[1], string[2]))

    def half_string(self, span: Span, string: Token) -> tree.String:
        end = Span(span.source, span.end, span.end)
        return tree.String(span=span, parts=(*self.strings.half(string[1], string[2]), tree.Broken(span=end, parts=())))


def _word(span: Span, token: Token) -> tree.Word:
    return tree.Word(span=Span(span.source, token[2], token[2] + len(token[1])), text=token[1])


def _value(text: str) -> int | float:
    digits = text.replace("_", "")
    return float(digits) if "." in digits else int(digits)
