"""docs/beyond.md: each of its projects compiles for the clouds for which it has files, and their judges find nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bpc.api
from bpc.files import write_folder

PAGE = (Path(__file__).parents[1] / "docs" / "beyond.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+ title=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROJECTS = {
    part.partition("\n")[0]: dict(BLOCK.findall(part))
    for part in PAGE.split("\n## ")[1:]
    if "title=solution.bp" in part
}
HEAT_ONLY = {"Virtual addresses"}


def stack(topic: str, cloud: str, folder: Path) -> tuple[Path, str]:
    """The folder of the compiled stack, and its template."""
    for name, text in PROJECTS[topic].items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    made = bpc.api.compile(folder / "solution.bp", targets=(cloud,))
    assert [item.text for item in made.diagnostics] == []
    files = made.artifacts[cloud].files
    write_folder(str(folder / cloud), files)
    return folder / cloud, files["stack.yaml"]


def test_every_topic_of_the_table_has_a_project() -> None:
    rows = re.findall(r"^\| \[([^\]]+)\]\(#([^)]+)\)", PAGE, re.MULTILINE)
    assert [name[0].upper() + name[1:] for name, _ in rows] == list(PROJECTS)
    assert all(link == re.sub(r"\W+", "-", name.lower()) for name, link in rows)
    assert len(rows) == 8


@pytest.mark.slow
@pytest.mark.parametrize("topic", PROJECTS)
def test_heat_accepts_it(topic: str, tmp_path: Path) -> None:
    from judges.heat import judge

    assert judge(stack(topic, "heat", tmp_path)[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("topic", sorted(PROJECTS.keys() - HEAT_ONLY))
def test_cfn_lint_finds_nothing(topic: str, tmp_path: Path) -> None:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    text = stack(topic, "cloudformation", tmp_path)[1]
    assert lint(text, config=ManualArgs(regions=["eu-west-1"], ignore_checks=["W3002"])) == []


def test_what_is_of_one_cloud_alone_is_refused_for_the_other(tmp_path: Path) -> None:
    for name, text in PROJECTS["Virtual addresses"].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",))
    assert [item.code for item in made.diagnostics if item.severity == "error"] == ["BPC476"]


@pytest.mark.parametrize(
    ("topic", "cloud", "parts"),
    [
        ("Stickiness", "heat", ["session_persistence: { type: HTTP_COOKIE }"]),
        ("Stickiness", "cloudformation", ["Key: stickiness.enabled", 'Value: "3600"']),
        ("DNS names", "heat", ["OS::Designate::RecordSet"]),
        ("DNS names", "cloudformation", ["AWS::Route53::RecordSet"]),
        ("Scaling by schedule", "cloudformation", ["AWS::AutoScaling::ScheduledAction"]),
        ("Redirects", "heat", ["OS::Octavia::L7Policy"]),
        ("Redirects", "cloudformation", ["StatusCode: HTTP_301"]),
        ("Routes by name or path", "heat", ["REDIRECT_TO_POOL"]),
        ("Routes by name or path", "cloudformation", ["AWS::ElasticLoadBalancingV2::ListenerRule"]),
        ("Fixed addresses", "heat", ["10.0.0.20"]),
        ("Fixed addresses", "cloudformation", ['PrivateIpAddress: "10.0.0.20"']),
        ("Virtual addresses", "heat", ["allowed_address_pairs"]),
    ],
)
def test_it_is_in_the_stack(topic: str, cloud: str, parts: list[str], tmp_path: Path) -> None:
    text = stack(topic, cloud, tmp_path)[1]
    assert [part for part in parts if part not in text] == []
