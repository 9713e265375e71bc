"""The diskimage-builder target: its elements against goldens, and judged by the tool's own lint and by shellcheck.

Building them needs root, debootstrap and a mirror, and disks the kernel's device mapper besides: that is not done here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from goldens import compare_environment

import bpc.api

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "blueprints" / "shop" / "solution.bp"
PROGRAMS = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
LINT = shutil.which("dib-lint", path=PROGRAMS)
SHELLCHECK = shutil.which("shellcheck", path=PROGRAMS)
NO_LINT = "dib-lint is not installed: the extra `dib` has it"
NEEDS = ("file", "git")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The elements of shop on disk."""
    result = bpc.api.compile(SHOP, targets=(), images=("diskimage-builder",), environment="test")
    return Path(bpc.api.write(result, tmp_path_factory.mktemp("dib"))["diskimage-builder"])


@pytest.mark.parametrize("environment", ["", "test"])
def test_elements(environment, request):
    result = bpc.api.compile(SHOP, targets=(), images=("diskimage-builder",), environment=environment)
    assert result.diagnostics == ()
    files = result.artifacts["diskimage-builder"].files
    compare_environment("diskimage-builder-shop", environment, files, request)


def test_hooks_have_names_that_run(folder):
    """dib-run-parts leaves out what has other characters in its name, and one name in two elements is an error."""
    hooks = [path for path in folder.glob("elements/*/*.d/*") if path.parent.name != "environment.d"]
    assert len({hook.name for hook in hooks}) == 6
    assert all(hook.name.replace("-", "").isalnum() for hook in hooks)
    assert all(os.access(hook, os.X_OK) for hook in hooks)


def test_elements_depend_on_their_base(folder):
    bases = {path.parent.name for path in folder.glob("elements/*/environment.d")}
    assert len(bases) == 1
    for element in (folder / "elements").iterdir():
        needed = set((element / "element-deps").read_text().split())
        assert needed == (bases if element.name not in bases else {"debian-minimal", "package-installs"})


def test_packages_are_installed_in_their_phase(folder):
    for path in folder.glob("elements/*/package-installs.yaml"):
        phases = {entry["phase"] for entry in yaml.safe_load(path.read_text()).values()}
        assert phases == {"pre-install.d" if (path.parent / "environment.d").exists() else "install.d"}


def test_shells_accept_the_scripts(folder):
    assert SHELLCHECK, "shellcheck is in the extra `test`"
    ours = [
        folder / "build.sh",
        *folder.glob("elements/*/bpc-*/*.sh"),
        *folder.glob("elements/*/*-install.d/*"),
        *folder.glob("elements/*/root.d/*"),
    ]
    meant = "SC2016,SC2086"  # apt's own format has dollar signs; the trace's line is diskimage-builder's
    answer = subprocess.run([SHELLCHECK, f"--exclude={meant}", *ours], capture_output=True, text=True, check=False)
    assert answer.stdout + answer.stderr == ""


def lint(folder: Path) -> tuple[int, str]:
    """dib-lint over elements, without the files of the blueprint, which are not in its style."""
    missing = [name for name in NEEDS if shutil.which(name) is None]
    if LINT is None or missing:
        pytest.skip(f"{', '.join(missing)} missing" if LINT else NO_LINT)
    for files in folder.glob("elements/*/bpc-*/files"):
        shutil.rmtree(files)
    places = {"ELEMENTS_DIR": "elements", "LIB_DIR": "elements", "PATH": PROGRAMS}
    done = subprocess.run([LINT], cwd=folder, env=os.environ | places, text=True, capture_output=True, check=False)
    return done.returncode, "\n".join(
        line for line in done.stdout.splitlines() if line.startswith(("ERROR", "PASS", "***"))
    )


def test_dib_lint_has_nothing_to_say(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "dib")
    assert lint(tmp_path / "dib") == (0, "PASS")


def test_that_judge_sees_mistakes(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "dib")
    hook = next((tmp_path / "dib").glob("elements/*/pre-install.d/60-*"))
    hook.write_text(hook.read_text().replace("set -o pipefail\n", "").replace("    cp", "  cp"))
    code, said = lint(tmp_path / "dib")
    assert code == 1
    assert "should use 4 spaces indent" in said
