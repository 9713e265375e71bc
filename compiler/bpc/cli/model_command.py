"""`bpc model`: the model as JSON, and its JSON Schema."""

from __future__ import annotations

import json

from bpc import api
from bpc.cli.main import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    if options.schema:
        print(json.dumps(api.model_schema(), indent=2))
        return 0
    result = api.model(options.blueprint, environment=options.env, settings=settings(options))
    if result.diagnostics:
        from bpc.cli.show import show

        show(result.diagnostics, options.format)
    if not result.ok:
        return 1
    print(json.dumps(result.model, indent=2))
    return 0
