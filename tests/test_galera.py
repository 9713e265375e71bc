"""The sample galera: silent in each environment with each bake, its scripts as shellcheck wants them, and one start of the database at first boot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bpc import api

SAMPLE = Path(__file__).parent.parent / "blueprints" / "galera"
SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.mark.parametrize("environment", ["", "test", "production"])
@pytest.mark.parametrize("bake", ["base", "software", "full"])
def test_nothing_is_said_about_it(bake: str, environment: str, tmp_path: Path) -> None:
    project = shutil.copytree(SAMPLE, tmp_path / "galera")
    blueprint = project / "solution.bp"
    version = '  version = "1.0.0"\n'
    blueprint.write_text(blueprint.read_text().replace(version, f"{version}  bake = {bake}\n"))
    made = api.compile(blueprint, targets=("heat", "cloudformation"), environment=environment)
    assert [str(item) for item in made.diagnostics] == []
    assert made.artifacts["heat"].files["stack.yaml"]
    assert made.artifacts["cloudformation"].files["stack.yaml"]


@pytest.mark.parametrize("script", sorted(SAMPLE.glob("files/*.sh")), ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    assert SHELLCHECK, "shellcheck is in the extra `test`"
    answer = subprocess.run([SHELLCHECK, str(script)], capture_output=True, text=True, check=False)
    assert answer.stdout + answer.stderr == ""


def test_nothing_restarts_the_founder() -> None:
    """A node that founds the cluster and is restarted at once looks for others, who may not be there yet."""
    made = api.compile(SAMPLE / "solution.bp", targets=("heat",))
    first_boot = made.artifacts["heat"].files["user-data/db.yaml"]
    assert "/var/lib/bpc/step" in first_boot
    assert "restart 'mariadb'" not in first_boot
