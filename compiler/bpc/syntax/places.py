"""Where a setting stands, for who knows only its block: asked where a mistake is reported, and by nobody else."""

from __future__ import annotations

import functools

from bpc.record import fields
from bpc.syntax import parse
from bpc.syntax.tree import Block, Node, Setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.source import Source, Span
    from bpc.syntax.tree import File


def setting(block: Span, name: str) -> Span:
    """The value of a setting, of the block that has this place or whose label has it; the place itself where it is not said there."""
    for found in _blocks(_tree(block.source)):
        if (found.span if found.label is None else found.label.span) == block:
            values = [item.value.span for item in found.body if isinstance(item, Setting) and item.name.text == name]
            return values[0] if values else block
    return block


@functools.lru_cache(1)
def _tree(source: Source) -> File:
    return parse(source)[0]


def _blocks(file: File) -> Iterator[Block]:
    waiting: list[Node] = [file]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Block):
            yield node
        for _, value in fields(node):
            waiting += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Node)]
