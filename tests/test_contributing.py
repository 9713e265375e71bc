"""docs/contributing.md is true: its additions are made in a copy of the project as they stand there, and work.

A block is ```LANGUAGE title=FILE for a new file, `in=FILE below='a line with this'` for lines that come below that one, indented
as it is, `in=FILE at=end` for lines at the end.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
BLOCK = re.compile(r"^```\w+ (?P<words>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def make(section: str, root: Path) -> list[str]:
    """Adds what a section says; gives the files that it touches."""
    touched = []
    for block in BLOCK.finditer(SECTIONS[section]):
        said = dict(word.split("=", 1) for word in shlex.split(block["words"]))
        path = root / said.get("title", said.get("in", ""))
        touched.append(str(path.relative_to(root)))
        if "title" in said:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if "at" in said:
            lines += ["\n\n", block["text"]]
        else:
            [number] = [number for number, line in enumerate(lines) if said["below"] in line]
            margin = re.match(" *", lines[number])[0]
            opens = lines[number].rstrip().endswith(("{", "(", "["))
            lines.insert(number + 1, indent(block["text"], margin + "    " * opens))
        path.write_text("".join(lines), encoding="utf-8")
    return touched


@pytest.fixture
def copy(tmp_path):
    """The project without what is made from it."""
    for name in ("compiler", "targets", "tests", "grammar", "docs", "pyproject.toml"):
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "golden", "*.egg-info", ".mypy_cache")
        (shutil.copytree(source, tmp_path / name, ignore=ignored) if source.is_dir() else shutil.copy(source, tmp_path))
    return tmp_path


def run(copy: Path, *words: str) -> str:
    """What a command prints with the copy's own packages, whether it succeeds or not."""
    paths = os.pathsep.join([str(copy / "compiler"), str(copy / "targets")])
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


SOLUTION = """blueprint 1
image base { from = debian("12") }
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image = base
    network = n
    machine { SETTING }
  }
}
"""


def test_a_setting(copy):
    assert len(make("A setting", copy)) <= 4
    (copy / "s.bp").write_text(SOLUTION.replace("SETTING", "monitored = true"), encoding="utf-8")
    printed = run(copy, "bpc", "compile", "s.bp", "--target", "heat", "--target", "cfn", "-o", "out")
    assert "wrote" in printed, printed
    for target, property in (("heat", "- monitored"), ("cloudformation", "Monitoring:")):
        assert any(property in path.read_text() for path in (copy / "out" / target).glob("*.yaml")), printed
    (copy / "s.bp").write_text(SOLUTION.replace("SETTING", "monitored = 3"), encoding="utf-8")
    assert "expected a bool, found a whole number" in run(copy, "bpc", "check", "s.bp")
    run(copy, "docs.generate")
    assert "| `monitored` | bool | `false` |" in (copy / "docs/language.md").read_text(encoding="utf-8")


def test_a_setting_of_a_tier_needs_no_further_line(copy):
    """As the page says of `machine` and `tier`: the model has what the setting of the same name says."""
    for name, anchor, line in (
        ("vocabulary.py", '            "spread": SettingSpec(', '            "labelled": SettingSpec(type="bool"),\n'),
        ("model/resources.py", "    spread: Spread | None", "    labelled: bool\n"),
    ):
        path = copy / "compiler" / "bpc" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(anchor) == 1
        path.write_text(text.replace(anchor, line + anchor), encoding="utf-8")
    (copy / "s.bp").write_text(SOLUTION.replace("machine { SETTING }", "labelled = true"), encoding="utf-8")
    assert '"labelled": true' in run(copy, "bpc", "model", "s.bp")


def test_a_function(copy):
    assert len(set(make("A function", copy))) <= 3
    rows = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/language/test_tables.py")
    assert re.search(r"^\d+ passed", rows, re.MULTILINE), rows
    (copy / "s.bp").write_text(SOLUTION.replace("SETTING", 'flavor = trim(" m1 ")'), encoding="utf-8")
    assert '"flavor": "m1"' in run(copy, "bpc", "model", "s.bp")


def test_a_diagnostic(copy):
    touched = make("A diagnostic", copy)
    assert len([name for name in touched if not name.startswith("tests/")]) == 2
    rows = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_mistakes.py", "-k", "file-in-tmp")
    assert re.search(r"^[1-9]\d* passed", rows, re.MULTILINE), rows
    assert "emptied when the machine starts" in run(copy, "bpc", "explain", "BPC499")


def test_a_target(copy):
    assert len(make("A target", copy)) == 2
    (copy / "s.bp").write_text(SOLUTION.replace("SETTING", "cpu = 2"), encoding="utf-8")
    assert "wrote" in run(copy, "bpc", "compile", "s.bp", "--target", "inventory", "-o", "out")
    assert (copy / "out/inventory/machines.json").read_text() == '{\n  "t": 1\n}\n'
    assert "Inventory" in run(copy, "bpc", "targets")


def test_the_files_of_a_resource_are_there():
    named = re.findall(r"^\d+\. `([^`]+)`", SECTIONS["A kind of resource"], re.MULTILINE)
    assert len(named) == 8
    for name in named:
        assert (ROOT / name).exists(), name
