"""`bpc new FOLDER`: a working project, copied from one of the samples that are installed with bpc."""

from __future__ import annotations

import os

from bpc import UsageError, api
from bpc.quoting import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(api.samples()))
        return 0
    try:
        api.new(options.folder, options.sample)
    except OSError as error:
        raise UsageError(f"cannot write {options.folder}: {(error.strerror or str(error)).lower()}") from None
    path = word(os.path.join(options.folder, "solution.bp"))
    print(visible(f"made {options.folder}; next: bpc compile {path} --target heat"))
    return 0
