"""The same blueprint gives the same bytes in another folder, locale, time zone and with another hash seed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHOP = Path(__file__).parent.parent / "blueprints" / "shop"


def compiled(folder: Path, **environment: str) -> dict[str, bytes]:
    shutil.copytree(SHOP, folder / "project")
    command = [sys.executable, "-m", "bpc", "compile", "project/solution.bp", "--env", "production", "-o", "out"]
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True, capture_output=True)
    out = folder / "out"
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_same_bytes_everywhere(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "another folder").mkdir()
    first = compiled(tmp_path / "a", LC_ALL="C", TZ="UTC", PYTHONHASHSEED="1")
    second = compiled(tmp_path / "another folder", LC_ALL="C.UTF-8", TZ="Asia/Tokyo", PYTHONHASHSEED="77")
    assert first == second
    assert len(first) > 5
