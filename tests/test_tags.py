"""Tags reach every thing that can carry them, and change nothing where there are none."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import bpc.api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLUEPRINT = """blueprint 1
image page { from = debian("12") }
solution s {
  version = "1"
  tags    = { cost_center = "42", team = "all" }
  secret  word { length = 20 }
  network lan { cidr = "10.0.0.0/24", public = true }
  tier own {
    image   = page
    network = lan
    count   = 2
    tags    = { team = "own" }
    volume  d { size = 1GiB, mount = "/d" }
    expose  http { port = 80, public = true, health = "/" }
  }
  tier more {
    image   = page
    network = lan
    count   = 1..2
    scale   { metric = cpu, target = 50% }
    expose  ssh { port = 22 }
  }
  tier alone {
    image   = page
    network = lan
    expose  ssh { port = 22, public = true }
  }
}
"""
TEAMS = {"own": "own", "more": "all", "alone": "all"}
NEVER = {
    "AWS::EC2::LaunchTemplate": "costs nothing; its TagSpecifications would replace what it starts",
    "AWS::ElasticLoadBalancingV2::Listener": "a part of its balancer, which has them",
}
"""Types that could carry tags and do not, and why."""


def made(target: str, folder: Path, text: str = BLUEPRINT, options: tuple[str, ...] = ()) -> dict[str, str]:
    (folder / "solution.bp").write_text(text)
    result = bpc.api.compile(folder / "solution.bp", targets=(target,), options=options)
    assert not [found for found in result.diagnostics if found.severity == "error"]
    return result.artifacts[target].files


def heat(files: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(file, type, properties) of each resource, also of those that groups make."""
    for name, text in files.items():
        if name.endswith(".yaml") and text.startswith("heat_template_version"):
            for key, item in yaml.safe_load(text)["resources"].items():
                yield f"{name}/{key}", item["type"], item.get("properties", {})


def test_heat(tmp_path: Path) -> None:
    seen = set()
    for place, kind, properties in heat(made("heat", tmp_path)):
        tier = next((tier for tier in TEAMS if f".{tier}." in place or place.startswith(f"{tier}-member")), "")
        wanted = {"cost_center": "42", "team": TEAMS.get(tier, "all")}
        if kind in ("OS::Neutron::Net", "OS::Neutron::Subnet", "OS::Neutron::Router", "OS::Neutron::Port"):
            assert properties["tags"] == [f"{name}={value}" for name, value in wanted.items()], place
            seen.add(kind)
        if kind in ("OS::Nova::Server", "OS::Cinder::Volume"):
            assert wanted.items() <= properties["metadata"].items(), place
            seen.add(kind)
    assert len(seen) == 6


def test_cloudformation(tmp_path: Path) -> None:
    resources = json.loads(made("cloudformation", tmp_path, options=("json",))["stack.json"])["Resources"]
    carriers = 0
    for name, resource in resources.items():
        _, service, kind = resource["Type"].split("::")
        properties = getattr(importlib.import_module(f"troposphere.{service.lower()}"), kind).props
        if not {"Tags", "TagSpecifications"} & properties.keys() or resource["Type"] in NEVER:
            continue
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        tier = tags.get("bpc:tier") or next((tier for tier in TEAMS if name == f"Role{tier.title()}"), "")
        assert (tags["cost_center"], tags["team"]) == ("42", TEAMS.get(tier, "all")), name
        carriers += 1
    assert carriers > 20


@pytest.mark.parametrize("target", ["heat", "cloudformation"])
def test_machines_stay_when_tags_change(target: str, tmp_path: Path) -> None:
    """What a machine boots from, and the launch template, are the same."""
    before, after = (made(target, tmp_path, text) for text in (BLUEPRINT, BLUEPRINT.replace('"own"', '"other"')))
    assert {name: text for name, text in before.items() if name.startswith("user-data/")} == {
        name: text for name, text in after.items() if name.startswith("user-data/")
    }
    if target == "heat":
        assert handles(before) == handles(after) != set()


def handles(files: dict[str, str]) -> set[str]:
    """Named by what a machine boots from: another one would replace it."""
    return {place.rpartition("/")[2] for place, kind, _ in heat(files) if kind == "OS::Heat::WaitConditionHandle"}
