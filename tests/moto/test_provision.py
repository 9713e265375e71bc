"""Every blueprint, provisioned on a moto server of our own; what then exists is compared with the model, item by item.

docs/cloudformation.md lists what moto cannot show.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from ipaddress import ip_network

import boto3
import pytest
import yaml
from judges.provision import STACK, Provision, an_image
from judges.readers import load
from moto.server import ThreadedMotoServer
from test_compile import ROOT, VARIANTS

import bpc.api
from bpc.model.resources import (
    Balancer,
    Fixed,
    FromAnywhere,
    FromBalancer,
    FromCidr,
    FromGroup,
    Group,
    Listener,
    Network,
    Override,
    Rule,
    Secret,
)
from bpc_targets.cloudformation.names import logical

pytestmark = pytest.mark.slow

GIB = 2**30
FURTHER = [ROOT / "tests" / "fine" / "everything", ROOT / "tests" / "moto" / "protocols"]
ADOPTS = [("wordpress", "production")]
"""Into a network that is there: test_adopting.py has such stacks."""
MADE = [(folder, environment) for folder, environment in VARIANTS if (folder.name, environment) not in ADOPTS]
CASES = [*MADE, *((folder, "") for folder in FURTHER)]
FEWER = {"farm": {"workers": "6"}}


@pytest.fixture
def cloud():
    """A client's maker, of a cloud with nothing in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "key", "region_name": "eu-west-1"}
    made = lambda name: boto3.client(name, endpoint_url=f"http://{host}:{port}", **keys)  # noqa: E731
    boto3.client("sts", endpoint_url=f"http://{host}:{port}", **keys)
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST"))
    yield made
    server.stop()


@pytest.mark.parametrize(("folder", "environment"), CASES, ids=lambda value: getattr(value, "name", value or "plain"))
def test_what_exists_is_what_the_model_says(folder, environment, cloud):
    settings = FEWER.get(folder.name, {})
    result = bpc.api.compile(
        folder / "solution.bp", targets=("cloudformation",), environment=environment, settings=settings
    )
    assert result.diagnostics == ()
    files = result.artifacts["cloudformation"].files
    ami = an_image(cloud("ec2"))
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in json.loads(files["parameters.json"])}
    given = {name: ami if name.startswith("Image") else value for name, value in given.items()}
    given |= {
        asked.name: "it" for asked in result.artifacts["cloudformation"].deployment.needs if asked.source == "secret"
    }
    zones = [asked.name for asked in result.artifacts["cloudformation"].deployment.needs if asked.source == "zone"]
    given |= dict(zip(zones, ("eu-west-1a", "eu-west-1b"), strict=False))
    for name in [name for name, value in given.items() if value.startswith("arn:aws:acm:")]:
        given[name] = cloud("acm").request_certificate(DomainName="example.com")["CertificateArn"]
    provision = Provision(load(files["stack.yaml"]), given, cloud)
    observed = Observed(cloud, provision)
    resources = result.solution.resources
    for item in resources:
        if isinstance(item, Override) and item.file.cloud == "cloudformation":
            observed.laid |= item.file.resources
    for item in resources:
        match item:
            case Network():
                networks(observed, item)
            case Group():
                members(observed, item)
                machines(observed, item)
            case Balancer():
                balancer(observed, item, resources)
            case Secret():
                assert observed.secrets == len([r for r in resources if isinstance(r, Secret)])
            case Rule():
                pass
    params = {param.name: str(param.default) for param in result.solution.params}
    assert observed.rules() == Counter(rule(item, params) for item in resources if isinstance(item, Rule))


