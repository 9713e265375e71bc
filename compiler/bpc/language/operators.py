"""The operators of the language, and quantities: pure, over evaluated values."""

from __future__ import annotations

from bpc.language.coerce import invalid
from bpc.language.compare import less, same
from bpc.language.functions import LONGEST, as_text, from_text
from bpc.language.types import article
from bpc.language.values import Deferred, Duration, Percent, Size, Value
from bpc.model.values import concat
from bpc.vocabulary import DURATIONS, SIZES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.syntax.tree import Quantity

KEEPS = (Size, Duration, Percent)
TEXTS = ("string", "cidr", "secret")
"""Types of deploy-time values that are texts."""


def quantity(node: Quantity) -> Value:
    """The value of a number with its unit. Raises `EvaluationError`."""
    if node.unit == "%":
        return Percent(node.number)
    scale, kind = (SIZES[node.unit], Size) if node.unit in SIZES else (DURATIONS[node.unit], Duration)
    exact = node.number * scale
    if exact != int(exact):
        raise invalid(
            node.span,
            f"{node.number}{node.unit} is not a whole number of {'bytes' if kind is Size else 'milliseconds'}",
        )
    return kind(int(exact))


def mixed(operator: str, left: str, right: str) -> str:
    """What is wrong with an operator between two types."""
    return f'"{operator}" does not work between {article(left)} and {article(right)}'


def compute(operator: str, left: Value, right: Value) -> Value:
    """An operator on two compile-time values. Raises TypeError where it does not work between their types."""
    match operator:
        case "==":
            return same(left, right)
        case "!=":
            return not same(left, right)
        case "<":
            return less(left, right)
        case "<=":
            return not less(right, left)
        case ">":
            return less(right, left)
        case ">=":
            return not less(left, right)
        case "in":
            return _within(left, right)
        case _:
            return _arithmetic(operator, left, right)


def is_text(value: Value) -> bool:
    """Whether a value is a text, also one that is known only when the stack runs."""
    return isinstance(value, str) or (isinstance(value, Deferred) and value.type in TEXTS)


def _within(item: Value, container: Value) -> bool:
    """Whether a text has a part, a list an item or a map a key."""
    if isinstance(container, tuple):
        return any(same(item, one) for one in container)
    if not isinstance(container, str | dict) or not isinstance(item, str):
        raise TypeError
    return item in container


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    if operator == "+" and is_text(left) and is_text(right):
        return from_text(concat(as_text(left), as_text(right)))
    if operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) + len(right) > LONGEST:
            raise ValueError(f"a list has at most {LONGEST:,} items")
        return left + right
    if isinstance(left, bool) or isinstance(right, bool):
        raise TypeError
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError
    return _number(operator, left, right)


def _number(operator: str, left: int | float, right: int | float) -> Value:
    """Arithmetic keeps units: size + size, size * 3; size / size is a plain number."""
    units = [type(side) for side in (left, right) if isinstance(side, KEEPS)]
    if operator in "+-%" and units and type(left) is not type(right):
        raise TypeError
    if (operator == "*" and len(units) == 2) or (
        operator == "/" and isinstance(right, KEEPS) and type(left) is not type(right)
    ):
        raise TypeError
    if abs(left) > 10**30 or abs(right) > 10**30:
        raise ValueError("the numbers are too large")
    if operator in "/%" and right == 0:
        raise ValueError("division by zero")
    plain: int | float
    match operator:
        case "+":
            plain = left + right
        case "-":
            plain = left - right
        case "*":
            plain = left * right
        case "%":
            plain = left % right
        case _:
            plain = left // right if left % right == 0 else left / right  # whole numbers stay whole, and exact
    if not units or (operator == "/" and len(units) == 2):
        return plain
    return units[0](round(plain) if units[0] is not Percent else plain)
