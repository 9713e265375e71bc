"""`bpc explain CODE`: a diagnostic's manual page."""

from __future__ import annotations

from bpc.cli.main import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    from inspect import cleandoc

    from bpc.diagnostics.catalogue import catalogue

    known = catalogue()
    if options.code is None:
        for code, kind in known.items():
            print(f"{code}  {(kind.__doc__ or '').splitlines()[0]}")
        return 0
    if options.code.upper() not in known:
        raise Usage(f'there is no diagnostic "{options.code}"; `bpc explain` lists them')
    kind = known[options.code.upper()]
    print(f"{kind.code}: {kind.__name__} ({kind.severity})\n\n{cleandoc(kind.__doc__ or '')}")
    return 0