class Observed:
    """What the services say, by the tags that the stack has given."""

    def __init__(self, cloud, provision: Provision) -> None:
        self.ec2, self.elb, self.scaling = cloud("ec2"), cloud("elbv2"), cloud("autoscaling")
        self.iam = cloud("iam")
        self.provision = provision
        self.laid: dict[str, dict] = {}  # what overrides say, by the id of the resource
        self.secrets = len(cloud("secretsmanager").list_secrets()["SecretList"])
        reservations = self.ec2.describe_instances(MaxResults=1000)["Reservations"]
        self.instances = [instance for one in reservations for instance in one["Instances"]]
        self.groups = {
            g["AutoScalingGroupName"]: g for g in self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        }
        self.volumes = self.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["bpc:tier"]}])["Volumes"]
        self.subnets = self.ec2.describe_subnets(Filters=[{"Name": "tag-key", "Values": ["bpc:solution"]}])["Subnets"]

    def of(self, things: list[dict], tier: str) -> list[dict]:
        return [thing for thing in things if tags(thing).get("bpc:tier") == tier]

    def rules(self) -> Counter:
        """(to, from, protocol, first port, last port), by the names of the groups."""
        named = {id: name for name, id in self.provision.ids.items()}
        found: Counter = Counter()
        for group in self.ec2.describe_security_groups()["SecurityGroups"]:
            for allowed in group["IpPermissions"]:
                peers = [named[pair["GroupId"]] for pair in allowed["UserIdGroupPairs"]]
                peers += [one["CidrIp"] for one in allowed["IpRanges"]]
                for peer in peers:
                    ports = allowed["FromPort"], allowed["ToPort"]
                    found[named[group["GroupId"]], peer, allowed["IpProtocol"], *ports] += 1
        return found


def tags(thing: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}


def networks(observed: Observed, item: Network) -> None:
    own = [s for s in observed.subnets if ip_network(s["CidrBlock"]).subnet_of(ip_network(item.cidr))]
    assert len(own) == (4 if item.public else 2)
    assert len({subnet["AvailabilityZone"] for subnet in own}) == 2
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in own)


