"""`bpc.api`: the page's example runs, and the functions give what the command prints."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bpc
import bpc_targets
from bpc.cli.main import main

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "blueprints" / "shop" / "solution.bp"
WRONG = ROOT / "tests" / "cases" / "start-cycle" / "solution.bp"


def example() -> str:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    return page.partition("```python\n")[2].partition("```")[0]


def test_the_page_s_example(tmp_path):
    command = [sys.executable, "-c", example()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "BPC401 error" in done.stdout
    assert (tmp_path / "out" / "heat" / "stack.yaml").exists()


def test_the_example_s_types(tmp_path):
    pytest.importorskip("mypy", reason="the extra `lint` brings it")
    (tmp_path / "example.py").write_text(example(), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path), "example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_importing_bpc_imports_nothing_else():
    code = "import sys, bpc; print(sorted(name for name in sys.modules if name.startswith('bpc')))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        == b"['bpc', 'bpc.errors']\n"
    )


def test_diagnostics_are_those_of_the_command(capsys):
    assert main(["check", str(WRONG), "--format", "json"]) == 1
    result = bpc.api.check(WRONG)
    assert [bpc.api.as_json(d) for d in result.diagnostics] == json.loads(capsys.readouterr().out)
    assert not result.ok
    assert result.model is None
    main(["check", str(WRONG)])
    assert bpc.api.report(result.diagnostics[0]) in capsys.readouterr().err


def test_check_looks_into_every_environment(tmp_path):
    shutil.copytree(SHOP.parent, tmp_path / "shop")
    blueprint = tmp_path / "shop" / "solution.bp"
    text = blueprint.read_text(encoding="utf-8")
    blueprint.write_text(text.replace("count = 4..40", "count = 40..4"), encoding="utf-8")
    assert bpc.api.check(blueprint, environment="test").ok
    assert bpc.api.model(blueprint).ok
    assert "BPC403" in [d.code for d in bpc.api.check(blueprint).diagnostics]


def test_model_is_that_of_the_command(capsys):
    assert main(["model", str(SHOP), "--env", "production"]) == 0
    assert bpc.api.model(SHOP, environment="production").model == json.loads(capsys.readouterr().out)


def test_files_are_those_of_the_command(tmp_path):
    assert main(["compile", str(SHOP), "-o", str(tmp_path / "command")]) == 0
    folders = bpc.api.write(bpc.api.compile(SHOP), tmp_path / "functions")
    assert folders == {"heat": str(tmp_path / "functions" / "heat")}
    made, written = (
        {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in (tmp_path / "command", tmp_path / "functions")
    )
    assert made == written
    assert Path("heat/stack.yaml") in made


def test_flavors_and_limits():
    flavors = {
        "tiny": {"cpu": 1, "memory": "1GiB", "disk": "10GiB"},
        "large": {"cpu": 8, "memory": 2**34, "disk": 2**36},
    }
    assert "large" in bpc.api.compile(SHOP, flavors=flavors).artifacts["heat"].files["environment.yaml"]
    arm = {"a1.large": {"cpu": 8, "memory": "16GiB", "disk": "64GiB", "architecture": "aarch64"}}
    found = bpc.api.compile(SHOP, flavors=arm).diagnostics
    assert {d.code for d in found} == {"HEAT006"}, "the shop's machines are x86_64"
    found = bpc.api.compile(SHOP, targets=["cfn"], flavors=arm).diagnostics
    assert {d.code for d in found} == {"CFN009"}
    found = bpc.api.compile(SHOP, limits={"resources": 3}).diagnostics
    assert [d.code for d in found] == ["HEAT001"]


def test_what_does_not_exist(tmp_path):
    for wrong in (
        lambda: bpc.api.compile(SHOP, targets=["heath"]),
        lambda: bpc.api.compile(SHOP, flavors={"tiny": {"cpu": "one"}}),
        lambda: bpc.api.compile(SHOP, flavors={"a": {"cpu": 1, "memory": 1, "architecture": "vax"}}),
        lambda: bpc.api.compile(SHOP, targets=["heat", "cfn"], flavors={"a": {"cpu": 1, "memory": 1}}),
        lambda: bpc.api.explain("BPC999"),
        lambda: bpc.api.explain_tier(SHOP, "wbe"),
        lambda: bpc.api.explain_tier(SHOP, "web", targets=["heath"]),
        lambda: bpc.api.new(tmp_path / "new", "no such sample"),
        lambda: bpc.api.new(ROOT),
    ):
        with pytest.raises(bpc.UsageError):
            wrong()
    with pytest.raises(ValueError, match="nothing to write"):
        bpc.api.write(bpc.api.compile(WRONG), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_pages_targets_and_schema():
    assert bpc.api.explain("bpc401") == bpc.api.pages()["BPC401"]
    assert [target.name for target in bpc.api.targets()] == [
        entry.name for entry in (*bpc_targets.STACKS, *bpc_targets.IMAGES)
    ]
    assert "Group" in bpc.api.model_schema()["$defs"]


def test_what_bpc_has_not_made_stays(tmp_path):
    """`-o .` in a project that has a folder called heat."""
    mine = tmp_path / "heat" / "mine.yaml"
    mine.parent.mkdir()
    mine.write_text("precious")
    result = bpc.api.compile(SHOP, images=["mkosi"])
    with pytest.raises(bpc.UsageError, match="bpc has not made it"):
        bpc.api.write(result, tmp_path)
    assert mine.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["heat"]
    mine.unlink()
    bpc.api.write(result, tmp_path)
    bpc.api.write(result, tmp_path)
    assert (tmp_path / "heat" / "stack.yaml").exists()


def test_a_folder_is_known_by_its_manifest(tmp_path):
    result = bpc.api.compile(SHOP, targets=("heat",))
    folder = Path(bpc.api.write(result, tmp_path)["heat"])
    manifest = json.loads((folder / "bpc.json").read_text(encoding="utf-8"))
    assert manifest["files"] == sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != "bpc.json"
    )
    deployment = manifest["deployment"]
    assert {item["name"]: item["value"] for item in deployment["parameters"]}["image_web"] == deployment["uploads"][0][
        "image"
    ]
    assert [item["tier"] for item in deployment["awaited"]] == ["web", "app", "db"]
    assert deployment["kept"] == [{"kind": "Kept", "tier": "db", "volume": "data"}]
    (folder / "README.txt").write_text("mine", encoding="utf-8")
    bpc.api.write(result, tmp_path)  # the manifest says whose it is
    (folder / "bpc.json").unlink()
    bpc.api.write(result, tmp_path)  # a folder of the version before, which had no manifest
    (folder / "README.txt").unlink()
    (folder / "bpc.json").write_text('{"made_by": "npm"}', encoding="utf-8")
    with pytest.raises(bpc.UsageError, match="bpc has not made it"):
        bpc.api.write(result, tmp_path)


def test_updates_in_two_steps_are_data():
    """CloudFormation: the parameter that takes a tier's machines away and brings them back, and what an update leaves alone."""
    deployment = bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].deployment
    assert [(phase.step, phase.parameter, phase.value) for phase in deployment.phases if phase.tiers == ("db",)] == [
        (0, "PresentDb", "none"),
        (1, "PresentDb", "all"),
    ]
    assert {item.name for item in deployment.parameters if item.fixed} == {"AwaitsWeb", "AwaitsApp", "AwaitsDb"}
