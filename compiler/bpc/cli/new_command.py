"""`bpc new FOLDER`: a working project, copied from one of the samples that are installed with bpc."""

from __future__ import annotations

import os

from bpc.cli.main import Usage
from bpc.files import write_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def samples() -> dict[str, str]:
    """Sample → its folder: installed beside this package, or in the checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    checkout = os.path.join(os.path.dirname(os.path.dirname(package)), "blueprints")
    home = next(folder for folder in (os.path.join(package, "samples"), checkout) if os.path.isdir(folder))
    return {name: os.path.join(home, name) for name in sorted(os.listdir(home)) if name[0] != "."}


def run(options: argparse.Namespace) -> int:
    known = samples()
    if options.list:
        print("\n".join(known))
        return 0
    if options.sample not in known:
        raise Usage(f'there is no sample "{options.sample}"; there are: {", ".join(known)}')
    if os.path.lexists(options.folder) and not (os.path.isdir(options.folder) and not os.listdir(options.folder)):
        raise Usage(f"{options.folder} exists already")
    try:
        write_folder(options.folder, read(known[options.sample]))
    except OSError as error:
        raise Usage(f"cannot write {options.folder}: {(error.strerror or str(error)).lower()}") from None
    print(f"made {options.folder}; next: bpc compile {os.path.join(options.folder, 'solution.bp')} --target heat")
    return 0


def read(folder: str) -> dict[str, str | bytes]:
    """All files below a folder by their relative names."""
    found: dict[str, str | bytes] = {}
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            with open(full, "rb") as file:
                found[os.path.relpath(full, folder)] = file.read()
    return found
