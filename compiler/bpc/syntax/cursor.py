"""What an editor asks the tree: what stands at a place of the text, also of one that is being written.

A cursor stands between two characters and touches what ends or begins there. Where the text is not complete, the
blanks behind it belong to what is missing (`let x = |` is in the `Broken` of the value), and the lines behind a bracket
that nothing closes belong to its inside.
"""

from __future__ import annotations

import re

from bpc.record import fields
from bpc.syntax.tree import Block, Broken, Call, Comprehension, For, Index, ListLiteral, MapLiteral, Node, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.syntax.tree import File

_REST_OF_LINE = re.compile(r"[ \t\r]*")
_TO_NEXT_TOKEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")


def node_at(file: File, offset: int) -> tuple[Node, ...]:
    """The nodes around a place of the text, from the file to the innermost; words in a `Broken` are its parts only."""
    path: list[Node] = [file]
    while (inner := _touched(path[-1], offset)) is not None:
        path.append(inner)
    return tuple(path)


def _touched(node: Node, offset: int) -> Node | None:
    """The part of a node at a place: one that has text, where there is one."""
    touched = [part for part in _parts(node) if _start(part) <= offset <= _reach(part, offset)]
    return max(
        touched,
        key=lambda part: (_start(part) <= offset <= part.span.end, part.span.end > part.span.start),
        default=None,
    )


def _parts(node: Node) -> Iterator[Node]:
    for name, value in fields(node):
        if name != "span":
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Node) and not isinstance(part, Word):
                    yield part


def _start(node: Node) -> int:
    doc = getattr(node, "doc_span", None)
    return node.span.start if doc is None else int(doc.start)


def _reach(node: Node, offset: int) -> int:
    """How far a node reaches: beyond its end where something is missing there."""
    if offset <= node.span.end or not _is_open(node):
        return node.span.end
    pattern = _TO_NEXT_TOKEN if _lacks_closer(node) else _REST_OF_LINE
    match = pattern.match(node.span.source.text, node.span.end)
    return match.end() if match else node.span.end


def _last(node: Node) -> Node | None:
    """The part that ends where the node ends."""
    ending = [part for part in _parts(node) if part.span.end == node.span.end]
    return ending[-1] if ending else None


def _is_open(node: Node) -> bool:
    """Whether something is missing at the end of a node."""
    last = _last(node)
    return isinstance(node, Broken) or (last is not None and _is_open(last))


def _lacks_closer(node: Node) -> bool:
    """Whether a bracket is not closed that ends the node, or a part at its end."""
    last = _last(node)
    if last is None:
        return False
    if isinstance(node, Block | For):
        head = node.iterable if isinstance(node, For) else node.label
        begin = node.span.start if head is None else head.span.end
        body = node.span.source.text[begin : node.body[0].span.start if node.body else begin]
        return "{" in body
    is_bracket = isinstance(node, Call | ListLiteral | MapLiteral | Comprehension | Index)
    return (is_bracket and _is_open(last)) or _lacks_closer(last)
