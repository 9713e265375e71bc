"""What exists, made in moto first: the stack joins it to its machines, and it stays what it was."""

from __future__ import annotations

import json

import pytest
from judges.provision import Provision, an_image
from judges.readers import load
from test_provision import cloud  # noqa: F401

import bpc.api

pytestmark = pytest.mark.slow

BLUEPRINT = """blueprint 1
image it { from = cloud_image("debian-12") }
solution s {
  version = "1"
  network lan { cidr = "10.7.0.0/24", public = true }
  tier db {
    image = it
    network = lan
    count = 2
    spread = zones
    expose sql { port = 5432 }
    expose ssh { port = 22, public = "203.0.113.0/24", each = true, address = existing }
    allow sql from existing("backup")
    volume data { existing = true, mount = "/data" }
  }
  tier web {
    image = it
    network = lan
    expose it { port = 9000, public = true, balance = round_robin, address = existing }
    expose own { port = 9001 }
    allow own from existing("monitoring")
  }
}
"""


def test_what_exists_is_joined_and_stays_as_it_is(cloud, tmp_path):  # noqa: F811
    path = tmp_path / "solution.bp"
    path.write_text(BLUEPRINT)
    made = bpc.api.compile(path, targets=("cloudformation",))
    assert made.diagnostics == ()
    files = made.artifacts["cloudformation"].files
    ec2, elb = cloud("ec2"), cloud("elbv2")
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("backup", "monitoring")
    ]
    volumes = [ec2.create_volume(AvailabilityZone=zone, Size=3)["VolumeId"] for zone in zones]
    addresses = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(4)]
    before = state(ec2, groups, volumes, addresses)
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in json.loads(files["parameters.json"])}
    ami = an_image(ec2)
    given = {name: ami if name.startswith("Image") else value for name, value in given.items()}
    given |= dict(zip(("ExistingBackup", "ExistingMonitoring"), groups, strict=True))
    given |= dict(zip(("VolumeDbXDataX0", "VolumeDbXDataX1"), volumes, strict=True))
    owned = ("AllocationDbX0", "AllocationDbX1", "AllocationWebXItA", "AllocationWebXItB")
    given |= dict(zip(owned, addresses, strict=True)) | dict(zip(("ZoneA", "ZoneB"), zones, strict=True))
    template = load(files["stack.yaml"])
    assert given.keys() >= {name for name, asked in template["Parameters"].items() if "Default" not in asked}
    provision = Provision(template, given, cloud)

    attached = {one["VolumeId"]: one["Attachments"] for one in ec2.describe_volumes(VolumeIds=volumes)["Volumes"]}
    for number, volume in enumerate(volumes):
        assert [one["InstanceId"] for one in attached[volume]] == [provision.ids[f"InstanceDbX{number}"]]
    joined = {one["AllocationId"]: one for one in ec2.describe_addresses(AllocationIds=addresses)["Addresses"]}
    for number, address in enumerate(addresses[:2]):
        assert joined[address]["NetworkInterfaceId"] == provision.ids[f"InterfaceDbXLanX{number}"]
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["Type"] == "network"
    security = provision.ids["SecurityDb"], provision.ids["SecurityWeb"]
    for group, existing in zip(security, groups, strict=True):
        allowed = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        assert existing in [pair["GroupId"] for rule in allowed for pair in rule["UserIdGroupPairs"]]
    assert state(ec2, groups, volumes, addresses) == before
    kinds = [made["Type"] for made in template["Resources"].values()]
    assert "AWS::EC2::Volume" not in kinds
    assert kinds.count("AWS::EC2::EIP") == 1, "the NAT gateway's own"


def state(ec2, groups: list[str], volumes: list[str], addresses: list[str]) -> list[object]:
    """What the cloud says of what exists, but for what it is joined to."""
    joined = (
        "State",
        "Attachments",
        "InstanceId",
        "NetworkInterfaceId",
        "NetworkInterfaceOwnerId",
        "AssociationId",
        "PrivateIpAddress",
    )
    said = [
        *ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"],
        *ec2.describe_volumes(VolumeIds=volumes)["Volumes"],
        *ec2.describe_addresses(AllocationIds=addresses)["Addresses"],
    ]
    return [{key: value for key, value in one.items() if key not in joined} for one in said]
