"""Members that hold a volume or an address are changed in two updates: the machines go, what they hold stays."""

from __future__ import annotations

import yaml
from test_compile import ROOT

import bpc.api

SHOP = ROOT / "blueprints" / "shop" / "solution.bp"


def files() -> dict:
    return bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].files


def test_machines_go_and_what_they_hold_stays():
    made = yaml.safe_load(files()["stack.yaml"])
    switched = {name for name, resource in made["Resources"].items() if "Condition" in resource}
    assert switched == {"InstanceDbX0", "AttachmentDbXDataX0"}
    assert made["Conditions"]["HasDb"] == {"Fn::Equals": [{"Ref": "PresentDb"}, "all"]}
    assert made["Parameters"]["PresentDb"]["Default"] == "all"
    for name, resource in made["Resources"].items():
        depends = resource.get("DependsOn", [])
        assert not switched & set([depends] if isinstance(depends, str) else depends) - switched, name


def test_the_readme_says_so_for_tiers_that_need_it():
    readme = files()["README.txt"]
    assert 'PresentDb = "none"' in readme
    assert "PresentApp" not in readme, "its members can be replaced: they hold nothing"
