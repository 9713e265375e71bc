"""The model itself of every sample, as `bpc model` prints it; of an environment, what is different from the plain one."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest
from goldens import compare_folder

from bpc import api
from bpc.version import VERSION

ROOT = Path(__file__).parent.parent
SAMPLES = sorted(path.parent for path in ROOT.glob("blueprints/*/solution.bp"))


def printed(folder: Path, environment: str = "") -> str:
    result = api.model(folder / "solution.bp", environment=environment)
    assert result.model is not None
    assert result.model["compiler"] == VERSION
    return json.dumps({**result.model, "compiler": "VERSION"}, indent=2) + "\n"


def difference(plain: str, folder: Path, environment: str) -> str:
    other = printed(folder, environment)
    lines = difflib.unified_diff(plain.splitlines(), other.splitlines(), "plain", environment, lineterm="", n=2)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_model_is_as_it_was(folder, request):
    plain = printed(folder)
    files = {"plain.json": plain}
    for environment in json.loads(plain)["environments"]:
        files[f"{environment}.diff"] = difference(plain, folder, environment)
    golden = ROOT / "tests" / "golden" / f"model-{folder.name}"
    compare_folder(golden, files, update=request.config.getoption("--update-golden"))
