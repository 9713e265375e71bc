"""Blueprints rewritten so that they must mean the same: parts of expressions pulled out into `let`s, and `let`s written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bpc.resolve.program import label_identifier
from bpc.source import Source
from bpc.syntax import parse
from bpc.syntax.tree import (
    Block,
    Call,
    Comprehension,
    Entry,
    Expression,
    For,
    Let,
    Name,
    Node,
    Parameter,
    Setting,
    String,
)
from bpc.vocabulary import BLOCKS, FUNCTIONS, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Names = frozenset[str]


class Part:
    """An expression in its blueprint: where it stands, and where a `let` for it may stand (offsets, the innermost last)."""

    def __init__(self, node: Expression, homes: list[int]) -> None:
        self.start, self.end, self.homes, self.node = node.span.start, node.span.end, homes, node


class Level:
    """A place where names are declared: the file, the solution or an image. `at` is where its first statement may stand."""

    def __init__(self, at: int, names: Names) -> None:
        self.at, self.names = at, names


def pulled(text: str, choose: Callable[[int], int], number: int) -> str | None:
    """The blueprint with one part of an expression named by a new `let`; None where it has none."""
    parts = list(parts_of(text))
    if not parts:
        return None
    part = parts[choose(len(parts))]
    home = part.homes[choose(len(part.homes))]
    name = f"named{number}"
    changed = f"{text[: part.start]}{name}{text[part.end :]}"
    return f"{changed[:home]}\nlet {name} = ({text[part.start : part.end]})\n{changed[home:]}"


def parts_of(text: str) -> Iterator[Part]:
    """All parts of expressions that may be named: whose names are those of a whole file, solution or image."""
    file, found = parse(Source("solution.bp", text))
    assert not found, found
    aliases = frozenset(s.alias.text for s in file.statements if hasattr(s, "alias"))
    outer = Level(text.index("\n") + 1, aliases | declared(file.statements))
    for statement in file.statements:
        yield from statement_parts(statement, text, [outer], frozenset(), "file scope")


def declared(statements: tuple[Node, ...]) -> Names:
    return frozenset(
        getattr(label_identifier(s) if isinstance(s, Block) else s.name, "text", "")
        for s in statements
        if isinstance(s, Let | Parameter | Block)
    )


def statement_parts(node: Node, text: str, levels: list[Level], hidden: Names, keyword: str) -> Iterator[Part]:
    """The parts in a statement. `hidden` are names of loops around it, which no `let` of a level can use."""
    match node:
        case Block():
            if isinstance(node.label, String):
                for part in node.label.parts:
                    if not isinstance(part, str):
                        yield from expression_parts(part, levels, hidden)
            if node.keyword in ("solution", "image"):
                levels = [*levels, Level(opening(node, text), declared(node.body))]
            for statement in node.body:
                yield from statement_parts(statement, text, levels, hidden, node.keyword)
        case For():
            yield from expression_parts(node.iterable, levels, hidden)
            for statement in node.body:
                yield from statement_parts(statement, text, levels, hidden | {node.variable.text}, keyword)
        case Setting():
            kind = BLOCKS[keyword].settings[node.name.text].type
            # a bare name there is a word of the vocabulary, or names the image also where a tier has its name
            # and in a list of names, each names an endpoint of the tier
            bare = isinstance(node.value, Name) and (words(kind) or "image" in kind)
            if not bare and kind != "list(name)":
                yield from expression_parts(node.value, levels, hidden)
        case Parameter():
            if node.default is not None:  # of an image, it is evaluated in its file
                yield from expression_parts(node.default, levels[:1], hidden)
        case _:
            for field in ("value", "endpoint", "origin"):
                value = getattr(node, field, None)
                if isinstance(value, Expression):
                    yield from expression_parts(value, levels, hidden)


def opening(node: Block, text: str) -> int:
    start = node.span.start if node.label is None else node.label.span.end
    return text.index("{", start) + 1


def expression_parts(node: Expression, levels: list[Level], hidden: Names) -> Iterator[Part]:
    """The expression itself, where a `let` can stand for it, and all expressions inside."""
    homes = homes_of(node, levels, hidden)
    if homes:
        yield Part(node, homes)
    if isinstance(node, Comprehension):
        yield from expression_parts(node.iterable, levels, hidden)
        inside = hidden | {node.variable.text}
        for inner in (node.element, *(() if node.condition is None else (node.condition,))):
            yield from expression_parts(inner, levels, inside)
        return
    for inner in children(node):
        yield from expression_parts(inner, levels, hidden)


def children(node: Node) -> Iterator[Expression]:
    """The expressions directly inside: not what is called, nor the imported file before a dot, nor the keys of a map."""
    if isinstance(node, Call):
        yield from (argument.value for argument in node.arguments)
    elif isinstance(node, Entry):
        yield node.value
    else:
        for name in type(node)._fields:
            value = getattr(node, name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Entry):
                    yield from children(item)
                elif isinstance(item, Expression):
                    yield item


def homes_of(node: Expression, levels: list[Level], hidden: Names) -> list[int]:
    """Where a `let` for the expression may stand: at a level from which all its names mean the same."""
    names = free(node)
    if names & hidden:
        return []
    homes = []
    for level in range(len(levels) - 1, -1, -1):
        homes.append(levels[level].at)
        if names & levels[level].names:
            break
    return homes


def free(node: Node, bound: Names = frozenset()) -> Names:
    """The names that an expression uses and does not declare itself."""
    if isinstance(node, Name):
        return frozenset() if node.text in bound or node.text in FUNCTIONS else frozenset([node.text])
    if isinstance(node, Comprehension):
        inside = bound | {node.variable.text}
        parts = [node.element, *(() if node.condition is None else (node.condition,))]
        return free(node.iterable, bound).union(*(free(part, inside) for part in parts))
    called = [node.function] if isinstance(node, Call) else []
    keys = [e.key for e in getattr(node, "entries", ()) if isinstance(e.key, String)]
    if isinstance(node, Call) and isinstance(node.function, Name) and node.function.text == "tier":
        return frozenset(["tier()"]).union(*(free(part, bound) for part in children(node)))
    return frozenset().union(*(free(part, bound) for part in (*called, *keys, *children(node))))


# ---- lets written out


def written_out(text: str, choose: Callable[[int], int]) -> str | None:
    """The blueprint with one use of a `let` of its own level replaced by the `let`'s expression; None where there is none."""
    uses = list(uses_of(text))
    if not uses:
        return None
    start, end, value = uses[choose(len(uses))]
    return f"{text[:start]}({value}){text[end:]}"


def uses_of(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, the `let`'s expression) of uses in the solution or image that has the `let`, where it means the same."""
    file, found = parse(Source("solution.bp", text))
    assert not found, found
    for block in file.statements:
        if not isinstance(block, Block):
            continue
        changed = {
            s.name.text
            for e in block.body
            if getattr(e, "keyword", "") == "environment"
            for s in e.body
            if isinstance(s, Let)
        }
        lets = {s.name.text: s.value for s in block.body if isinstance(s, Let) and s.name.text not in changed}
        level = Level(0, declared(block.body))
        for part in statement_parts(block, text, [level], frozenset(), "file scope"):
            node = part.node
            if isinstance(node, Name) and node.text in lets:
                value = lets[node.text].span
                yield part.start, part.end, text[value.start : value.end]
