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


def run(options: argparse.Namespace) -> int:
    chosen = settings(options)
    first = build_model(options.blueprint, options.env, chosen)
    found = list(first.diagnostics)
    if not options.env and first.solution is not None:
        for name in first.solution.environments:
            found += build_model(options.blueprint, name, chosen).diagnostics
    found = list({(d.code, d.text, d.span.source.name, d.span.start): d for d in found}.values())
    show(found, options.format)
    if errors(found):
        return 1
    if options.format == "text":
        print(f"{options.blueprint}: no mistakes", file=sys.stderr)
    return 0
