"""What every diagnostic is: a frozen class with a code and a message template, whose docstring is its manual page."""

from __future__ import annotations

from bpc.record import Record, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar, Literal

    from bpc.source import Span


class Note(Record):
    """Another place that explains a diagnostic: where the other declaration is, where a value came from."""

    span: Span
    text: str


class Diagnostic(Record):
    """Base of all diagnostics.

    A subclass sets `code`, `message` (and `advice` where the same hint fits always) as templates over its own fields,
    and says in its docstring what is wrong, why it matters and how to fix it, with an example.
    `setting` is the one that is marked, where who raises it knows only the block (a target's refusal).
    A `hint` given when it is raised takes the place of `advice`. Of a `private` one, the marked text is not printed.
    `given` is the option that gave the value (`--set members=many`); `environments` are those in which it is wrong, where it is
    not wrong in all of them; `targets` are those that refuse it, where others were asked too.
    """

    code: ClassVar[str]
    severity: ClassVar[Literal["error", "warning"]] = "error"
    message: ClassVar[str]
    advice: ClassVar[str] = ""
    private: ClassVar[bool] = False
    setting: ClassVar[str] = ""

    span: Span
    hint: str = ""
    notes: tuple[Note, ...] = ()
    given: str = ""
    environments: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The message in one sentence."""
        said = self.message.format_map(dict(fields(self)))
        if self.given:
            said += f" (given by `{self.given}`)"
        if self.targets:
            said = f"for target{_named(self.targets)}: {said}"
        if self.environments:
            said = f"in environment{_named(self.environments)}: {said}"
        return said

    @property
    def help(self) -> str:
        """What to write instead; empty where nobody can know."""
        return self.hint or self.advice.format_map(dict(fields(self)))


def _named(names: tuple[str, ...]) -> str:
    """The end of a word and what it counts: ` "a"`, or `s "a" and "b"`."""
    listed = " and ".join(f'"{name}"' for name in names)
    return f"s {listed}" if len(names) > 1 else f" {listed}"


def errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops the compilation."""
    return any(d.severity == "error" for d in diagnostics)


MANY, LONGEST_NAME = 30, 80
"""Names that a misspelt one is compared with, and characters of the longest: to compare two takes long."""


def did_you_mean(word: str, known: Iterable[str], *, many: int = MANY) -> str:
    """A hint that names the nearest known word, or an empty text when none is near.

    Of more than `many` names only those around the word in the alphabet are looked at, read forwards and backwards.
    """
    if len(word) > LONGEST_NAME:
        return ""
    from difflib import get_close_matches

    names = _in_order(known) if isinstance(known, frozenset) else tuple(sorted(known))
    few = len(names) <= many
    near = get_close_matches(word, _short(names if few else _around(word, names, many)), n=1, cutoff=0.6)
    if not (near or few):
        others = _around(word[::-1], _backwards(names), many)
        near = get_close_matches(word, _short(name[::-1] for name in others), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def _short(names: Iterable[str]) -> list[str]:
    return [name for name in names if len(name) <= LONGEST_NAME]


def _around(word: str, names: tuple[str, ...], many: int) -> tuple[str, ...]:
    """The neighbours of a word in sorted names."""
    from bisect import bisect_left

    middle = bisect_left(names, word)
    return names[max(0, middle - many // 2) : middle + many // 2]


_ordered: tuple[frozenset[str], tuple[str, ...]] = (frozenset(), ())
_reversed: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def _in_order(names: frozenset[str]) -> tuple[str, ...]:
    """The names of a scope, sorted once for all that is misspelt in it."""
    global _ordered
    if _ordered[0] is not names:
        _ordered = (names, tuple(sorted(names)))
    return _ordered[1]


def _backwards(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same, each read backwards."""
    global _reversed
    if _reversed[0] is not names:
        _reversed = (names, tuple(sorted(name[::-1] for name in names)))
    return _reversed[1]
