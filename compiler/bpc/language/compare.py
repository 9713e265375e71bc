"""When two values are the same, and which can be put in order. `int` and `number` are one kind here: `1 == 1.0`."""

from __future__ import annotations

from bpc.language.values import Deferred, Value, type_name

NUMBERS = ("int", "number")


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal, types included: `1` is neither `true` nor `1%`, also inside lists and maps."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return alike(left, right) and left == right


def alike(left: Value, right: Value) -> bool:
    """Whether two values are of one type, or both plain numbers."""
    one, other = type_name(left), type_name(right)
    return one == other or (one in NUMBERS and other in NUMBERS)


def less(left: Value, right: Value) -> bool:
    """Whether the first comes before the second. Raises TypeError where their types have no order."""
    if not alike(left, right) or isinstance(left, bool) or not isinstance(left, int | float | str):
        raise TypeError
    return left < right  # type: ignore[operator]


def unknown(value: Value) -> Deferred | None:
    """A deploy-time value that a comparison would have to look at, also inside a list or map."""
    if isinstance(value, Deferred):
        return value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return next((found for item in inside if (found := unknown(item)) is not None), None)
