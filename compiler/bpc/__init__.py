"""bpc, a compiler for blueprints of whole solutions. `bpc.api` has the command's verbs as functions; docs/api.md shows them.

Every start of the command imports this module, so `bpc.api` is imported only when it is asked for.
"""

from __future__ import annotations

from bpc.errors import UsageError as UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc import api as api
else:

    def __getattr__(name):
        """`import bpc` suffices for `bpc.api`."""
        if name != "api":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module("bpc.api")
