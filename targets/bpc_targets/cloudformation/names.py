"""Logical ids: `Kind` and the declared names, alphanumeric as CloudFormation wants them, and never two things under one id.

Each part begins with a capital, but a small q, which stays: `logical("Instance", "app", 0)` is InstanceAppX0. Within a part `_a` becomes `A`; what else is
no small letter or digit is written with Q. Between parts stands X. So an id can be read back, and an edit elsewhere changes none.
"""

from __future__ import annotations

BETWEEN = "X"


def logical(kind: str, *parts: str | int) -> str:
    """The id of a thing by its kind and declared names; a member's number is a part of its own."""
    return kind + BETWEEN.join(str(part) if isinstance(part, int) else encoded(part) for part in parts)


def encoded(name: str) -> str:
    """A declared name as one part of an id."""
    made = []
    rest = iter(range(len(name)))
    for index in rest:
        char, after = name[index], name[index + 1 : index + 2]
        if char == "_" and index and "a" <= after <= "z" and after not in "qx":
            made.append(after.upper())
            next(rest)
        elif char.islower() and not index and char != "q":  # Q is the escape: `qa` must not be `A`
            made.append(char.upper())
        elif char.islower() or char.isdigit():
            made.append(char)
        else:
            made.append({"_": "Q0", "-": "Q1"}.get(char) or f"Q{char.lower()}")
    return "".join(made)
