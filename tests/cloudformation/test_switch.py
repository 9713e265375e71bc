"""Members that hold a volume or an address are changed in several updates: the machines go, what they hold stays."""

from __future__ import annotations

import pytest
import yaml
from test_compile import ROOT

import bpc.api

SHOP = ROOT / "blueprints" / "shop" / "solution.bp"


def files() -> dict:
    return bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].files


def test_machines_go_and_what_they_hold_stays():
    made = yaml.safe_load(files()["stack.yaml"])
    switched = {name for name, resource in made["Resources"].items() if "Condition" in resource}
    assert switched == {"InstanceDbX0", "AttachmentDbXDataX0", "WaitDbX0"}
    entry = {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "PresentDb"}]}]}
    assert made["Conditions"]["HasDbX0"] == {"Fn::Not": [{"Fn::Equals": [entry, "none"]}]}
    assert made["Conditions"]["NewestDbX0"] == {"Fn::Equals": [entry, "all"]}
    assert made["Parameters"]["PresentDb"]["Default"] == "all"
    for name, resource in made["Resources"].items():
        depends = resource.get("DependsOn", [])
        assert not switched & set([depends] if isinstance(depends, str) else depends) - switched, name


def test_the_readme_says_so_for_tiers_that_need_it():
    readme = files()["README.txt"]
    assert 'PresentDb = "none"' in readme
    assert "PresentApp" not in readme, "its members can be replaced: they hold nothing"


TIER = """blueprint 1
image base {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/16" }}
  tier t {{
    image = base
    network = n
    count = {count}
    {more}
  }}
}}
"""
VOLUME = 'volume data { size = 1GiB, mount = "/data" }'
BATCH = "update { batch = 2 }"


@pytest.mark.parametrize(
    ("count", "more", "first"),
    [(4, "", 1), (40, "", 2), (40, VOLUME, 40), (4, f"{VOLUME}\n{BATCH}", 4), (4, BATCH, 2)],
)
def test_batches(tmp_path, count, more, first):
    """How many members begin at once: those that depend on no other one. A cluster's members may wait for one another."""
    blueprint = tmp_path / "solution.bp"
    blueprint.write_text(TIER.format(count=count, more=more))
    found = bpc.api.compile(blueprint, targets=("cfn",)).artifacts["cloudformation"].files
    made = yaml.safe_load(found["stack.yaml"])["Resources"]
    members = {name: one for name, one in made.items() if one["Type"] == "AWS::EC2::Instance"}
    assert len(members) == count
    assert sum(not set(one["DependsOn"]) & set(members) for one in members.values()) == first
