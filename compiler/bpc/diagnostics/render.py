"""One diagnostic for people, as lines of text, and for machines, as JSON."""

from __future__ import annotations

from bpc.quoting import lines as all_visible
from bpc.quoting import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span

RED, YELLOW, CYAN, BOLD, PLAIN = "\033[31m", "\033[33m", "\033[36m", "\033[1m", "\033[0m"
WIDEST = 200
"""Columns of a source line that are shown; a longer line is cut around the place."""


def lines(diagnostic: Diagnostic, *, colour: bool = False) -> Iterator[str]:
    """One diagnostic as lines of text: what, where, the marked line, the hint, other places."""
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda code, text: text)
    tint = RED if diagnostic.severity == "error" else YELLOW
    yield f"{paint(tint, f'{diagnostic.severity}[{diagnostic.code}]')}: {paint(BOLD, _text(diagnostic))}"
    yield from _marked(diagnostic.span, paint, tint, private=diagnostic.private)
    for note in diagnostic.notes:
        line, column = note.span.source.location(note.span.start)
        yield visible(f"  note: {note.text}: {note.span.source.name}:{line}:{column}")
    if diagnostic.help:
        yield f"  {paint(CYAN, 'hint')}: {visible(diagnostic.help)}"


def excerpt(span: Span, *, colour: bool = False) -> Iterator[str]:
    """A place as lines of text: where, and the marked line."""
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda code, text: text)
    yield from _marked(span, paint, CYAN, private=False)


def _marked(span: Span, paint: Any, tint: str, *, private: bool) -> Iterator[str]:
    line, column = span.source.location(span.start)
    yield visible(f"  --> {span.source.name}:{line}:{column}")
    text = span.source.line(line)
    if not text.strip():
        return
    width = max(1, min(span.end, span.start - column + 1 + len(text)) - span.start)
    cut = max(0, column - WIDEST // 2)
    start = column - 1 - cut
    shown = text[cut : cut + WIDEST].replace("\t", " ")
    before, marked, after = (
        visible(part) for part in (shown[:start], shown[start : start + width], shown[start + width :])
    )
    if private:
        marked = "*" * len(marked)
    yield f"{line:>4} | {before}{marked}{after}"
    yield f"     | {' ' * _columns(before)}{paint(tint, '^' * max(1, _columns(marked)))}"


def _text(diagnostic: Diagnostic) -> str:
    """The message; only where its template has several lines may it have them."""
    return all_visible(diagnostic.text) if "\n" in type(diagnostic).message else visible(diagnostic.text)


def _columns(text: str) -> int:
    """Columns that a text takes on a terminal: characters of East Asia take two, and combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(char) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(char) in "WF") for char in text)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as JSON; lines and columns count from 1."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.text,
        "hint": diagnostic.help,
        "environments": list(diagnostic.environments),
        "targets": list(diagnostic.targets),
        **place(diagnostic.span),
        "notes": [{"message": note.text, **place(note.span)} for note in diagnostic.notes],
    }


def place(span: Span) -> dict[str, Any]:
    """A place as JSON: file, line and column of its beginning and of its end."""
    line, column = span.source.location(span.start)
    end_line, end_column = span.source.location(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
