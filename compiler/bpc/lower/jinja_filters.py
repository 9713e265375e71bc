"""Filters and tests of templates: a deploy-time value is refused, unless a filter is known to be right for it.

Jinja's own are kept where what they give depends on nothing but their arguments, and where what they cost can be told
beforehand. What they give lazily is made a list, so that a generator can neither be written nor run later.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from jinja2.filters import FILTERS, do_indent
from jinja2.runtime import Undefined
from jinja2.tests import TESTS as JINJAS_TESTS
from jinja2.utils import _PassArg

from bpc.language.functions import quote
from bpc.language.values import Deferred
from bpc.lower.jinja_methods import replaced
from bpc.lower.shown import Held, HostList, Opaque, holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.lower.jinja import Bounded

EACH = "for each"
"""The filter that counts the steps of loops and macros; no template can spell its name."""
STRUCTURAL = frozenset(
    [
        "batch",
        "count",
        "dictsort",
        "first",
        "groupby",
        "items",
        "last",
        "length",
        "list",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "reverse",
        "select",
        "selectattr",
        "slice",
        "sort",
        "unique",
    ]
)
"""Filters that arrange items without looking into them; where they do look, the deploy-time value itself refuses."""
SCALAR = frozenset(
    [
        "abs",
        "capitalize",
        "e",
        "escape",
        "filesizeformat",
        "float",
        "int",
        "lower",
        "replace",
        "round",
        "safe",
        "string",
        "sum",
        "title",
        "tojson",
        "trim",
        "truncate",
        "upper",
        "urlencode",
        "wordcount",
    ]
)
TESTS = frozenset(
    [
        "odd",
        "even",
        "divisibleby",
        "defined",
        "undefined",
        "none",
        "boolean",
        "false",
        "true",
        "integer",
        "float",
        "lower",
        "upper",
        "string",
        "mapping",
        "number",
        "sequence",
        "iterable",
        "in",
        "==",
        "eq",
        "equalto",
        "!=",
        "ne",
        ">",
        "gt",
        "greaterthan",
        "ge",
        ">=",
        "<",
        "lt",
        "lessthan",
        "<=",
        "le",
    ]
)
ABOUT_ANY = frozenset(["defined", "undefined", "none"])
"""Tests that do not look at the value."""
DIGITS = 30
"""Digits that a number may be rounded to."""


def filters(environment: Bounded) -> dict[str, Callable[..., Any]]:
    """All filters by name."""
    made = {name: _guarded(environment, name, FILTERS[name]) for name in (*STRUCTURAL, *SCALAR)}
    own = Own(environment)
    return {
        **made,
        "join": own.join,
        "default": own.default,
        "d": own.default,
        "indent": own.indent,
        "quote": own.quote,
        EACH: own.each,
    }


def tests(environment: Bounded) -> dict[str, Callable[..., Any]]:
    """All tests by name."""
    jinjas: dict[str, Any] = {**JINJAS_TESTS}
    return {name: _guarded(environment, name, jinjas[name], test=True) for name in TESTS}


def _guarded(
    environment: Bounded, name: str, function: Callable[..., Any], *, test: bool = False
) -> Callable[..., Any]:
    """A filter or test of Jinja that refuses deploy-time values, is paid for, and gives nothing lazily."""
    skipped = 0 if _PassArg.from_obj(function) is None else 1

    @wraps(function)  # with the mark that says what Jinja passes first
    def guarded(*args: Any, **kwargs: Any) -> Any:
        given = (*args[skipped:], *kwargs.values())
        if not (test and name in ABOUT_ANY):
            for value in given:
                _look(name, value, deep=test or name not in STRUCTURAL)
        _pay(environment, name, given, kwargs)
        made = function(*args, **kwargs)
        if not isinstance(made, str | int | float | list | tuple | dict | Opaque | Undefined | None):
            made = list(environment.each(made))
        environment.budget.value(made)
        return made

    return guarded


def _look(name: str, value: Any, *, deep: bool) -> None:
    """Refuses a value that cannot be looked at; the list of a tier's members may be arranged."""
    if isinstance(value, HostList) and not deep:
        return
    found = holds(value) if deep or isinstance(value, Opaque) else None
    if found is not None:
        raise ValueError(f'"{name}" cannot be used here: {found._problem()}')


def _pay(environment: Bounded, name: str, given: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Charges for what a filter goes through, and what it makes beyond its arguments. Raises ValueError."""
    budget = environment.budget
    budget.steps(5)
    for value in given:
        budget.value(value)
        if isinstance(value, str) and name in STRUCTURAL:
            budget.steps(len(value))  # each character is an item
    whole = [value for value in given[1:] if isinstance(value, int)]
    if name in ("batch", "slice"):
        budget.steps(max([0, *whole]))
    elif name == "round" and any(abs(value) > DIGITS for value in whole):
        raise ValueError(f"a number is rounded to at most {DIGITS} digits")
    elif name == "tojson" and any(not 0 <= value <= DIGITS for value in whole):
        raise ValueError(f"JSON is indented by at most {DIGITS} spaces")
    elif name == "replace" and len(given) > 2 and all(isinstance(value, str) for value in given[1:3]):
        budget.bytes(replaced(str(given[0]), given[1], given[2]))
    elif name == "sum" and any(isinstance(value, list | tuple) for value in given[1:]):
        raise ValueError("sum adds numbers")
    elif name in ("wordcount", "title", "truncate", "urlencode", "tojson") and given and isinstance(given[0], str):
        budget.steps(len(given[0]))


class Own:
    """The filters that are ours."""

    def __init__(self, environment: Bounded) -> None:
        self.environment = environment

    def join(self, value: Any, d: Any = "", attribute: Any = None) -> Any:
        _look("join", d, deep=True)
        if isinstance(value, HostList):
            return value.joined(str(d))
        if isinstance(value, Opaque):
            value._decide()
        environment, separator = self.environment, str(d)
        items = list(environment.each(value))
        if attribute is not None:
            for part in str(attribute).split("."):
                items = [environment.getitem(item, int(part) if part.isdecimal() else part) for item in items]
        pieces = [environment.shown(item) for item in items]
        return environment.glued([piece for item in pieces for piece in (separator, item)][1:])

    def default(self, value: Any, default_value: Any = "", boolean: bool = False) -> Any:
        if isinstance(value, Undefined):
            return default_value
        return default_value if boolean and not value else value

    def indent(self, s: Any, width: Any = 4, first: bool = False, blank: bool = False) -> Any:
        """Only what is known now: a deploy-time value may have several lines, and each would need its indent."""
        _look("indent", s, deep=True)
        if not isinstance(s, str):
            raise ValueError("indent is for texts")
        lines = len(s.splitlines()) + 1
        self.environment.budget.bytes(4 * lines * (len(width) if isinstance(width, str) else int(width)))
        self.environment.budget.steps(lines)
        return do_indent(s, width, first, blank)

    def quote(self, value: Any) -> Any:
        """One word of a shell, also where the value is known only when the stack runs."""
        shown = self.environment.shown(value)
        if isinstance(shown, str):
            self.environment.budget.bytes(4 * len(shown))
            return quote(shown)
        made = quote(shown.deferred)
        return Held(made) if isinstance(made, Deferred) else made

    def each(self, value: Any, cost: int = 0) -> Any:
        """What `_parse` puts around the iterable of a loop, and at the beginning of a macro or block."""
        if cost:
            return self.environment.each(value, cost)
        self.environment.budget.steps(value)
        return None
