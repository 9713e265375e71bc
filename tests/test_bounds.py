"""Hostile blueprints of at most 10 kB: each ends in a diagnostic within 10 s of CPU and 1 GB, through all targets."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bpc import api
from bpc.diagnostics.base import did_you_mean

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))
from hostile import ATTACKS, HEAD, NETWORK, TIER, solution, template

pytestmark = pytest.mark.slow

ALL = (
    "--target",
    "heat",
    "--target",
    "cfn",
    "--images",
    "mkosi",
    "--images",
    "packer",
    "--images",
    "diskimage-builder",
)
LARGEST = 10_240
SECONDS, MEMORY = 10, 2**30


def limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_blueprint_ends_soon(name, tmp_path):
    files = ATTACKS[name]
    assert sum(len(text.encode()) for text in files.values()) <= LARGEST
    for path, text in files.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    check = "environment" in name
    arguments = ["check"] if check else ["compile", *ALL, "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "bpc", *arguments[:1], str(tmp_path / "solution.bp"), *arguments[1:]],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limits,
    )
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert done.returncode == 0 or re.search(r"error\[[A-Z]+\d{3}\]", done.stderr)


def test_what_is_too_much_is_told_at_its_line(tmp_path):
    (tmp_path / "solution.bp").write_text(
        f'{HEAD}solution s {{\n  version = "1"\n{NETWORK}{TIER}'
        "  let a = [x for x in range(100000)]\n  let b = [y for x in a for_each]\n}\n".replace(
            "  let b = [y for x in a for_each]\n", "  output o = length([length([y for y in a]) for x in a])\n"
        )
    )
    [found] = api.check(tmp_path / "solution.bp").diagnostics
    assert (found.code, api.as_json(found)["line"]) == ("BPC433", 11)


def test_misspelt_names_take_a_bounded_time(tmp_path):
    names = "".join(f'  network network_{n} {{ cidr = "10.{n // 250}.{n % 250}.0/24" }}\n' for n in range(2500))
    tiers = "".join(f"  tier t{n} {{\n    image = base\n    network = netwrok_{n}\n  }}\n" for n in range(2500))
    (tmp_path / "solution.bp").write_text(f'{HEAD}solution s {{\n  version = "1"\n{names}{tiers}}}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    found = api.check(tmp_path / "solution.bp").diagnostics
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 5
    assert len(found) == 2500 and all(d.hint for d in found)


def test_the_nearest_of_many_names():
    names = frozenset(f"name_{n}" for n in range(5000))
    assert did_you_mean("name_4321x", names) == 'did you mean "name_4321"?'
    assert did_you_mean("x" * 5000, names) == ""


def test_a_large_project_has_a_larger_budget(tmp_path):
    """What is written out, not repeated, may be as long as it likes."""
    lets = "".join(f"  let a{n} = [x for x in range(100)]\n  output o{n} = length(a{n})\n" for n in range(6000))
    (tmp_path / "solution.bp").write_text(solution(TIER + lets)["solution.bp"])
    assert api.model(tmp_path / "solution.bp").ok


def test_environments_share_one_budget(tmp_path):
    body = "".join(f"  environment e{n} {{ bake = base }}\n" for n in range(40))
    text = solution(f"{body}{TIER}  let a = [x for x in range(200000)]\n  output o = length(a)\n")["solution.bp"]
    (tmp_path / "solution.bp").write_text(text)
    assert [d.code for d in api.check(tmp_path / "solution.bp").diagnostics] == ["BPC433"]
    assert api.check(tmp_path / "solution.bp", environment="e1").ok


def test_templates_of_one_compilation_share_its_budget(tmp_path):
    """A template that is fine by itself, rendered for many tiers."""
    for path, text in template("{% for i in range(30000) %}{% endfor %}").items():
        (tmp_path / path).write_text(text)
    assert api.check(tmp_path / "solution.bp").ok
    many = template(
        "{% for i in range(30000) %}{{ i }}{% endfor %}",
        "".join(TIER.replace("tier t", f"tier t{n}").replace("= base", f'= base(p = "{n}")') for n in range(40)),
    )
    for path, text in many.items():
        (tmp_path / path).write_text(text)
    assert "BPC433" in {d.code for d in api.check(tmp_path / "solution.bp").diagnostics}
