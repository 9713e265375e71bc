"""Odd options, files and names: each ends in a diagnostic or a word about usage, never in a traceback or a wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpc import api
from bpc.cli.main import main

HEAD = 'blueprint 1\nimage base { from = debian("12") }\n'
GOOD = HEAD + (
    'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/16" }\n  let a = 1\n'
    "  tier t {\n    image = base\n    network = n\n  }\n}\n"
)
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "solution.bp").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD.replace("let a = 1", "blueprint 1"), "BPC114"),
        (GOOD.replace("network = n\n", "network = n\n    blueprint 1\n"), "BPC114"),
        (GOOD.replace("let a = 1", "tier d {\n image = base\n network = t.hosts\n }"), "BPC401"),
        (GOOD.replace("base {", 'base {\n file "/etc/x" { text = "" }\n file "/etc/x/y" { text = "" }\n'), "BPC403"),
        (GOOD.replace("base {", f'base {{\n file "/etc/{"x" * 256}" {{ text = "" }}\n'), "BPC403"),
        (GOOD.replace("base {", f'base {{\n file "/etc/{"é" * 128}" {{ text = "" }}\n'), "BPC403"),
        (GOOD.replace("base {", f'base {{\n file "{"/etc" * 300}" {{ text = "" }}\n'), "BPC403"),
        (GOOD.replace("base {", 'base {\n file "/etc/x" { source = "a\\u{0}b" }\n'), "BPC321"),
        (GOOD.replace("base {", f'base {{\n file "/etc/x" {{ source = "{"x" * 300}" }}\n'), "BPC001"),
        (GOOD.replace("base {", 'base {\n file "/etc/x" { source = "pipe" }\n'), "BPC001"),
        (GOOD.replace("a = 1", 'a = format("{²}", 1)'), ""),
        (GOOD.replace("a = 1", 'a = format("{²}", 1)\n  output o = a'), "BPC403"),
        (GOOD.replace("a = 1", f'a = format("{{{"9" * 5000}}}", 1)\n  output o = a'), "BPC403"),
    ],
)
def test_blueprint(text, code, project):
    os.mkfifo(project / "pipe")
    (project / "solution.bp").write_text(text)
    result = api.compile("solution.bp", targets=("heat",), images=("mkosi",))
    found = {d.code for d in result.diagnostics if d.severity == "error"}
    assert code in found or (not code and not found)


OPTIONS = [
    *(["--limit", f"resources={value}"] for value in ("²", "1" * 5000, "-1", "", "\u0661", "1e3")),
    *(["--set", f"a={value}"] for value in ("1" * 5000, "²", "\udcff", "(", '"', "[" * 5000, "1e999", "")),
    *(
        ["--set", "\udcff=1"],
        ["--set", "=1"],
        ["--env", "\udcff"],
        ["--env", "x" * 5000],
        ["--target", "\udcff"],
        ["--images", "\udcff"],
    ),
    *(["-o", "solution.bp"], ["-o", "x" * 300], ["-o", "/dev/null"], ["-o", "pipe"], ["-o", "solution.bp/x"]),
    *(["--flavors", name] for name in ("none.json", ".", "pipe", "/dev/zero", "x" * 300)),
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ascii(" ".join(options))[:40])
def test_options_of_compile(options, project):
    os.mkfifo(project / "pipe")
    assert main(["compile", *options]) in (0, 1, 2)


@pytest.mark.parametrize(
    "command", [["check"], ["model"], ["explain", "t"], ["where", "x"], ["build", "--explain"]], ids=" ".join
)
@pytest.mark.parametrize(
    "options", [["--set", "a=\udcff"], ["--env", "\udcff"], ["--set", "a=" + "9" * 5000]], ids=ascii
)
def test_options_of_others(command, options, project):
    assert main([*command, *options]) in (0, 1, 2)


FLAVORS = [
    *(
        "1e999",
        "[]",
        "[1]",
        "null",
        '"x"',
        DEEP,
        "[" * 100_000,
        "\ud7ff",
        "{",
        '{"a": 1}',
        '{"a": {"cpu": NaN, "memory": 1}}',
    ),
    *(f'{{"a": {{"cpu": {cpu}, "memory": "1GiB"}}}}' for cpu in ("1e999", '"²"', "null", "[]", "1" * 5000)),
    *(f'{{"a": {{"cpu": 1, "memory": {size}}}}}' for size in ("1e999", '"²GiB"', f'"{"9" * 5000}GiB"', "{}", "true")),
    *(
        '[{"Name": "a"}]',
        '[{"Name": "a", "VCPUs": 1e999, "RAM": 1, "Disk": 1}]',
        '[{"Name": [], "VCPUs": "x", "RAM": 1, "Disk": 1}]',
    ),
]


@pytest.mark.parametrize("text", FLAVORS, ids=lambda text: text[:40])
def test_flavors(text, project):
    (project / "flavors.json").write_text(text)
    assert main(["compile", "--flavors", "flavors.json"]) in (0, 1, 2)
    assert main(["explain", "t", "--flavors", "flavors.json"]) in (0, 1, 2)


def test_flavors_as_the_client_lists_them(project):
    listed = [
        {"ID": "1", "Name": name, "RAM": memory, "Disk": disk, "Ephemeral": 0, "VCPUs": cpu, "Is Public": True}
        for name, cpu, memory, disk in (("tiny", 1, 512, 1), ("fitting", 1, 1024, 10), ("large", 4, 8192, 80))
    ]
    (project / "flavors.json").write_text(json.dumps(listed))
    assert main(["compile", "--flavors", "flavors.json"]) == 0
    assert "fitting" in (project / "out" / "heat" / "environment.yaml").read_text()


@pytest.mark.parametrize(
    "text",
    [DEEP, "[" * 100_000, "[1]", "{}", '{"events": 1}', "1e999", "9" * 5000, "a." * 20_000, "\0"],
    ids=lambda t: t[:9],
)
def test_events(text, project):
    (project / "events").write_text(text)
    assert main(["where", "--events", "events"]) in (0, 1, 2)
    assert main(["where", text]) in (0, 1, 2)


def test_blueprint_whose_name_is_not_utf8(project, capsys):
    name = os.fsdecode(b"x\xff.bp")
    Path(name).write_text(GOOD)
    for command in (["check"], ["compile"], ["model"], ["check", "--format", "json"], ["check", "--format", "sarif"]):
        assert main([command[0], name, *command[1:]]) == 1
    assert "BPC001" in capsys.readouterr().err


def test_pipes_in_the_output(project):
    (project / "out" / "heat").mkdir(parents=True)
    os.mkfifo(project / "out" / "heat" / "README.txt")
    assert main(["compile"]) == 2
    (project / "out" / "heat" / "README.txt").unlink()
    (project / "out" / "heat").rmdir()
    os.mkfifo(project / "out" / "heat")
    assert main(["compile"]) == 2


def test_a_terminal_that_knows_ascii_only(project):
    done = subprocess.run(
        [sys.executable, "-m", "bpc", "explain", "t"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
