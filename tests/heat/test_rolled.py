"""What an update does to each tier's machines is data, stands in README.txt, and is told when it is not what one expects."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import bpc.api

if TYPE_CHECKING:
    from pathlib import Path

    from bpc.deployment import Rolled

BLUEPRINT = """blueprint 1
image page {
  from     = debian("12")
  param    peers: list = []
  packages = ["nginx"]
  file "/etc/peers" { text = "${join(" ", peers)}" }
}
solution s {
  version = "1"
  network lan { cidr = "10.0.0.0/16" }
  tier w {
    image   = page
    network = lan
    machine { cpu = 1, memory = 1GiB, disk = 10GiB }
    expose  ssh { port = 22 }
MEMBERS
  }
  tier other {
    image   = page(peers = w.ssh.hosts)
    network = lan
    machine { cpu = 1, memory = 1GiB, disk = 10GiB }
  }
}
"""
CASES = {
    "count = 3": ("1 at a time, ready before the next", {"waits", "batch=1"}),
    "count = 3\n update { batch = 3 }": (
        "3 at a time, ready before the next; none is in service until then",
        {"waits", "stops", "batch=3"},
    ),
    "count = 1": ("1 at a time, ready before the next; none is in service until then", {"waits", "stops", "batch=1"}),
    "count = 3\n spread = hosts": (
        "1 at a time, ready before the next; needs a host without a machine of the tier",
        {"waits", "spread", "batch=1"},
    ),
    "count = 240": ("without waiting until they are ready", {"batch=1"}),
    "count = 2..4\n scale { metric = cpu, target = 60% }": ("1 at a time, ready before the next", {"waits", "batch=1"}),
    "count = 1..4\n scale { metric = cpu, target = 60% }": (
        "new ones are made beside the old",
        {"waits", "adds", "batch=4"},
    ),
}


def said(item: Rolled) -> set[str]:
    return {name for name in ("waits", "adds", "stops", "spread") if getattr(item, name)} | {f"batch={item.batch}"}


@pytest.mark.parametrize("members", CASES)
def test_each_tier_says_how_it_rolls(members: str, tmp_path: Path) -> None:
    words, flags = CASES[members]
    blueprint = tmp_path / "solution.bp"
    blueprint.write_text(BLUEPRINT.replace("MEMBERS", members))
    made = bpc.api.compile(str(blueprint), targets=("heat",)).artifacts["heat"]
    rolled = {item.tier: item for item in made.deployment.rolled}
    assert said(rolled["w"]) == flags
    assert any(line.startswith("    w: ") and words in line for line in made.files["README.txt"].splitlines())
    scales = ".." in members
    assert rolled["other"].follows == (("w",) if scales else ())
    assert ("other has the addresses of w" in made.files["README.txt"]) is scales


def test_what_nobody_expects_is_told_when_compiling(tmp_path: Path) -> None:
    (tmp_path / "solution.bp").write_text(
        BLUEPRINT.replace("MEMBERS", 'volume d { size = 1GiB, mount = "/d" }\n count = 1')
    )
    assert "Not in service while an update replaces their machines: w\n" in compiled(tmp_path)
    (tmp_path / "solution.bp").write_text(
        BLUEPRINT.replace("MEMBERS", "count = 2..4\n scale { metric = cpu, target = 60% }")
    )
    assert "Replaced without waiting by an update after w has scaled: other\n" in compiled(tmp_path)


def compiled(folder: Path) -> str:
    words = [sys.executable, "-m", "bpc", "compile", "solution.bp", "--target", "heat"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout
