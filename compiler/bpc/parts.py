"""Texts on their way out: strings, and places that the cloud or the machine fills.

A value comes into a text when YAML and shell have been written already. What these languages want of a character (a line's
indent, a quote's escape) is therefore part of the place, and done by the substitution itself. No character of a string is
ever a place.
"""

from __future__ import annotations

from collections import Counter

from bpc.model.values import MemberAddressesHole, NativeHole, ParamHole, QuotedHole, SecretHole
from bpc.record import Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bpc.model.values import Hole, Text

    Escapes = tuple[tuple[str, str], ...]

QUOTE: Escapes = (("'", "'\\''"),)
"""Between the single quotes of a shell."""


class Own(Record):
    """What a target fills in a program of its own, such as the address of the signal."""

    name: str


class Place(Record):
    """Where a value comes in: `escapes` says what stands for which of its characters. The hole has no quoting of its own."""

    hole: Hole | Own
    escapes: Escapes = ()


Part = str | Place
Parts = tuple[Part, ...]


def parts(text: Text) -> Parts:
    """A text of the model."""
    return tuple(part if isinstance(part, str) else _place(part) for part in text)


def _place(hole: Hole) -> Place:
    return _escaped(_place(hole.hole), QUOTE) if isinstance(hole, QuotedHole) else Place(hole=hole)


def escaped(given: Iterable[Part], escapes: Escapes) -> Parts:
    """The same with other characters for some, whether they are there already or come in later."""
    table = _table(escapes)
    return tuple(part.translate(table) if isinstance(part, str) else _escaped(part, escapes) for part in given)


def _escaped(place: Place, escapes: Escapes) -> Place:
    """Addresses have no character that any language escapes, so that of a list only the separator has."""
    match place.hole:
        case MemberAddressesHole(separator=separator):
            written = separator.translate(_table(escapes))
            return replace(place, hole=replace(place.hole, separator=written))
        case ParamHole() | SecretHole() | NativeHole():
            return replace(place, escapes=_composed(place.escapes, escapes))
        case _:
            return place


def separator(place: Place) -> str:
    """What is between the addresses of a list; nothing in other places."""
    return place.hole.separator if isinstance(place.hole, MemberAddressesHole) else ""


def _composed(first: Escapes, then: Escapes) -> Escapes:
    """Two replacements of characters, one after the other, as one."""
    table = _table(then)
    made = {old: new.translate(table) for old, new in first}
    return tuple(sorted({**dict(then), **made}.items()))


def _table(escapes: Escapes) -> dict[int, str]:
    return {ord(old): new for old, new in escapes}


def ordered(escapes: Escapes) -> Escapes:
    """The replacements in an order in which none changes what another has written, where they are made one by one."""
    left, made = dict(escapes), []
    while left:
        old = next(old for old, new in left.items() if not any(other in new for other in left if other != old))
        made.append((old, left.pop(old)))
    return tuple(made)


def joined(*texts: Parts) -> Parts:
    """One text of several, neighbouring strings joined and empty ones dropped."""
    made: list[Part] = []
    strings: list[str] = []
    for text in texts:
        for part in text:
            if isinstance(part, str):
                strings.append(part)
            else:
                if any(strings):
                    made.append("".join(strings))
                strings.clear()
                made.append(part)
    if any(strings):
        made.append("".join(strings))
    return tuple(made)


def plain(given: Parts) -> str | None:
    """The string of a text in which nothing is filled; None of others."""
    return "".join(part for part in given if isinstance(part, str)) if all(isinstance(p, str) for p in given) else None


def placeholders(given: Parts, name: Callable[[Place], str]) -> tuple[tuple[tuple[Place, str], ...], list[int]]:
    """A placeholder for each place, and which of them each place of the text has, for a language that fills texts by search
    and replace: no literal has one, nor do a literal and a placeholder, or two of them, make another where they meet.
    """
    numbers: dict[Place, int] = {}
    order = [numbers.setdefault(part, len(numbers)) for part in given if not isinstance(part, str)]
    taken: dict[str, int] = {}
    names = []
    for place in numbers:
        wanted = name(place)
        same = taken[wanted] = taken.get(wanted, 0) + 1
        names.append(f"{wanted}~{same}" if same > 1 else wanted)
    longer = ""
    while True:
        marks = [f"@@{longer}{text}@@" for text in names]
        text = written(given, [marks[number] for number in order])
        if _times(marks, text) == Counter(marks[number] for number in order):
            return tuple(zip(numbers, marks, strict=True)), order
        longer += "~"


def written(given: Parts, texts: Iterable[str]) -> str:
    """The text with one of `texts` for each place."""
    left = iter(texts)
    return "".join(part if isinstance(part, str) else next(left) for part in given)


def _times(marks: list[str], text: str) -> Counter[str]:
    """How often each mark is in a text, also where two overlap; there may be thousands."""
    known, lengths = set(marks), {len(mark) for mark in marks}
    found: Counter[str] = Counter()
    start = text.find("@@")
    while start >= 0:
        found.update(part for part in [text[start : start + length] for length in lengths] if part in known)
        start = text.find("@@", start + 1)
    return found