def members(observed: Observed, item: Group) -> None:
    if isinstance(item.members, Fixed):
        found = observed.of(observed.instances, item.name)
        assert sorted(tags(one)["Name"] for one in found) == sorted(
            f"stack-{item.name}-{n}" for n in range(item.members.count)
        )
        assert {f"stack-{tags(one)['bpc:member']}" for one in found} == {tags(one)["Name"] for one in found}
        assert {tags(one)["bpc:stack"] for one in found} <= {STACK}
        assert {tags(one)["bpc:signal"] for one in found} <= set(observed.provision.ids), "a resource of the stack"
        if item.spread == "zones":
            assert len({one["Placement"]["AvailabilityZone"] for one in found}) == min(2, item.members.count)
    else:
        group = scaling(observed, item)
        assert (group["MinSize"], group["MaxSize"]) == (item.members.minimum, item.members.maximum)
        assert {tag["PropagateAtLaunch"] for tag in group["Tags"]} == {True}
        assert tags(group)["Name"] == f"stack-{item.name}"
        assert (tags(group)["bpc:stack"], tags(group)["bpc:signal"]) == (STACK, logical("Members", item.name))
    volumes = observed.of(observed.volumes, item.name)
    count = item.members.count if isinstance(item.members, Fixed) else 0
    assert sorted(v["Size"] for v in volumes) == sorted(v.size // GIB for v in item.volumes for _ in range(count))
    assert all(volume["Encrypted"] for volume in volumes)
    for volume in volumes:
        [attached] = volume["Attachments"]
        instance = next(one for one in observed.instances if one["InstanceId"] == attached["InstanceId"])
        assert tags(volume)["Name"].startswith(f"{tags(instance)['bpc:member']}-")
        assert volume["VolumeId"] in tags(instance).values(), "the machine reads its volumes' ids from its tags"


def scaling(observed: Observed, item: Group) -> dict:
    [found] = [g for g in observed.groups.values() if tags(g).get("bpc:tier") == item.name]
    return found


def machines(observed: Observed, item: Group) -> None:
    """What their launch template says; and the addresses outside of those that have one."""
    name = f"stack-{logical('Template', item.name)}"
    versions = observed.ec2.describe_launch_template_versions(LaunchTemplateName=name)
    data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    given = observed.provision.parameters
    assert data["InstanceType"] == given[logical("Type", item.name)]
    assert data["ImageId"] == given[logical("Image", item.name)]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    profile = data["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    role = observed.iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    policy = observed.iam.get_role_policy(RoleName=role, PolicyName="signals")["PolicyDocument"]
    [statement] = policy["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("cloudformation:SignalResource", [STACK])
    [disk] = data["BlockDeviceMappings"]
    assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["VolumeSize"]) == (True, -(-item.machine.disk // GIB))
    text = base64.b64decode(data["UserData"]).decode()
    assert len(text.encode()) <= 16_384
    assert yaml.safe_load(text)["runcmd"]
    outside = observed.of(observed.ec2.describe_addresses()["Addresses"], item.name)
    fixed = isinstance(item.members, Fixed) and item.public_address
    assert len(outside) == (item.members.count if fixed else 0)
    assert all("NetworkInterfaceId" in address for address in outside)


def balancer(observed: Observed, item: Balancer, resources) -> None:
    found = observed.elb.describe_load_balancers()["LoadBalancers"]
    arns = [b["LoadBalancerArn"] for b in found]
    described = observed.elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    own = next(d["ResourceArn"] for d in described if tags(d)["Name"] == item.name)
    made = next(b for b in found if b["LoadBalancerArn"] == own)
    [requests] = {one.protocol == "http" or (one.protocol == "https" and one.tls != ()) for one in item.listeners}
    assert made["Type"] == ("application" if requests else "network")
    assert made["Scheme"] == ("internet-facing" if item.public else "internal")
    assert len(made["AvailabilityZones"]) == 2
    attributes = observed.elb.describe_load_balancer_attributes(LoadBalancerArn=own)["Attributes"]
    said = {one["Key"]: one["Value"] for one in attributes}
    assert requests or said["load_balancing.cross_zone.enabled"] == "true", "members may be in one zone"
    listeners = {one["Port"]: one for one in observed.elb.describe_listeners(LoadBalancerArn=own)["Listeners"]}
    assert set(listeners) == {one.port for one in item.listeners}
    group = next(r for r in resources if isinstance(r, Group) and r.name == item.group)
    for one in item.listeners:
        listener(observed, one, listeners[one.port], group, requests=requests)


def listener(observed: Observed, item: Listener, made, group: Group, *, requests: bool) -> None:
    assert made["Protocol"] == ({"https": "HTTPS" if item.tls else "TCP"}.get(item.protocol) or item.protocol.upper())
    assert bool(made.get("Certificates")) == bool(item.tls)
    arn = made["DefaultActions"][0]["TargetGroupArn"]
    [target] = observed.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    assert target["Port"] == item.member_port
    checked = "HTTPS" if item.protocol == "https" and not item.tls else "HTTP"
    assert target["HealthCheckProtocol"] == (checked if item.health or requests else "TCP")
    assert target.get("HealthCheckPath") == (item.health or "/" if item.health or requests else None)
    assert target["HealthCheckPort"] == "traffic-port"
    after = item.check.after if item.check else 2
    laid = next((part for name, part in observed.laid.items() if observed.provision.ids[name] == arn), {})
    unhealthy = laid.get("UnhealthyThresholdCount", after)
    assert (target["HealthyThresholdCount"], target["UnhealthyThresholdCount"]) == (after, unhealthy)
    every = item.check.every // 1000 if item.check else 10
    assert target["HealthCheckIntervalSeconds"] == every
    if item.check:
        assert target["HealthCheckTimeoutSeconds"] == item.check.timeout // 1000
    attributes = observed.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    said = {one["Key"]: one["Value"] for one in attributes}
    algorithms = {"round_robin": "round_robin", "least_connections": "least_outstanding_requests"}
    assert not requests or said["load_balancing.algorithm.type"] == algorithms[item.algorithm]
    wanted = {"stickiness.enabled": str(item.algorithm == "source_ip").lower()}
    wanted |= {one["Key"]: one["Value"] for one in laid.get("TargetGroupAttributes", ())}
    assert wanted.items() <= said.items()
    health = observed.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    if isinstance(group.members, Fixed):
        assert len(health) == group.members.count
        assert {one["Target"]["Port"] for one in health} == {item.member_port}
    else:
        assert arn in scaling(observed, group)["TargetGroupARNs"]


def rule(item: Rule, params: dict[str, str]) -> tuple[str, str, str, int, int]:
    def security(name: str) -> str:
        return logical("Front", *name.split(".")) if "." in name else logical("Security", name)

    match item.peer:
        case FromAnywhere():
            peer = "0.0.0.0/0"
        case FromCidr(cidr=cidr):
            peer = "".join(part if isinstance(part, str) else params[part.param] for part in cidr)
        case FromGroup(group=group):
            peer = security(group)
        case FromBalancer(balancer=name):
            peer = security(name)
    ports = (-1, -1) if item.protocol == "icmp" else (item.port, item.last_port)
    return security(item.to), peer, item.protocol, *ports
