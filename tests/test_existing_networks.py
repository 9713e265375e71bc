"""What is there already: stacks into networks of someone else have parameters for them, and nothing of theirs among their resources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import bpc.api
from bpc.files import write_folder

FINE = Path(__file__).parent / "fine" / "what-is-there" / "solution.bp"
OF_NETWORKS = ("OS::Neutron::Net", "OS::Neutron::Subnet", "OS::Neutron::Router", "OS::Neutron::RouterInterface")
OF_A_VPC = [
    "VPC",
    "VPCCidrBlock",
    "InternetGateway",
    "VPCGatewayAttachment",
    "NatGateway",
    "Route",
    "RouteTable",
    "EIP",
    "Subnet",
    "SubnetRouteTableAssociation",
]


def blueprint(networks: str, tier: str, tmp_path: Path) -> Path:
    path = tmp_path / "solution.bp"
    path.write_text(
        f"""blueprint 1
image it {{ from = cloud_image("debian-12") }}
solution s {{
  version = "1"
{networks}
  tier web {{ image = it, count = 2, {tier} }}
}}
"""
    )
    return path


def stack(path: Path, target: str, parameters: dict[str, str] | None = None):
    """The root template, and all files."""
    made = bpc.api.compile(str(path), targets=(target,), parameters=parameters or {})
    assert [item for item in made.diagnostics if item.severity == "error"] == []
    files = made.artifacts[target].files
    return yaml.load(files["stack.yaml"], yaml.BaseLoader), files


def kinds(template) -> list[str]:
    resources = template.get("resources") or template.get("Resources")
    return [made.get("type") or made["Type"] for made in resources.values()]


@pytest.fixture(scope="module")
def judge():
    from judges.heat import judge

    return judge


TIERS = {
    "plain": "network = corp",
    "port": "network = corp, expose sql { port = 5432 }",
    "balanced": "network = corp, expose site { port = 80, protocol = http, balance = round_robin }",
    "public": "network = corp, expose site { port = 80, protocol = http, public = true }",
    "each": "network = corp, expose ssh { port = 22, public = true, each = true }",
    "volume": 'network = corp, volume data { size = 1GiB, mount = "/d" }',
    "scales": "network = corp, expose site { port = 80, protocol = http, balance = round_robin }",
}


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_of_an_existing_network_is_ours(tier, tmp_path, judge):
    words = TIERS[tier]
    path = blueprint("  network corp { existing = true, public = true }", words, tmp_path)
    if tier == "scales":
        path.write_text(path.read_text().replace("count = 2", "count = 1..3"))
    template, files = stack(path, "heat")
    assert not set(kinds(template)) & set(OF_NETWORKS)
    write_folder(str(tmp_path / "heat"), files)
    assert judge(tmp_path / "heat") == []
    assert ("external_network" in template["parameters"]) == (tier in ("public", "each"))
    assert ("cidr_corp" in template["parameters"]) == (tier in ("balanced", "public", "scales"))
    assert "subnet_corp" in template["parameters"]
    template, _ = stack(path, "cloudformation")
    of_vpc = {f"AWS::EC2::{kind}" for kind in OF_A_VPC} - ({"AWS::EC2::EIP"} if tier == "each" else set())
    assert not set(kinds(template)) & of_vpc
    assert template["Parameters"]["Vpc"]["Type"] == "AWS::EC2::VPC::Id"


def test_addresses_that_are_said_are_not_asked_for(tmp_path):
    tier = TIERS["balanced"]
    path = blueprint('  network corp { existing = true, cidr = "10.6.0.0/24" }', tier, tmp_path)
    template, files = stack(path, "heat")
    assert "cidr_corp" not in template["parameters"]
    assert "10.6.0.0/24" in files["stack.yaml"]


def test_a_new_network_is_behind_the_router_that_is_there(tmp_path, judge):
    path = blueprint('  network app { cidr = "10.7.0.0/24", router = existing }', "network = app", tmp_path)
    template, files = stack(path, "heat")
    assert {kind for kind in kinds(template) if kind in OF_NETWORKS} == set(OF_NETWORKS) - {"OS::Neutron::Router"}
    assert template["resources"]["interface.app"]["properties"]["router"] == {"get_param": "router"}
    assert "external_network" not in template["parameters"]
    write_folder(str(tmp_path / "heat"), files)
    assert judge(tmp_path / "heat") == []
    template, _ = stack(path, "cloudformation")
    mine = {kind.rpartition("::")[2] for kind in kinds(template)} & set(OF_A_VPC)
    assert mine == {"Subnet", "SubnetRouteTableAssociation"}
    joined = [made for made in template["Resources"].values() if made["Type"].endswith("TableAssociation")]
    assert {made["Properties"]["RouteTableId"]["Ref"] for made in joined} == {"RoutesInside"}
    assert template["Parameters"].keys() >= {"Vpc", "RoutesInside"}


def test_everything_that_is_there_at_once(tmp_path, judge):
    template, files = stack(FINE, "heat")
    assert "OS::Neutron::Router" not in kinds(template)
    assert {"network_corp", "subnet_corp", "subnet_old", "router", "cidr_corp"} <= template["parameters"].keys()
    write_folder(str(tmp_path / "heat"), files)
    assert judge(tmp_path / "heat") == []


def test_another_network_is_another_machine(tmp_path):
    """Heat awaits only what is new: the member's wait is named by what it boots from, and so by the network."""
    path = blueprint("  network corp { existing = true }", TIERS["port"], tmp_path)
    named = [
        re.search(
            r"wait\.(\w+)", "".join(stack(path, "heat", {"subnet_corp": subnet, "network_corp": "n"})[1].values())
        )[1]
        for subnet in ("one", "other", "one")
    ]
    assert named[0] == named[2] != named[1]


@pytest.mark.slow
def test_cfn_lint_finds_nothing(tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    config = ManualArgs(regions=["eu-west-1"], include_checks=["I"])
    paths = [FINE]
    for name, words in TIERS.items():
        (tmp_path / name).mkdir()
        paths.append(blueprint("  network corp { existing = true, public = true }", words, tmp_path / name))
    for path in paths:
        found = lint(stack(path, "cloudformation")[1]["stack.yaml"], config=config)
        assert [f"{path}: {match}" for match in found] == []
