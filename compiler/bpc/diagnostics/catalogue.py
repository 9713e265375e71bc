"""All diagnostics by code, for the manual: the compiler's own and those of the targets."""

from __future__ import annotations

from importlib import import_module

from bpc.diagnostics.base import Diagnostic

ROOMS = ("reading", "syntax", "resolve", "check", "lower", "native", "build")


def catalogue() -> dict[str, type[Diagnostic]]:
    """Code → class, in the order of the codes; the targets' after the compiler's."""
    modules = [f"bpc.diagnostics.{room}" for room in ROOMS]
    targets = import_module("bpc_targets")
    modules += [f"bpc_targets.{targets.folder(entry.name)}.diagnostics" for entry in (*targets.STACKS, *targets.IMAGES)]
    found: dict[str, type[Diagnostic]] = {}
    for name in modules:
        kinds = [k for k in vars(import_module(name)).values() if isinstance(k, type) and issubclass(k, Diagnostic)]
        found |= {k.code: k for k in sorted((k for k in kinds if hasattr(k, "code")), key=lambda k: k.code)}
    return found
