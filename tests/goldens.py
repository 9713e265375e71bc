"""Golden files: what a test expects lies in a folder; `--update-golden` writes it anew."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bpc.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping


def compare_folder(folder: Path, files: Mapping[str, str | bytes], *, update: bool) -> None:
    """Fails with a difference where a file is not as its golden one, or one is missing or left over."""
    texts = {name: _stable(text if isinstance(text, str) else text.decode("latin-1")) for name, text in files.items()}
    if update:
        _write(folder, texts)
    expected = {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}
    assert sorted(texts) == sorted(expected)
    for name, text in texts.items():
        lines = difflib.unified_diff(
            expected[name].splitlines(), text.splitlines(), f"golden/{name}", name, lineterm=""
        )
        difference = "\n".join(lines)
        assert not difference, difference


def _stable(text: str) -> str:
    """Without bpc's own version, which is in every output and changes none of the rest."""
    return re.sub(rf"\bbpc {re.escape(VERSION)}\b", "bpc VERSION", text).replace(f'bpc: "{VERSION}"', "bpc: VERSION")


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
