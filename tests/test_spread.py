"""Members apart from one another: what each cloud is asked for, judged by Heat's own engine and by cfn-lint."""

from __future__ import annotations

import pytest
import yaml
from heat.engine import environment, function
from heat.engine.stack import Stack
from heat.engine.template import Template
from judges import engine
from judges.heat import _as_the_client_reads, judge

import bpc.api
from bpc.driver import compile_blueprint
from bpc.target import Options
from bpc_targets import load

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
    files = [
        set(compiled(tmp_path, "heat", spread, "2").artifacts["heat"].files) for spread in ("hosts", "prefer_hosts")
    ]
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


# ---- zones

ZONED = """blueprint 1
image it {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
{tiers}
}}
"""
TIERS = {
    "plain": "  tier t { image = it, network = n, count = 3, ZONE }",
    "one": "  tier t { image = it, network = n, ZONE }",
    "with ports": '  tier t {\n    image = it, network = n, count = 5, ZONE\n    volume v { size = 1GiB, mount = "/v" }\n  }',
}
COUNTS = {"plain": 3, "one": 1, "with ports": 5}
GIVEN = {"zone_a": "az-1", "zone_b": "az-2", "image_t": "it"}


def zoned(folder, target, tiers, given=None, limits=None):
    (folder / "solution.bp").write_text(ZONED.format(tiers=tiers))
    options = Options(flavors={}, limits=limits or {}, parameters=given or {})
    made = compile_blueprint(str(folder / "solution.bp"), (load(target),), options)
    assert made.ok, [item.text for item in made.diagnostics]
    for name, text in made.artifacts[target].files.items():
        path = folder / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return made


def zones_on_heat(folder):
    """The zone of each member of `tier.t`, in their order, as Heat's engine makes the members' definitions."""
    context = engine.start()
    template, files, known = _as_the_client_reads(folder)
    env = environment.Environment({"parameters": {**known.get("parameters", {}), **GIVEN}})
    stack = Stack(context, "given", Template(template, files=files, env=env))
    inner = stack["tier.t"].child_template()
    members = inner.resource_definitions(Stack(context, "inner", inner))
    for _, member in sorted(members.items()):
        properties = function.resolve(dict(member._properties))
        if "zones" in properties:
            yield properties["zones"][int(properties["index"])]
        else:
            yield properties.get("zone") or properties["availability_zone"]


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("words", "zones"), [("spread = zones", ["az-1", "az-2"]), ('zone = "b"', ["az-2"])])
@pytest.mark.parametrize("awaited", [True, False])
def test_heat_puts_members_into_zones(tier, words, zones, awaited, tmp_path):
    limits = {} if awaited else {"resources": {"plain": 16, "one": 11, "with ports": 33}[tier]}
    made = zoned(tmp_path, "heat", TIERS[tier].replace("ZONE", words), limits=limits)
    assert [item.code for item in made.diagnostics if item.code == "HEAT009"] == ([] if awaited else ["HEAT009"])
    assert judge(tmp_path / "heat") == []
    assert list(zones_on_heat(tmp_path / "heat")) == [zones[number % len(zones)] for number in range(COUNTS[tier])]


@pytest.mark.slow
def test_another_zone_is_another_make(tmp_path):
    """A server in another zone is another machine, which an update awaits."""
    tier = TIERS["plain"].replace("ZONE", "spread = zones")
    given = [{"zone_a": "1", "zone_b": zone} for zone in ("2", "3")]
    files = [set(zoned(tmp_path, "heat", tier, one).artifacts["heat"].files) for one in given]
    assert files[0] != files[1]


@pytest.mark.parametrize(
    ("tiers", "names"),
    [
        ('  tier t { image = it, network = n, zone = "x" }\n  tier u { image = it, network = n, zone = "y" }', "x y"),
        ('  tier t { image = it, network = n, zone = "x" }', "x"),
        (
            '  tier t { image = it, network = n, zone = "x" }\n  tier u { image = it, network = n, spread = zones }',
            "a x",
        ),
        ("  tier t { image = it, network = n, count = 2, spread = zones }", "a b"),
        ("  tier t { image = it, network = n, spread = zones }", "a"),
        ("  tier t { image = it, network = n, spread = hosts }", ""),
    ],
)
def test_heat_asks_for_the_zones_that_are_used(tiers, names, tmp_path):
    made = zoned(tmp_path, "heat", tiers).artifacts["heat"]
    asked = {item.name for item in made.deployment.parameters if item.source == "zone"}
    assert asked == {f"zone_{name}" for name in names.split()}
    assert all(f"{name} = ?" in made.files["README.txt"] for name in asked)


@pytest.mark.slow
@pytest.mark.parametrize("count", ["3", "2..4"])
def test_amazon_puts_members_into_one_zone(count, tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    one = f'  tier t {{ image = it, network = n, count = {count}, zone = "b" }}\n'
    made = zoned(tmp_path, "cloudformation", one + '  tier u { image = it, network = n, zone = "a" }')
    text = made.artifacts["cloudformation"].files["stack.yaml"]
    assert [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"]))] == []
    template = yaml.safe_load(text)
    kinds = {name: template["Parameters"][name]["Type"] for name in ("ZoneA", "ZoneB")}
    assert set(kinds.values()) == {"AWS::EC2::AvailabilityZone::Name"}
    resources = template["Resources"]
    zones = {
        n: one["Properties"]["AvailabilityZone"] for n, one in resources.items() if one["Type"] == "AWS::EC2::Subnet"
    }
    placed = {
        n: one["Properties"].get("SubnetId") or one["Properties"]["VPCZoneIdentifier"]
        for n, one in resources.items()
        if one["Type"] in ("AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup")
    }
    assert len(placed) == (4 if count == "3" else 2)
    for name, subnets in placed.items():
        [subnet] = subnets if isinstance(subnets, list) else [subnets]
        assert zones[subnet["Ref"]] == {"Ref": "ZoneA" if "U" in name else "ZoneB"}


def test_amazon_takes_zones_of_existing_networks(tmp_path):
    text = ZONED.replace('cidr = "10.0.0.0/24"', "existing = true").format(
        tiers='  tier t {{ image = it, network = n, zone = "right" }}'.format()
    )
    (tmp_path / "solution.bp").write_text(text)
    made = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",)).artifacts["cloudformation"]
    template = yaml.safe_load(made.files["stack.yaml"])
    [instance] = [one for one in template["Resources"].values() if one["Type"] == "AWS::EC2::Instance"]
    assert instance["Properties"]["SubnetId"] == {"Ref": "SubnetNXB"}
