"""Security groups, volumes and public addresses of someone else: parameters, and what joins them to machines; nothing of theirs is the stack's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import bpc.api
from bpc.files import write_folder
from bpc.provision.runner import ADOPT, MOUNTED, STOP

FINE = Path(__file__).parent / "fine" / "what-is-there" / "solution.bp"
SOURCES = ("security group", "volume", "public address")
JOINING = {
    "heat": {
        "OS::Neutron::SecurityGroupRule": {"remote_group"},
        "OS::Neutron::FloatingIPAssociation": {"floatingip_id"},
        "OS::Heat::ResourceGroup": {"resource_def"},
    },
    "cloudformation": {
        "AWS::EC2::SecurityGroupIngress": {"SourceSecurityGroupId"},
        "AWS::EC2::VolumeAttachment": {"VolumeId"},
        "AWS::EC2::Instance": {"Tags"},
        "AWS::EC2::EIPAssociation": {"AllocationId"},
        "AWS::ElasticLoadBalancingV2::LoadBalancer": {"SubnetMappings"},
    },
}
"""The properties in which an id of what exists may stand: none of them makes, changes or deletes it."""
TIER = """blueprint 1
image it {{ from = cloud_image("debian-12") }}
solution s {{
  version = "1"
  network lan {{ cidr = "10.7.0.0/24", public = true }}
  tier web {{ image = it, network = lan, {words} }}
  {more}
}}
"""


def stack(path: Path, target: str, parameters=None, environment=""):
    """The root template, all files, and what it takes to deploy them."""
    made = bpc.api.compile(str(path), targets=(target,), parameters=parameters or {}, environment=environment)
    assert [item for item in made.diagnostics if item.severity == "error"] == []
    artifacts = made.artifacts[target]
    return yaml.load(artifacts.files["stack.yaml"], yaml.BaseLoader), artifacts.files, artifacts.deployment


def blueprint(tmp_path: Path, words: str, more: str = "") -> Path:
    path = tmp_path / "solution.bp"
    path.write_text(TIER.format(words=words, more=more))
    return path


def resources(template):
    return template.get("resources") or template["Resources"]


def properties(made):
    return made.get("properties") or made.get("Properties") or {}


def of_kind(template, kind: str):
    return [properties(made) for made in resources(template).values() if (made.get("type") or made["Type"]) == kind]


@pytest.mark.parametrize("target", JOINING)
def test_what_exists_only_stands_where_it_is_joined(target):
    """The blueprint has each: at balancers and members, of several members, one name of a security group at two tiers."""
    template, _, deployment = stack(FINE, target)
    asked = {item.name for item in deployment.parameters if item.source in SOURCES}
    assert len(asked) == 10
    joined: dict[str, set[str]] = {}
    for made in resources(template).values():
        for name, value in properties(made).items():
            used = asked & set(re.findall(r"[\w.-]+", str(value)))
            if used:
                kind = made.get("type") or made["Type"]
                assert name in JOINING[target].get(kind, ()), f"{kind}.{name}"
                joined.setdefault(kind, set()).update(used)
        for section in set(made) - {"properties", "Properties"}:
            assert not asked & set(re.findall(r"[\w.-]+", str(made[section]))), section
    assert joined.keys() == JOINING[target].keys()
    shown = set(re.findall(r"[\w.-]+", str(template.get("outputs") or template["Outputs"]))) & asked
    assert set().union(*joined.values()) | shown == asked


def test_a_member_of_heat_only_attaches_what_was_given_to_it():
    _, files, _ = stack(FINE, "heat")
    [member] = [yaml.load(text, yaml.BaseLoader) for name, text in files.items() if name.startswith("kept-member")]
    assert set(resources(member)) >= {"attachment.data", "attachment.more", "volume.more", "address"}
    assert "volume.data" not in resources(member)
    [address] = of_kind(member, "OS::Neutron::FloatingIPAssociation")
    assert address["floatingip_id"] == {"get_param": ["floating_ips", {"get_param": "index"}]}
    given = {"get_param": ["volumes_data", {"get_param": "index"}]}
    assert given in [attached["volume_id"] for attached in of_kind(member, "OS::Cinder::VolumeAttachment")]
    assert of_kind(member, "OS::Neutron::FloatingIP") == []


WAYS = {
    "volume": 'count = 2, volume data { existing = true, mount = "/data" }',
    "address": "expose ssh { port = 22, public = true, address = existing }",
    "balancer": "count = 2, expose it { port = 9, public = true, balance = round_robin, address = existing }",
    "group": 'expose sql { port = 5432 }, allow sql from existing("backup")',
}


@pytest.mark.parametrize("way", WAYS)
def test_heat_takes_each(way, tmp_path):
    """Heat's own engine judges, with everything else that a stack needs new; nothing is asked for that is not needed."""
    from judges.heat import judge

    path = blueprint(tmp_path, WAYS[way])
    template, files, deployment = stack(path, "heat")
    write_folder(str(tmp_path / "heat"), files)
    assert judge(tmp_path / "heat") == []
    asked = {item.name for item in deployment.parameters if item.source in SOURCES}
    expected = {
        "volume": {"volume.web.data.0", "volume.web.data.1"},
        "address": {"floating_ip.web.0"},
        "balancer": {"floating_ip.web.it"},
        "group": {"security_group_backup"},
    }
    assert asked == expected[way]
    assert of_kind(template, "OS::Neutron::FloatingIP") == of_kind(template, "OS::Cinder::Volume") == []
    assert [item.volume for item in deployment.kept] == (["data"] if way == "volume" else [])
    assert ("Nothing stays." in files["README.txt"]) == (way != "volume")


