"""Whether a parameter's value is what its constraints ask for, and both in words."""

from __future__ import annotations

import re

from bpc.vocabulary import literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.solution import Constraints, Param

LONGEST = 4096
"""Characters of a value that a pattern is about: what CloudFormation takes."""
SHOWN = 60
"""Characters of a value that a message shows."""


def broken(value: str | int | float, kind: str, asked: Constraints) -> tuple[str, str, str] | None:
    """The first constraint that a value of a type does not satisfy, by its name, with what was expected and found; None where it satisfies all."""
    found = shown(value, kind)
    if asked.allowed and value not in asked.allowed:
        return "allowed", _allowed(asked, kind), found
    if isinstance(value, str):
        return _text(value, found, asked)
    if asked.least is not None and value < asked.least:
        return "min", _range(asked, kind), found
    if asked.most is not None and value > asked.most:
        return "max", _range(asked, kind), found
    return None


def _text(value: str, found: str, asked: Constraints) -> tuple[str, str, str] | None:
    size = len(value)
    if asked.shortest is not None and size < asked.shortest:
        return "min_length", _length(asked), f"{size:,}"
    if asked.longest is not None and size > asked.longest:
        return "max_length", _length(asked), f"{size:,}"
    if asked.pattern and size > LONGEST:
        return "pattern", f"at most {LONGEST:,} characters", f"{size:,}"
    if asked.pattern and re.fullmatch(asked.pattern, value) is None:
        return "pattern", f"a text that matches {asked.pattern}", found
    return None


def words(kind: str, asked: Constraints) -> str:
    """All that is asked for, for people: `from 1 to 9`, `one of "a" and "b"`."""
    if asked.allowed:
        return _allowed(asked, kind)
    said = [
        _range(asked, kind) if asked.least is not None or asked.most is not None else "",
        _length(asked) if asked.shortest is not None or asked.longest is not None else "",
        f"a text that matches {asked.pattern}" if asked.pattern else "",
    ]
    return ", ".join(filter(None, said))


def told(item: Param) -> str:
    """What a parameter is for and what its value must be, for who gives it."""
    said = item.doc or ("" if item.default is not None else "no default")
    asked = "" if item.constraints is None else words(item.type, item.constraints)
    return "; ".join(filter(None, (said, asked)))


def shown(value: str | int | float, kind: str) -> str:
    """A value as a blueprint would say it, no longer than a line."""
    if isinstance(value, str):
        return f'"{value[:SHOWN]}…"' if len(value) > SHOWN else f'"{value}"'
    return f"{value:.10g}%" if kind == "percent" else literal(value, kind)


def _allowed(asked: Constraints, kind: str) -> str:
    *others, last = (shown(value, kind) for value in asked.allowed)
    return f"one of {', '.join(others)} and {last}" if others else last


def _range(asked: Constraints, kind: str) -> str:
    return _between(*(None if bound is None else shown(bound, kind) for bound in (asked.least, asked.most)))


def _length(asked: Constraints) -> str:
    said = _between(*(None if bound is None else f"{bound:,}" for bound in (asked.shortest, asked.longest)))
    return f"{said} character{'s' * (asked.longest != 1 or asked.shortest not in (None, 1))}"


def _between(least: str | None, most: str | None) -> str:
    if least is None:
        return f"at most {most}"
    if most is None:
        return f"at least {least}"
    return least if least == most else f"from {least} to {most}"
