"""`bpc model`: the model as JSON, and its JSON Schema."""

from __future__ import annotations

import json

from bpc.cli.main import settings
from bpc.cli.show import show
from bpc.driver import build_model

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    from bpc.model.document import document, schema

    if options.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    result = build_model(options.blueprint, options.env, settings(options))
    if result.diagnostics:
        show(result.diagnostics, options.format)
    if result.solution is None:
        return 1
    print(json.dumps(document(result.solution), indent=2))
    return 0