def test_a_volume_of_another_stack_has_its_own_parameter(tmp_path):
    """Names of tiers and volumes that are alike when they are joined are still two parameters."""
    more = 'tier a_b { image = it, network = lan, volume c { existing = true, mount = "/c" } }'
    path = blueprint(tmp_path, 'volume v { existing = true, mount = "/v" }', more)
    path.write_text(path.read_text().replace("tier web", "tier a").replace("volume v", "volume b_c"))
    for target in JOINING:
        asked = [item.name for item in stack(path, target)[2].parameters if item.source == "volume"]
        assert len(set(asked)) == 2


def test_an_environment_adopts_what_the_solution_makes(tmp_path):
    """`size` and `keep` are those of the new volume, and stay unsaid of the one that exists."""
    more = "environment restored { tier web { volume data { existing = true } } }"
    path = blueprint(tmp_path, 'volume data { size = 3GiB, keep = true, mount = "/data" }', more)
    for target, kind in (("heat", "OS::Cinder::Volume"), ("cloudformation", "AWS::EC2::Volume")):
        made = "".join(stack(path, target)[1].values())
        adopted = "".join(stack(path, target, environment="restored")[1].values())
        assert f"{kind}\n" in made.replace('"', "")
        assert f"{kind}\n" not in adopted.replace('"', "")


def test_another_volume_is_another_machine(tmp_path):
    """The machine knows its volume by its id, so that its first boot changes: Heat awaits it by the wait's name."""
    path = blueprint(tmp_path, WAYS["volume"])
    ids = ["00000000-0000-0000-0000-00000000000" + digit for digit in "012"]
    waits = [
        re.search(r"wait\.(\w+)", "".join(stack(path, "heat", {"volume.web.data.1": chosen})[1].values()))[1]
        for chosen in (ids[0], ids[1], ids[0])
    ]
    assert waits[0] == waits[2] != waits[1]


def test_aws_asks_for_the_zones_of_volumes(tmp_path):
    """A volume is in one zone, and its machine must be there, too."""
    path = blueprint(tmp_path, f"spread = zones, {WAYS['volume']}")
    template, _, deployment = stack(path, "cloudformation")
    zones = [made["AvailabilityZone"] for made in of_kind(template, "AWS::EC2::Subnet")]
    assert {zone["Ref"] for zone in zones} == {"ZoneA", "ZoneB"}
    words = [item.why for item in deployment.parameters if item.source == "volume"]
    assert ["zone of that member, 1 of 2" in words[0], "zone of that member, 2 of 2" in words[1]] == [True, True]
    assert "ZoneA" not in stack(blueprint(tmp_path, WAYS["group"]), "cloudformation")[0]["Parameters"]


