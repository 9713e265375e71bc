"""The methods of texts, lists and maps that a template may call."""

from __future__ import annotations

from typing import Any

from bpc.lower.shown import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.lower.jinja import Bounded

METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        [
            "capitalize",
            "casefold",
            "center",
            "count",
            "endswith",
            "find",
            "index",
            "isalnum",
            "isalpha",
            "isascii",
            "isdecimal",
            "isdigit",
            "isidentifier",
            "islower",
            "isnumeric",
            "isprintable",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rindex",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "upper",
            "zfill",
        ]
    ),
    dict: frozenset(["items", "keys", "values", "get"]),
    list: frozenset(["index", "count"]),
    tuple: frozenset(["index", "count"]),
}
PADS = frozenset(["center", "ljust", "rjust", "zfill"])
SPLITS = frozenset(["split", "rsplit", "splitlines"])


class Method:
    """A method of a value, to be called."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name

    def called(self, environment: Bounded, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        budget = environment.budget
        if isinstance(self.owner, dict):
            looked_at: tuple[Any, ...] = args[:1]  # a default of `get` is handed on, and its values are not looked at
        else:
            looked_at = (self.owner, args, kwargs)
        for value in looked_at:
            found = holds(value)
            if found is not None:
                found._decide()
        for value in (self.owner, args, kwargs):
            budget.value(value)
        if isinstance(self.owner, str):
            budget.bytes(_room(self.owner, self.name, args))
            budget.steps(len(self.owner) // 2 if self.name in SPLITS else 0)
        made = getattr(self.owner, self.name)(*args, **kwargs)
        if self.name in ("items", "keys", "values"):
            made = list(made)
        budget.value(made)
        return made


def _room(text: str, name: str, args: tuple[Any, ...]) -> int:
    """Bytes of what a method makes, where they are not those of its arguments."""
    if name in PADS and args and isinstance(args[0], int):
        return max(args[0], 0)
    if name == "replace" and len(args) > 1 and all(isinstance(arg, str) for arg in args[:2]):
        return replaced(text, args[0], args[1])
    if name == "join" and args and isinstance(args[0], str | list | tuple | dict):
        return len(text) * len(args[0])
    return 0


def replaced(text: str, old: str, new: str) -> int:
    """Characters that a replacement adds at most."""
    return (text.count(old) if old else len(text) + 1) * len(new) * (1 if new.isascii() else 4)
