"""Members apart from one another: what each cloud is asked for, judged by Heat's own engine and by cfn-lint."""

from __future__ import annotations

import pytest
import yaml
from judges.heat import judge

import bpc.api

BLUEPRINT = """blueprint 1
image it {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{
    image = it
    network = n
    count = {count}
    spread = {spread}
  }}
}}
"""


def compiled(folder, target, spread, count="9"):
    (folder / "solution.bp").write_text(BLUEPRINT.format(spread=spread, count=count))
    made = bpc.api.compile(folder / "solution.bp", targets=(target,))
    if made.ok:
        for name, text in made.artifacts[target].files.items():
            path = folder / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "policy"), [("hosts", "anti-affinity"), ("prefer_hosts", "soft-anti-affinity")])
@pytest.mark.parametrize("count", ["3", "2..9"])
def test_nova_keeps_members_apart(spread, policy, count, tmp_path):
    made = compiled(tmp_path, "heat", spread, count)
    assert judge(tmp_path / "heat") == []
    template = yaml.safe_load((tmp_path / "heat/stack.yaml").read_text())
    assert template["resources"]["spread.t"]["properties"] == {"policies": [policy]}
    free = "needs a host without a machine of the tier" in made.artifacts["heat"].files["README.txt"]
    assert free is (spread == "hosts")


@pytest.mark.slow
def test_another_policy_is_another_make(tmp_path):
    """A server that goes into another group is another machine, and awaited."""
    files = [set(compiled(tmp_path, "heat", spread, "2").artifacts["heat"].files) for spread in ("hosts", "prefer_hosts")]
    assert files[0] != files[1]


@pytest.mark.slow
def test_amazon_takes_more_than_a_placement_group_holds(tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    assert [item.code for item in compiled(tmp_path, "cloudformation", "hosts", "15").diagnostics] == ["CFN010"]
    made = compiled(tmp_path, "cloudformation", "prefer_hosts", "15")
    text = made.artifacts["cloudformation"].files["stack.yaml"]
    assert [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"]))] == []
    resources = yaml.safe_load(text)["Resources"]
    assert not [one for one in resources.values() if one["Type"] == "AWS::EC2::PlacementGroup"]
    where = [one["Properties"]["SubnetId"] for one in resources.values() if one["Type"] == "AWS::EC2::Instance"]
    assert sorted(map(str, where)).count(str(where[0])) == 8 and len(where) == 15