def test_a_network_balancer_has_an_address_in_each_zone(tmp_path):
    template, _, _ = stack(blueprint(tmp_path, WAYS["balancer"]), "cloudformation")
    [balancer] = of_kind(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert "Subnets" not in balancer
    pairs = [(place["SubnetId"]["Ref"], place["AllocationId"]["Ref"]) for place in balancer["SubnetMappings"]]
    assert pairs == [("EdgeLanXA", "AllocationWebXItA"), ("EdgeLanXB", "AllocationWebXItB")]


def test_new_and_existing_addresses_are_at_two_balancers(tmp_path):
    words = (
        "count = 2, expose a { port = 1, public = true, balance = round_robin, address = existing }, "
        "expose b { port = 2, public = true, balance = round_robin }, "
        "expose c { port = 3, public = true, balance = round_robin, address = existing }"
    )
    solution = bpc.api.model(blueprint(tmp_path, words)).solution
    balancers = {
        item.name: [one.endpoint for one in item.listeners]
        for item in solution.resources
        if type(item).__name__ == "Balancer"
    }
    assert balancers == {"web.a": ["a", "c"], "web.b": ["b"]}


DEVICES = os.geteuid() == 0 and shutil.which("losetup") and shutil.which("mkfs.ext4")


@pytest.mark.skipif(not DEVICES, reason="loop devices need root")
@pytest.mark.parametrize("content", ["nothing", "swap", "ext4", "xfs"])
def test_a_volume_that_exists_is_never_formatted(content, tmp_path):
    """One with the file system that is said is mounted with what is on it; any other is left as it is, byte for byte, and first boot fails."""
    disk, place, fstab = tmp_path / "disk", tmp_path / "data", tmp_path / "fstab"
    place.mkdir()
    fstab.write_text("")
    (place / "from-image").write_text("image")
    disk.touch()
    os.truncate(disk, 64 * 2**20)
    if content == "ext4":
        source = tmp_path / "source"
        source.mkdir()
        (source / "kept").write_text("data")
        subprocess.run(["mkfs.ext4", "-q", "-d", source, disk], check=True)
    elif content == "swap":
        subprocess.run(["mkswap", disk], check=True, capture_output=True)
    elif content == "xfs":  # its signature alone, which is what is looked at
        with disk.open("r+b") as file:
            file.write(b"XFSB" + (4096).to_bytes(4, "big") + (16384).to_bytes(8, "big"))
    before = disk.read_bytes()
    script = f"""set -eu
mount --make-rprivate /
mount --bind {fstab} /etc/fstab
{STOP}{ADOPT}{MOUNTED}
device=$(losetup --find --show {disk})
trap 'umount {place} 2>/dev/null; losetup -d "$device"' EXIT
adopt_volume "$device" {place} ext4
ls {place}
"""
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, check=False)
    if content == "ext4":
        assert done.returncode == 0, done.stderr
        assert "kept" in done.stdout.split()
        assert "from-image" not in done.stdout.split()
    else:
        assert done.returncode != 0
        assert "it is left as it is" in done.stdout
        assert disk.read_bytes() == before


def test_no_way_to_format_stands_in_a_first_boot_that_only_adopts(tmp_path):
    adopts = stack(blueprint(tmp_path, WAYS["volume"]), "cloudformation")[1]["user-data/web.yaml"]
    makes = stack(blueprint(tmp_path, 'volume data { size = 1GiB, mount = "/data" }'), "cloudformation")[1]
    assert "adopt_volume" in adopts
    assert "mkfs" not in adopts
    assert "mkfs" in makes["user-data/web.yaml"]
    assert "adopt_volume" not in makes["user-data/web.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_cfn_lint_finds_nothing(way, tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    files = stack(blueprint(tmp_path, WAYS[way]), "cloudformation")[1]
    assert (
        list(map(str, lint(files["stack.yaml"], config=ManualArgs(regions=["eu-west-1"], include_checks=["I"])))) == []
    )
