"""What is asked for on the command line: JSON instead of YAML, and the target by its short name."""

from __future__ import annotations

import json

import pytest
import yaml
from test_compile import ROOT

import bpc.api
from bpc import UsageError

SHOP = ROOT / "blueprints" / "shop" / "solution.bp"


def test_json_is_the_same_stack():
    as_yaml = bpc.api.compile(SHOP, targets=("cloudformation",)).artifacts["cloudformation"].files
    as_json = bpc.api.compile(SHOP, targets=("cfn",), options=("json",)).artifacts["cloudformation"].files
    assert json.loads(as_json["stack.json"]) == yaml.safe_load(as_yaml["stack.yaml"])
    assert "--template-file stack.json" in as_json["README.txt"]
    assert "stack.yaml" not in as_json["README.txt"]


def test_a_target_is_compiled_once():
    assert list(bpc.api.compile(SHOP, targets=("cfn", "cloudformation", "heat")).artifacts) == [
        "cloudformation",
        "heat",
    ]


@pytest.mark.parametrize("options", [{"options": ("json",)}, {"images": ("imagebuilder",)}])
def test_what_no_target_heeds_is_refused(options):
    with pytest.raises(UsageError, match="cloudformation"):
        bpc.api.compile(SHOP, targets=("heat",), **options)


def test_headroom_names_every_limit():
    lines = bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].headroom
    words = "; ".join(lines)
    for limit in ("of 500 resources", "of 2,500 resources", "of 200 parameters", "of 200 outputs", "of 200 mappings",
                  "of 255 characters", "of 4,096 bytes", "of 1,000,000 bytes", "of 51,200 bytes"):  # fmt: skip
        assert limit in words


def test_anywhere_is_one_rule(tmp_path):
    """AWS refuses a rule that is there already: everyone includes whoever is named beside."""
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage base { from = debian("12") }\nsolution s {\n  version = "1"\n'
        '  network n { cidr = "10.0.0.0/24", public = true }\n  tier a {\n    image = base\n    network = n\n'
        '    expose ssh { port = 22, protocol = tcp, public = ["198.51.100.0/24", "0.0.0.0/0"] }\n  }\n}\n'
    )
    made = (
        bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",), options=("json",)).artifacts["cloudformation"].files
    )
    resources = json.loads(made["stack.json"])["Resources"].values()
    assert len([item for item in resources if item["Type"] == "AWS::EC2::SecurityGroupIngress"]) == 1
