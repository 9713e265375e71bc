"""Diagnostics for people (text, in colour on a terminal) and for machines (JSON, SARIF 2.1.0)."""

from __future__ import annotations

import os
import sys

from bpc.diagnostics.render import as_json, lines, place
from bpc.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

    from bpc.diagnostics.base import Diagnostic


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
    where = place(diagnostic.span)
    region = {
        "startLine": where["line"],
        "startColumn": where["column"],
        "endLine": where["end_line"],
        "endColumn": where["end_column"],
    }
    named = {"environments": list(diagnostic.environments), "targets": list(diagnostic.targets)}
    properties = {key: names for key, names in named.items() if names}
    location = {"physicalLocation": {"artifactLocation": {"uri": where["file"]}, "region": region}}
    return {
        "ruleId": diagnostic.code,
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [location],
        **({"properties": properties} if properties else {}),
    }
