"""Input that no user means: each ends in a clear message, never in a traceback, and leaves the earlier output as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bpc.cli.main import main

HEAD = 'blueprint 1\nimage base { from = debian("12") }\n'
PLAIN = HEAD + (
    'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/16" }\n'
    "  tier t {\n    image = base\n    network = n\n    count = COUNT\n    EXTRA\n  }\n}\n"
)


def blueprint(folder: Path, text: str | bytes) -> str:
    path = folder / "solution.bp"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def compiled(path: str, folder: Path, *more: str) -> int:
    return main(["compile", path, "-o", str(folder / "out"), *more])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00\x01 binary", "BPC003"),
        (b"blueprint 1\n\x00", "BPC003"),
        ("blueprint 1\nlet a = " + "[" * 100_000 + "]" * 100_000, "BPC109"),
        ("blueprint 1\n" + "x" * 10_000_000, "BPC1"),
        ("", "BPC107"),
    ],
    ids=["binary", "nul", "deep", "10MB", "empty"],
)
def test_content(content, code, tmp_path, capsys):
    assert compiled(blueprint(tmp_path, content), tmp_path) == 1
    assert code in capsys.readouterr().err


def test_missing_and_unreadable_files(tmp_path, capsys):
    assert compiled(str(tmp_path / "none.bp"), tmp_path) == 1
    (tmp_path / "loop.bp").symlink_to("loop.bp")
    assert compiled(str(tmp_path / "loop.bp"), tmp_path) == 1
    (tmp_path / "folder.bp").mkdir()
    assert compiled(str(tmp_path / "folder.bp"), tmp_path) == 1
    assert capsys.readouterr().err.count("error[BPC001]") == 3


def test_link_that_leaves_the_project(tmp_path, capsys):
    (tmp_path / "secret.bp").write_text("blueprint 1\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "images.bp").symlink_to("../secret.bp")
    assert compiled(blueprint(project, 'blueprint 1\nimport "images.bp" as images\n'), tmp_path) == 1
    assert "BPC002" in capsys.readouterr().err


def test_more_members_than_heat_takes(tmp_path, capsys):
    text = PLAIN.replace("COUNT", "1000").replace("EXTRA", "expose http { port = 80 }")
    assert compiled(blueprint(tmp_path, text), tmp_path) == 1
    assert "HEAT001" in capsys.readouterr().err
    assert compiled(str(tmp_path / "solution.bp"), tmp_path, "--limit", "resources=5000") == 0


def test_four_hundred_plain_workers_fit(tmp_path):
    assert compiled(blueprint(tmp_path, PLAIN.replace("COUNT", "400").replace("EXTRA", "")), tmp_path) == 0


def test_no_flavor_is_large_enough(tmp_path, capsys):
    (tmp_path / "flavors.json").write_text('{"small": {"cpu": 1, "memory": "1GiB", "disk": "10GiB"}}')
    text = PLAIN.replace("COUNT", "1").replace("EXTRA", "machine { cpu = 2 }")
    path = blueprint(tmp_path, text)
    assert compiled(path, tmp_path, "--flavors", str(tmp_path / "flavors.json")) == 1
    assert "HEAT006" in capsys.readouterr().err


def test_no_customary_flavor_is_large_enough(tmp_path):
    """The stack says that the flavor is a stand-in, and so does what must exist before it."""
    path = blueprint(tmp_path, PLAIN.replace("COUNT", "1").replace("EXTRA", "machine { cpu = 1000 }"))
    assert compiled(path, tmp_path) == 0
    for name in ("stack.yaml", "README.txt"):
        text = " ".join((tmp_path / "out" / "heat" / name).read_text().split())
        assert "no customary one has 1000 CPU" in text and "m1.xlarge stands here to be replaced" in text
        assert "the smallest" not in text


def test_failed_compile_leaves_the_earlier_output(tmp_path):
    good = PLAIN.replace("COUNT", "1").replace("EXTRA", "")
    assert compiled(blueprint(tmp_path, good), tmp_path) == 0
    stack = tmp_path / "out" / "heat" / "stack.yaml"
    before = stack.read_bytes()
    assert compiled(blueprint(tmp_path, good.replace("network = n", "network = m")), tmp_path) == 1
    assert stack.read_bytes() == before
    assert sorted(os.listdir(tmp_path / "out")) == ["heat"]


def test_secret_value_stands_in_no_output(tmp_path):
    text = (
        'blueprint 1\nimage base {\n  from = debian("12")\n  param p: secret\n'
        '  file "/etc/x" { text = "password=${p}" }\n}\n'
        'solution s {\n  version = "1"\n  secret pw { length = 20 }\n  network n { cidr = "10.0.0.0/16" }\n'
        "  tier t {\n    image = base(p = pw)\n    network = n\n  }\n}\n"
    )
    assert compiled(blueprint(tmp_path, text), tmp_path) == 0
    data = (tmp_path / "out" / "heat" / "user-data" / "t.yaml").read_text()
    assert "password=@@secret.pw@@" in data
    assert 'permissions: "0600"' in data


BIG = {
    "chain of lets": "".join(f"  let a{n} = a{n + 1}\n" for n in range(3000)) + "  let a3000 = 1\n  output o = a0\n",
    "doubled text": '  let a0 = "0123456789"\n'
    + "".join(f"  let a{n + 1} = a{n} + a{n}\n" for n in range(60))
    + "  output o = a60\n",
    "interpolated text": '  let a0 = "0123456789"\n'
    + "".join(f'  let a{n + 1} = "${{a{n}}}${{a{n}}}"\n' for n in range(60))
    + "  output o = a60\n",
    "doubled list": "  let a0 = [1]\n"
    + "".join(f"  let a{n + 1} = a{n} + a{n}\n" for n in range(60))
    + "  output o = length(a60)\n",
    "loops in loops": "  let a = length([length([y for y in range(100000)]) for x in range(100000)])\n  output o = a\n",
    "blocks in loops": "  for x in range(100000) {\n    for y in range(100000) {\n    }\n  }\n",
}


@pytest.mark.parametrize("text", BIG.values(), ids=BIG.keys())
def test_what_would_exhaust_the_compiler(text, tmp_path, capsys):
    path = blueprint(tmp_path, HEAD + 'solution s {\n  version = "1"\n' + text + "}\n")
    assert compiled(path, tmp_path) == 1
    err = capsys.readouterr().err
    assert "BPC403" in err or "BPC433" in err


def test_files_that_import_one_another_in_a_row(tmp_path, capsys):
    for number in range(1500):
        text = f'blueprint 1\nimport "{number + 1}.bp" as next\nlet v = next.v\n'
        (tmp_path / f"{number}.bp").write_text(text)
    (tmp_path / "1500.bp").write_text("blueprint 1\nlet v = 1\n")
    assert compiled(str(tmp_path / "0.bp"), tmp_path) == 1
    assert "BPC109" in capsys.readouterr().err
