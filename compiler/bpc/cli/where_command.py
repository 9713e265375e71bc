"""`bpc where`: from a cloud's message, or a saved list of its events, to the lines of the blueprint."""

from __future__ import annotations

import json
import sys

from bpc import UsageError, api
from bpc.cli.main import settings
from bpc.quoting import lines, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from bpc.source_map import Named


def run(options: argparse.Namespace) -> int:
    from bpc.diagnostics.render import excerpt
    from bpc.source import where

    text = _text(options)
    result, places = api.where(
        options.blueprint, text, targets=options.target, environment=options.env, settings=settings(options)
    )
    if not result.ok:
        from bpc.cli.show import show

        show(result.diagnostics, "text")
        return 1
    if options.format == "json":
        print(json.dumps([_plain(place) for place in places], indent=2))
        return 0 if places else 1
    for place in places:
        print(visible(f"{place.resource} ({place.target}): {where(place.span)}"))
        print("\n".join(excerpt(place.span, colour=sys.stdout.isatty())))
        print(f"  {lines(place.message)}\n")
    if not places:
        print(
            "no resource of this blueprint's stacks is named there: is it the blueprint, and the --env, of that stack?"
        )
    return 0 if places else 1


def _plain(found: Named) -> dict[str, Any]:
    from bpc.diagnostics.render import place

    of = {"kind": found.origin.kind, "name": found.origin.name, "member": found.origin.member}
    return {"target": found.target, "resource": found.resource, **of, "message": found.message, **place(found.span)}


def _text(options: argparse.Namespace) -> str:
    if options.text:
        return " ".join(options.text)
    from bpc.files import LARGEST, ReadError, read_given

    try:
        if options.events and options.events != "-":
            return read_given(options.events).decode("utf-8", "replace")
        return sys.stdin.buffer.read(LARGEST).decode("utf-8", "replace")
    except ReadError as error:
        raise UsageError(f"cannot read {options.events}: {error.reason}") from None
