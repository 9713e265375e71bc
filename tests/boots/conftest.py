"""What the tests of images share: the shop's images, built once (BPC_IMAGES: the output folder of an earlier build)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "blueprints" / "shop"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """An output folder with the shop's images."""
    folder = Path(os.environ.get("BPC_IMAGES") or tmp_path_factory.mktemp("out"))
    build = [sys.executable, "-m", "bpc", "build", "--blueprint", str(SHOP / "solution.bp"), "-o", str(folder)]
    subprocess.run(build, check=True)
    return folder
