"""What is built and installed works without the checkout: a wheel from the checkout, a source archive, a wheel from that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jinja2
import markupsafe
import pytest
import yaml

ROOT = Path(__file__).parent.parent
SAMPLES = sorted(path.parent.name for path in ROOT.glob("blueprints/*/solution.bp"))


def built(source: Path, folder: Path, kind: str) -> Path:
    """The wheel or sdist of a source tree, by its build backend, without a network."""
    code = f"import sys, hatchling.build as backend; print(backend.build_{kind}(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """(wheel from the checkout, sdist, wheel from the sdist)."""
    folder = tmp_path_factory.mktemp("packages")
    wheel, archive = built(ROOT, folder, "wheel"), built(ROOT, folder, "sdist")
    shutil.unpack_archive(archive, folder)
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    (folder / "again").mkdir()
    return wheel, archive, built(unpacked, folder / "again", "wheel")


@pytest.fixture(scope="module")
def bpc(packages, tmp_path_factory):
    """Runs the installed command in an empty folder; the checkout is on no path of it."""
    site, empty = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("empty")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
    ]
    subprocess.run([*command, "--target", str(site), str(packages[2])], check=True, capture_output=True)
    for library in (jinja2, markupsafe, yaml):  # what the wheel requires, as it is here
        shutil.copytree(Path(library.__file__).parent, site / library.__name__)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*arguments: str, python: bool = False) -> subprocess.CompletedProcess[str]:
        start = f"import sys; sys.path.insert(0, {str(site)!r}); sys.argv[0] = 'bpc'"
        entry = "import bpc; exec(sys.argv[1])" if python else "from bpc.cli.main import main; sys.exit(main())"
        command = [sys.executable, "-I", "-S", "-c", f"{start}; {entry}", *arguments]
        return subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, check=False)

    run.folder, run.site = empty, site
    return run


def test_the_archive_gives_the_same_wheel(packages):
    wheel, _, again = packages
    assert wheel.read_bytes() == again.read_bytes()


def test_the_wheel_has_all_and_only_that(packages):
    with zipfile.ZipFile(packages[0]) as file:
        names = set(file.namelist())
    assert {name.split("/")[0] for name in names} == {
        "bpc",
        "bpc_targets",
        "bpc_clouds",
        next(n.split("/")[0] for n in names if ".dist-info" in n),
    }
    for root, package in (
        (ROOT / "compiler", "bpc"),
        (ROOT / "targets", "bpc_targets"),
        (ROOT / "targets", "bpc_clouds"),
        (ROOT, "blueprints"),
    ):
        known = [
            p.relative_to(root) for p in (root / package).rglob("*") if p.is_file() and "__pycache__" not in p.parts
        ]
        assert known
        assert [str(p) for p in known if str(p).replace("blueprints/", "bpc/samples/") not in names] == []
    assert {"bpc/py.typed", "bpc_targets/py.typed", "bpc_clouds/py.typed"} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_the_command_is_installed(bpc):
    assert (bpc.site / "bin" / "bpc").exists()
    where = bpc("print(bpc.__file__, bpc.api.__file__)", python=True).stdout
    assert where.split() == [str(bpc.site / "bpc" / "__init__.py"), str(bpc.site / "bpc" / "api.py")]


def test_it_names_the_samples(bpc):
    assert bpc("new", "--list").stdout.split() == SAMPLES


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_s_whole_way(bpc, sample):
    new = bpc("new", f"{sample}-copy", "--sample", sample)
    assert new.returncode == 0, new.stderr
    made, kept = bpc.folder / f"{sample}-copy", ROOT / "blueprints" / sample
    files = {str(p.relative_to(made)): p.read_bytes() for p in made.rglob("*") if p.is_file()}
    assert files == {
        str(p.relative_to(kept)): p.read_bytes()
        for p in kept.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    blueprint = f"{sample}-copy/solution.bp"
    for arguments in (["check", blueprint], ["compile", blueprint, "-o", f"{sample}-out"], ["model", blueprint]):
        done = bpc(*arguments)
        assert done.returncode == 0, done.stderr
    assert (bpc.folder / f"{sample}-out" / "heat" / "stack.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["explain", "BPC401"], "BPC401: WrongType"),
        (["explain"], "BPC001"),
        (["explain", "HEAT001"], "HEAT001"),
        (["targets"], "| construct | OpenStack Heat |"),
        (["completion", "bash"], "_bpc() {"),
        (["completion", "fish"], "complete -c bpc"),
        (["model", "--schema"], "{"),
        (["--version"], "bpc "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_needs_no_blueprint(bpc, arguments, begins):
    done = bpc(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(begins)


def test_what_the_cloudformation_target_needs_is_named(bpc, tmp_path):
    """Where only `bpc` itself is installed, its other targets work, and this one says what is missing."""
    assert bpc("new", "single").returncode == 0
    done = bpc("compile", "single/solution.bp", "--target", "cloudformation")
    assert done.returncode == 2
    assert "pip install troposphere" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_each_golden_text_is_there_once():
    from goldens import GOLDEN, repeated

    assert repeated(GOLDEN) == []


def test_each_package_is_built_typed_and_under_contract():
    """A package that is added to the source roots is in the wheel, in the type check and in the import contracts."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    found = {path.parent for root in ("compiler", "targets") for path in ROOT.glob(f"{root}/*/__init__.py")}
    assert {str(path.relative_to(ROOT)) for path in found} == set(
        project["hatch"]["build"]["targets"]["wheel"]["packages"]
    )
    assert {path.name for path in found} == set(project["mypy"]["packages"])
    assert {path.name for path in found} == set(project["importlinter"]["root_packages"])
    layers = next(c for c in project["importlinter"]["contracts"] if c["type"] == "layers")
    assert layers["exhaustive"], "a new module of bpc has a place among the layers"
