"""One diagnostic for people, as lines of text, and for machines, as JSON."""

from __future__ import annotations

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
    yield f"{paint(tint, f'{diagnostic.severity}[{diagnostic.code}]')}: {paint(BOLD, _clean(diagnostic.text))}"
    yield from _marked(diagnostic.span, paint, tint, private=diagnostic.private)
    for note in diagnostic.notes:
        line, column = note.span.source.location(note.span.start)
        yield f"  note: {note.text}: {note.span.source.name}:{line}:{column}"
    if diagnostic.help:
        yield f"  {paint(CYAN, 'hint')}: {_clean(diagnostic.help)}"


def excerpt(span: Span, *, colour: bool = False) -> Iterator[str]:
    """A place as lines of text: where, and the marked line."""
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda code, text: text)
    yield from _marked(span, paint, CYAN, private=False)


def _marked(span: Span, paint: Any, tint: str, *, private: bool) -> Iterator[str]:
    line, column = span.source.location(span.start)
    yield f"  --> {span.source.name}:{line}:{column}"
    text = span.source.line(line)
    if not text.strip():
        return
    width = max(1, min(span.end, span.start - column + 1 + len(text)) - span.start)
    cut = max(0, column - WIDEST // 2)
    shown = _clean(text[cut : cut + WIDEST].replace("\t", " "))
    start = column - 1 - cut
    width = min(width, max(1, len(shown) - start))
    if private:
        shown = f"{shown[:start]}{'*' * width}{shown[start + width :]}"
    yield f"{line:>4} | {shown}"
    yield f"     | {' ' * start}{paint(tint, '^' * width)}"


def _clean(text: str) -> str:
    """Control characters of a source must not reach the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as JSON; lines and columns count from 1."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.text,
        "hint": diagnostic.help,
        "environments": list(diagnostic.environments),
        **place(diagnostic.span),
        "notes": [{"message": note.text, **place(note.span)} for note in diagnostic.notes],
    }


def place(span: Span) -> dict[str, Any]:
    """A place as JSON: file, line and column of its beginning and of its end."""
    line, column = span.source.location(span.start)
    end_line, end_column = span.source.location(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
