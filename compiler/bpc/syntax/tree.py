"""The syntax tree: what the text says, before any name means anything.

Expressions and statements are two closed unions (`Expression`, `Statement`). Every node keeps the span that it came from:
from its first token to the end of its last. What a node does not keep as a field stands in the text at its span: how a
number or a string is spelt (`spelling`), and the words and signs between its parts.

Three things stand beside the tree and not in it, so that the stages need not look through them: the places of parentheses
(`File.parentheses`), the places of doc strings (`doc_span`), and comments and blank lines (`bpc.syntax.trivia`, which finds them
in the text when it is asked).

Where the text cannot be read, a diagnostic says so and a `Broken` stands in the tree, with what was read there. Its span has
no width where something is missing: `let x =` is a `Let` whose value is such a `Broken`, and a block that nothing closes
ends in one. A string that is not closed has one as its last part. So whatever holds a `Broken` (`is_broken`) was complained
about already, and the stages leave it out.
"""

from __future__ import annotations

from bpc.record import Record, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.source import Source, Span


class Node(Record):
    """Base of all nodes."""

    span: Span


class Identifier(Node):
    """A name where it is declared, or after a dot."""

    text: str


class Word(Node):
    """A word or sign that joins nothing, in a `Broken`."""

    text: str


class Broken(Node):
    """What could not be read as an expression or a statement; a diagnostic says why.

    The parts are what was read of it, in the order of the text: nodes as far as they were joined, and words. `images.` is the
    name `images` and the word `.`.
    """

    parts: tuple[Node, ...]


# ---- expressions


class Boolean(Node):
    """`true`, `false`."""

    value: bool


class Number(Node):
    """`3` (an int) or `1.5` (a float); `1_000` is 1000."""

    value: int | float


class Quantity(Node):
    """A number with its unit: `20GiB`, `30s`, `60%`."""

    number: int | float
    unit: str


class String(Node):
    """A string; the parts are texts (escapes resolved, common indent removed) and interpolated expressions."""

    parts: tuple[str | Expression, ...]


class Name(Node):
    """A name that is used."""

    text: str


class Attribute(Node):
    """`target.name`."""

    target: Expression
    name: Identifier


class Index(Node):
    """`target[index]`."""

    target: Expression
    index: Expression


class Argument(Node):
    """`value` or `name = value` in a call."""

    name: Identifier | None
    value: Expression


class Call(Node):
    """`function(arguments)`: a function of the language, or an image template."""

    function: Expression
    arguments: tuple[Argument, ...]


class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Expression, ...]


class Entry(Node):
    """`key = value` in a map; the key is a name or a string."""

    key: Identifier | String
    value: Expression


class MapLiteral(Node):
    """`{ a = 1, "b c" = 2 }`."""

    entries: tuple[Entry, ...]


class Comprehension(Node):
    """`[element for variable in iterable if condition]`."""

    element: Expression
    variable: Identifier
    iterable: Expression
    condition: Expression | None


class Unary(Node):
    """`-a`, `not a`."""

    operator: str
    operand: Expression


class Binary(Node):
    """`a + b` and the other infix operators: `+ - * / % == != < <= > >= in and or`."""

    operator: str
    left: Expression
    right: Expression


class Conditional(Node):
    """`then if condition else otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


class RangeLiteral(Node):
    """`low..high`, both included."""

    low: Expression
    high: Expression


Expression = (
    Boolean
    | Number
    | Quantity
    | String
    | Name
    | Attribute
    | Index
    | Call
    | ListLiteral
    | MapLiteral
    | Comprehension
    | Unary
    | Binary
    | Conditional
    | RangeLiteral
    | Broken
)

# ---- statements


class TypeName(Node):
    """`cidr`, `list(string)`."""

    name: str
    item: TypeName | None = None


class Header(Node):
    """`blueprint 1`, the first line of a file; it is no statement of the tree."""

    edition: str


class Import(Node):
    """`import "images.bp" as images`."""

    path: String
    alias: Identifier


class Parameter(Node):
    """`param name: type = default { constraints }`, in a solution (asked for at deployment) or in an image template (an argument)."""

    name: Identifier
    type: TypeName
    default: Expression | None
    body: tuple[Statement, ...] = ()
    doc: str = ""
    doc_span: Span | None = None


class Let(Node):
    """`let name = value`."""

    name: Identifier
    value: Expression
    doc: str = ""
    doc_span: Span | None = None


class Setting(Node):
    """`name = value`."""

    name: Identifier
    value: Expression


class Block(Node):
    """`keyword label { body }`: everything that is declared with a body.

    `keyword` is one of `solution tier network secret image machine scale expose volume update environment file artifact
    run repository service user configure`. The label is a name or a string where the keyword takes one; the body is empty where it was left out.
    """

    keyword: str
    label: Identifier | String | None
    body: tuple[Statement, ...]
    doc: str = ""
    doc_span: Span | None = None


class Allow(Node):
    """`allow endpoint from source`, in a tier."""

    endpoint: Identifier
    origin: Expression


class Connect(Node):
    """`connect endpoint`, in a tier."""

    endpoint: Expression


class Output(Node):
    """`output name = value`."""

    name: Identifier
    value: Expression
    doc: str = ""
    doc_span: Span | None = None


class For(Node):
    """`for variable in iterable { statements }`."""

    variable: Identifier
    iterable: Expression
    body: tuple[Statement, ...]


class Reserved(Node):
    """A construct of the language's design that this edition's compiler does not do: `cloud place policy`."""

    keyword: str
    parts: tuple[Node, ...] = ()


Statement = Import | Parameter | Let | Setting | Block | Allow | Connect | Output | For | Reserved | Broken


class File(Node):
    """One blueprint file. `edition` is None where the header is missing or wrong (a diagnostic says so).

    `parentheses` are the places of `(`…`)` around expressions, an inner pair before the one around it.
    """

    source: Source
    edition: int | None
    header: Header | None
    statements: tuple[Statement, ...]
    parentheses: tuple[Span, ...] = ()


def spelling(node: Node) -> str:
    """A node as the text has it: `1_000`, `0.50`, a string with its quotes and escapes."""
    return node.span.source.text[node.span.start : node.span.end]


def is_broken(root: Node) -> bool:
    """Whether there is something in a node that could not be read."""
    return any(isinstance(node, Broken) for node in nodes(root))


def type_text(node: TypeName) -> str:
    """A type as the vocabulary writes it."""
    return node.name if node.item is None else f"{node.name}({type_text(node.item)})"


def label_text(block: Block) -> str:
    """A label that is a name or a plain string, as text; an interpolated one has none."""
    label = block.label
    if isinstance(label, String):
        return "".join(part for part in label.parts if isinstance(part, str))
    return label.text if label is not None else ""


def merge_key(statement: Statement) -> tuple[str, str] | None:
    """What an environment merges a statement of a block by: a setting by its name, a block by its keyword and label.

    A block without a label has the key of a setting: of `ready` and `health` one takes the other's place.
    """
    if isinstance(statement, Setting):
        return ("", statement.name.text)
    if not isinstance(statement, Block):
        return None
    return ("", statement.keyword) if statement.label is None else (statement.keyword, label_text(statement))


def nodes(root: Node) -> Iterator[Node]:
    """A node and all that it is made of, in the order of the text. Iterative: expressions may be deep."""
    waiting: list[object] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            waiting.extend(reversed(item))
        elif isinstance(item, Node):
            yield item
            waiting.extend(reversed([value for name, value in fields(item) if name != "span"]))
