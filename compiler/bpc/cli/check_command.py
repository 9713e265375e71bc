"""`bpc check`: every mistake of a blueprint, in every environment unless one is named."""

from __future__ import annotations

import sys

from bpc.cli.main import settings
from bpc.cli.show import show
from bpc.diagnostics.base import errors
from bpc.driver import build_model

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from bpc.diagnostics.base import Diagnostic


def _place(diagnostic: Diagnostic) -> tuple[object, ...]:
    """What is told once, though another environment's values may change its words."""
    return (diagnostic.code, diagnostic.span.source.name, diagnostic.span.start, diagnostic.span.end)


def run(options: argparse.Namespace) -> int:
    chosen = settings(options)
    first = build_model(options.blueprint, options.env, chosen)
    found = list(first.diagnostics)
    if not options.env and first.solution is not None:
        for name in first.solution.environments:
            told = {_place(d) for d in found}
            found += [d for d in build_model(options.blueprint, name, chosen).diagnostics if _place(d) not in told]
    show(found, options.format)
    if errors(found):
        return 1
    if options.format == "text":
        print(f"{options.blueprint}: no mistakes", file=sys.stderr)
    return 0
