"""Diagnostics for people (text, in colour on a terminal) and for machines (JSON, SARIF 2.1.0)."""

from __future__ import annotations

import os
import sys

from bpc.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TextIO

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span

RED, YELLOW, CYAN, BOLD, PLAIN = "\033[31m", "\033[33m", "\033[36m", "\033[1m", "\033[0m"
WIDEST = 200
"""Columns of a source line that are shown; a longer line is cut around the place."""


def show(diagnostics: Sequence[Diagnostic], form: str, stream: TextIO | None = None) -> None:
    """Prints diagnostics: as text to standard error, as JSON or SARIF to standard output."""
    if form == "text":
        stream = stream or sys.stderr
        colour = stream.isatty() and "NO_COLOR" not in os.environ
        for diagnostic in diagnostics:
            print("\n".join(lines(diagnostic, colour=colour)) + "\n", file=stream)
        _summary(diagnostics, stream)
        return
    import json

    made = _sarif(diagnostics) if form == "sarif" else [as_json(d) for d in diagnostics]
    print(json.dumps(made, indent=2), file=stream or sys.stdout)


def _summary(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    wrong = sum(d.severity == "error" for d in diagnostics)
    if wrong:
        print(f"{wrong} error{'s' * (wrong != 1)}", file=stream)


def lines(diagnostic: Diagnostic, *, colour: bool = False) -> Iterator[str]:
    """One diagnostic as lines of text: what, where, the marked line, the hint, other places."""
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda code, text: text)
    tint = RED if diagnostic.severity == "error" else YELLOW
    yield f"{paint(tint, f'{diagnostic.severity}[{diagnostic.code}]')}: {paint(BOLD, _clean(diagnostic.text))}"
    yield from _place(diagnostic.span, paint, tint)
    for note in diagnostic.notes:
        line, column = note.span.source.location(note.span.start)
        yield f"  note: {note.text}: {note.span.source.name}:{line}:{column}"
    if diagnostic.help:
        yield f"  {paint(CYAN, 'hint')}: {_clean(diagnostic.help)}"


def _place(span: Span, paint: Any, tint: str) -> Iterator[str]:
    line, column = span.source.location(span.start)
    yield f"  --> {span.source.name}:{line}:{column}"
    text = span.source.line(line)
    if not text.strip():
        return
    width = max(1, min(span.end, span.start - column + 1 + len(text)) - span.start)
    cut = max(0, column - WIDEST // 2)
    shown = _clean(text[cut : cut + WIDEST].replace("\t", " "))
    number = f"{line:>4}"
    mark = "^" * min(width, max(1, len(shown) - (column - 1 - cut)))
    yield f"{number} | {shown}"
    yield f"     | {' ' * (column - 1 - cut)}{paint(tint, mark)}"


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
        **_range(diagnostic.span),
        "notes": [{"message": note.text, **_range(note.span)} for note in diagnostic.notes],
    }


def _range(span: Span) -> dict[str, Any]:
    line, column = span.source.location(span.start)
    end_line, end_column = span.source.location(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _sarif(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    codes = sorted({d.code: type(d) for d in diagnostics}.items())
    rules = [
        {"id": code, "name": kind.__name__, "fullDescription": {"text": kind.__doc__ or ""}} for code, kind in codes
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "bpc", "version": VERSION, "rules": rules}},
                "results": [_sarif_result(d) for d in diagnostics],
            }
        ],
    }


def _sarif_result(diagnostic: Diagnostic) -> dict[str, Any]:
    text = diagnostic.text + (f" ({diagnostic.help})" if diagnostic.help else "")
    place = _range(diagnostic.span)
    region = {
        "startLine": place["line"],
        "startColumn": place["column"],
        "endLine": place["end_line"],
        "endColumn": place["end_column"],
    }
    location = {"physicalLocation": {"artifactLocation": {"uri": place["file"]}, "region": region}}
    return {
        "ruleId": diagnostic.code,
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [location],
    }
