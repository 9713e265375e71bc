"""`bpc check`: every mistake of a blueprint, in every environment unless one is named."""

from __future__ import annotations

import sys

from bpc import api
from bpc.cli.main import settings
from bpc.quoting import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    result = api.check(options.blueprint, targets=options.target, environment=options.env, settings=settings(options))
    if result.diagnostics or options.format != "text":
        from bpc.cli.show import show

        show(result.diagnostics, options.format)
    if result.ok and options.format == "text":
        print(visible(f"{options.blueprint}: no mistakes"), file=sys.stderr)
    return 0 if result.ok else 1
