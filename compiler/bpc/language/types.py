"""The types of the language: a closed union, parsed once from the vocabulary's spelling (`int | list(string)`).

What is not known of an expression is `Unknown`, which fits everywhere: the type checker reports only what is wrong
whatever the values are, and what it could not know is judged when the expression is evaluated.
"""

from __future__ import annotations

from bpc.record import Record, assert_never


class Scalar(Record):
    """A type by its name. `deploy`: the value may be one that is known only when the stack runs; it may then stand in any text."""

    name: str
    deploy: bool = False


class ListOf(Record):
    """`list(T)`."""

    item: Type


class MapOf(Record):
    """`map(T)`: names to values."""

    value: Type


class OneOf(Record):
    """One of several: `T | U`."""

    choices: tuple[Type, ...]


class Unknown(Record):
    """Any type: `any` where one is asked for, and what is not known of an expression."""


Type = Scalar | ListOf | MapOf | OneOf | Unknown

UNKNOWN = Unknown()
BOOL, INT, NUMBER, STRING, RANGE = (Scalar(name=name) for name in ("bool", "int", "number", "string", "range"))
NAME = Scalar(name="name")
ENDPOINT, TIER, MEMBER, NETWORK, NATIVE, IMAGE = (
    Scalar(name=name) for name in ("endpoint", "tier", "member", "network", "native", "image")
)
LATE_STRING, SECRET = (Scalar(name=name, deploy=True) for name in ("string", "secret"))
NUMERIC = OneOf(choices=(INT, NUMBER))

ALSO = {"string": ("cidr", "secret"), "number": ("int", "port"), "port": ("int",), "int": ("port",)}
"""What a place of a type takes besides: `port = 80` is an int, and what is wrong with its value is seen by the value."""
FROM_TEXT = ("cidr", "service", "expose", "name")
"""Types whose values are written as strings."""

ARTICLES = {
    "int": "a whole number",
    "any": "a value",
    "cidr": "a network such as 10.0.0.0/24",
    "expose": "the name of an `expose`",
}

_parsed: dict[str, Type] = {}


def parse(spelling: str) -> Type:
    """A type as the vocabulary and the blueprint write it. Each spelling is taken apart once."""
    found = _parsed.get(spelling)
    if found is None:
        found = _parsed[spelling] = _parse(spelling)
    return found


def _parse(spelling: str) -> Type:
    if " | " in spelling:
        return OneOf(choices=tuple(parse(part) for part in spelling.split(" | ")))
    name, bracket, inner = spelling.partition("(")
    item = parse(inner[:-1]) if bracket else UNKNOWN
    match name:
        case "any":
            return UNKNOWN
        case "list":
            return ListOf(item=item)
        case "map":
            return MapOf(value=item)
        case _:
            return Scalar(name=name)


def accepts(expected: Type, actual: Type) -> bool:
    """Whether a place of one type may take an expression of another; where that is not known, it may."""
    match actual:
        case Unknown():
            return True
        case OneOf():
            return any(accepts(expected, choice) for choice in actual.choices)
    match expected:
        case Unknown():
            return True
        case OneOf():
            return any(accepts(choice, actual) for choice in expected.choices)
        case ListOf():
            return isinstance(actual, ListOf) and accepts(expected.item, actual.item)
        case MapOf():
            return isinstance(actual, MapOf) and accepts(expected.value, actual.value)
        case Scalar():
            return isinstance(actual, Scalar) and _accepts(expected.name, actual)
        case _:
            assert_never(expected)


def _accepts(expected: str, actual: Scalar) -> bool:
    if expected == "string" and actual.deploy:
        return True
    name = actual.name
    return name == expected or name in ALSO.get(expected, ()) or (expected in FROM_TEXT and name == "string")


def union(types: list[Type]) -> Type:
    """The type of what is one of several; not known where one of them is not."""
    distinct = list(dict.fromkeys(types))
    if len(distinct) == 1:
        return distinct[0]
    flat = [choice for kind in distinct for choice in choices_of(kind)]
    return UNKNOWN if not flat or UNKNOWN in flat else OneOf(choices=tuple(dict.fromkeys(flat)))


def item_type(kind: Type) -> Type:
    """What a loop over a list or a map sees."""
    return kind.item if isinstance(kind, ListOf) else STRING if isinstance(kind, MapOf) else UNKNOWN


def choices_of(kind: Type) -> tuple[Type, ...]:
    """The types that one is made of: itself, where it is no choice."""
    return kind.choices if isinstance(kind, OneOf) else (kind,)


def items_of(expected: Type) -> Type | None:
    """The type of a list's items where a list may stand; None where none may."""
    return next((choice.item for choice in choices_of(expected) if isinstance(choice, ListOf)), None)


def spelled(kind: Type) -> str:
    """A type as the language writes it."""
    match kind:
        case Scalar():
            return kind.name
        case ListOf():
            return _of("list", kind.item)
        case MapOf():
            return _of("map", kind.value)
        case OneOf():
            return " | ".join(map(spelled, kind.choices))
        case Unknown():
            return "any"
        case _:
            assert_never(kind)


def _of(word: str, inner: Type) -> str:
    return word if isinstance(inner, Unknown) else f"{word}({spelled(inner)})"


def named(kind: Type) -> str:
    """A type's name without what is inside, as messages say what stands somewhere."""
    return "list" if isinstance(kind, ListOf) else "map" if isinstance(kind, MapOf) else spelled(kind)


def described(kind: Type) -> str:
    """A type in a sentence: `an endpoint`, `a whole number or a range`."""
    return " or ".join(article(part) for part in spelled(kind).split(" | "))


def article(word: str) -> str:
    """A type's name in a sentence: `an endpoint`."""
    return ARTICLES.get(word) or f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
