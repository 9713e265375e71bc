"""`bpc explain CODE`: a diagnostic's manual page."""

from __future__ import annotations

from bpc import api

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    if options.code is None:
        for code, page in api.pages().items():
            print(f"{code}  {page.text.splitlines()[0]}")
        return 0
    page = api.explain(options.code)
    print(f"{page.code}: {page.name} ({page.severity})\n\n{page.text}")
    return 0
