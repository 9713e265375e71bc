"""Writes compiler/bpc/check/_spdx.py: the identifiers of SPDX licences and exceptions.

They are those that the `license-expression` package carries (`pip install license-expression`), which a development machine
needs for this and nothing else: `python docs/spdx.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import license_expression

TABLE = Path(license_expression.__file__).parent / "data" / "scancode-licensedb-index.json"
TARGET = Path(__file__).parent.parent / "compiler" / "bpc" / "check" / "_spdx.py"
OWN = "LicenseRef-"


def identifiers(*, exceptions: bool) -> list[str]:
    entries = json.loads(TABLE.read_text(encoding="utf-8"))
    found: set[str] = set()
    for entry in entries:
        if entry.get("spdx_license_key"):
            names = {
                entry["spdx_license_key"],
                *entry["other_spdx_license_keys"],
            }  # the others are deprecated, and valid
            found |= {
                name for name in names if (bool(entry.get("is_exception")) and "-with-" not in name) == exceptions
            }
    return sorted(name for name in found if not name.startswith(OWN))


def lines(names: list[str]) -> str:
    made, line = [], ""
    for name in names:
        if len(line) + len(name) > 118:
            made.append(line)
            line = ""
        line = f"{line} {name}".strip()
    return "\n".join([*made, line])


if __name__ == "__main__":
    TARGET.write_text(
        '"""SPDX identifiers, written by docs/spdx.py from the list of the license-expression package. Not edited by hand."""\n\n'
        f'LICENCES = """\n{lines(identifiers(exceptions=False))}\n"""\n\nEXCEPTIONS = """\n{lines(identifiers(exceptions=True))}\n"""\n',
        encoding="utf-8",
    )
