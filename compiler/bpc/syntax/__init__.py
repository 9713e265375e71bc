"""Text to tree. The grammar stands in grammar/blueprint.lark; `_tables.py` is made from it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source
    from bpc.syntax.tree import Expression, File


def parse(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """The tree of a blueprint, and what is wrong with it, in the order of the text. Statements with mistakes are left out."""
    from bpc.syntax.parser import parse_file

    return parse_file(source)


def parse_expression(source: Source) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """The tree of a text that is one expression; None where it is none."""
    from bpc.syntax.parser import parse_value

    return parse_value(source)
