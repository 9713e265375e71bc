"""Jinja's messages in our words, with what was meant. Loaded at a template's first mistake."""

from __future__ import annotations

import re

from bpc.diagnostics.base import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNDEFINED = re.compile(r"'([^']*)' is undefined$")
NO_ATTRIBUTE = re.compile(r"'[^']*' object has no attribute '([^']*)'$")
NOT_NAMED = re.compile(r"No (filter|test) named '([^']*)'\.?$")
TAG = re.compile(r"Encountered unknown tag '([^']*)'\.?")
SHOWN = 10
"""Names that a hint lists at most."""


def said_and_meant(problem: str, names: tuple[str, ...] | None, environment: Any) -> tuple[str, str]:
    """(the message, a hint) for what Jinja says; `names` are those that the template sees, None where that is not known."""
    found = UNDEFINED.search(problem)
    if found:
        return f'"{found[1]}" is not defined', _name(found[1], names)
    found = NO_ATTRIBUTE.search(problem)
    if found:
        return f'there is no attribute "{found[1]}"', ""
    found = NOT_NAMED.match(problem)
    if found:
        known = environment.filters if found[1] == "filter" else environment.tests
        return f'there is no {found[1]} "{found[2]}"', did_you_mean(
            found[2], [n for n in known if not n.startswith("_")]
        )
    found = TAG.match(problem)
    if found:
        return f'there is no tag "{found[1]}"', did_you_mean(
            found[1], ("if", "elif", "else", "endif", "for", "endfor", "set", "macro", "endmacro")
        )
    return problem, ""


def _name(name: str, names: tuple[str, ...] | None) -> str:
    if names is None:
        return ""
    near = did_you_mean(name, names)
    if near:
        return near
    if not names:
        return f"the image has no params: declare `param {name}: string` in it, and pass the value in the tier"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"a template sees the params and lets of its image: {', '.join(sorted(names)[:SHOWN])}{more}"
