"""Small mistakes in a module's syntax tree: each `Mutant` is one that a programmer could make."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant:
    """One change: the line it is at, what it is in words, and the function that makes it in the tree."""

    def __init__(self, line: int, function: str, says: str, make: Callable[[], None]) -> None:
        self.line, self.function, self.says, self.make = line, function, says, make


def mutants(tree: ast.Module) -> list[Mutant]:
    """All mutants of a module, in the order of its text. The same source gives the same ones."""
    found: list[Mutant] = []
    for statement in tree.body:
        _visit(statement, statement, "", found)
    return found


def _visit(node: ast.AST, parent: ast.AST, function: str, found: list[Mutant]) -> None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    if _skipped(node):
        return
    for says, make in _changes(node):
        found.append(Mutant(getattr(node, "lineno", getattr(parent, "lineno", 0)), function, says, make))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment", "decorator_list", "type_params"):
            continue
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, ast.AST):
                _visit(item, node, function, found)


def _skipped(node: ast.AST) -> bool:
    """What does nothing when the program runs, or is said in words: imports, docstrings, assertions, what types are."""
    if (
        isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | ast.AnnAssign)
        and getattr(node, "value", None) is None
    ):
        return True
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    return (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "TYPE_CHECKING"
    )


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare(ops=ops):
            for index, operator in enumerate(ops):
                for other in COMPARISONS[type(operator)]:
                    yield f"{_name(operator)} becomes {other.__name__}", _setter(ops, index, other())
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield f"{_name(operator)} becomes {_name(other)}", _attribute(node, "op", other)
            for index in range(len(values)):
                rest = _becomes(node, values[1 - index]) if len(values) == 2 else _remover(values, index)
                yield f"without operand {index} of {_name(operator)}", rest
        case ast.BinOp(op=operator):
            for kind in ARITHMETIC.get(type(operator), ()):
                yield f"{_name(operator)} becomes {kind.__name__}", _attribute(node, "op", kind())
            if isinstance(operator, ORDERED):
                yield f"sides of {_name(operator)} swapped", _swapper(node)
        case ast.UnaryOp(op=operator, operand=operand):
            yield f"without {_name(operator)}", _becomes(node, operand)
        case ast.Constant(value=bool() as value):
            yield f"{value} becomes {not value}", _attribute(node, "value", not value)
        case ast.Constant(value=int() | float() as value):
            yield f"{value} becomes {value + 1}", _attribute(node, "value", value + 1)
        case ast.Constant(value=str() as value):
            yield f"{value!r} becomes another text", _attribute(node, "value", "mutated")
        case ast.If() | ast.IfExp() | ast.While():
            for value in (True, False):
                yield f"condition is {value}", _attribute(node, "test", ast.Constant(value))
        case ast.Return(value=ast.AST() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returns None", _attribute(node, "value", ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue():
            yield f"without this {type(node).__name__}", _becomes(node, ast.Pass())
        case ast.Call(func=function, args=arguments):
            if isinstance(function, ast.Name) and function.id in NAMES:
                yield f"{function.id} becomes {NAMES[function.id]}", _attribute(function, "id", NAMES[function.id])
            plain = not any(isinstance(item, ast.Starred) for item in arguments[:2])
            if len(arguments) >= 2 and plain and getattr(function, "id", "") != "isinstance":
                yield "first two arguments swapped", _swapped(arguments)
        case ast.comprehension(ifs=[_, *_] as conditions):
            yield "without the comprehension's condition", _attribute(node, "ifs", conditions[1:])
        case ast.Match(cases=cases):
            for index in range(len(cases) - 1):
                yield f"without case {index}", _remover(cases, index)
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            for index in range(len(keys)):
                yield f"without entry {index}", _both(_remover(keys, index), _remover(values, index))
        case ast.Tuple(elts=items) | ast.List(elts=items) if len(items) > 1 and isinstance(node.ctx, ast.Load):
            for index in range(len(items)):
                yield f"without item {index}", _remover(items, index)


def _name(node: ast.AST) -> str:
    return type(node).__name__


def _setter(items: list[ast.cmpop], index: int, value: ast.cmpop) -> Callable[[], None]:
    return lambda: items.__setitem__(index, value)


def _remover(items: list[ast.expr], index: int) -> Callable[[], None]:
    return lambda: items.__delitem__(index)


def _attribute(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _both(one: Callable[[], None], two: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        one()
        two()

    return both


def _swapper(node: ast.BinOp) -> Callable[[], None]:
    def swap() -> None:
        node.left, node.right = node.right, node.left

    return swap


def _swapped(items: list[ast.expr]) -> Callable[[], None]:
    def swap() -> None:
        items[0], items[1] = items[1], items[0]

    return swap


def _becomes(node: ast.AST, other: ast.AST) -> Callable[[], None]:
    """Makes a node to another one in place, whoever holds it."""

    def become() -> None:
        fields = dict(ast.iter_fields(other))
        node.__class__ = type(other)  # type: ignore[assignment]
        node.__dict__.update(fields)

    return become
