"""A range with one number in it: AWS refuses a scaling policy of a group that cannot change its size."""

from __future__ import annotations

import pytest
from judges.readers import load

import bpc.api

BLUEPRINT = """blueprint 1
image it {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{ image = it, network = n, count = {count}, scale {{ metric = cpu, target = 60% }} }}
}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("count", "policies"), [("1..1", 0), ("3..3", 0), ("1..2", 1)])
def test_a_group_that_cannot_scale_has_no_policy(count, policies, tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    path = tmp_path / "solution.bp"
    path.write_text(BLUEPRINT.format(count=count))
    text = bpc.api.compile(path, targets=("cloudformation",)).artifacts["cloudformation"].files["stack.yaml"]
    kinds = [made["Type"] for made in load(text)["Resources"].values()]
    assert kinds.count("AWS::AutoScaling::ScalingPolicy") == policies
    assert lint(text, config=ManualArgs(regions=["eu-west-1"], ignore_checks=["W3002"])) == []
