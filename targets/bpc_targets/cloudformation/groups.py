"""The machines of a tier: a launch template, and instances with an identity or an Auto Scaling group."""

from __future__ import annotations

from troposphere import If, NoValue, cloudformation, ec2

from bpc.deployment import Parameter
from bpc.model.index import known_as
from bpc.model.resources import Fixed, Scaling
from bpc.model.steps import Release
from bpc.source_map import origin_of
from bpc_targets.cloudformation import adopted, diagnostics, network
from bpc_targets.cloudformation.amis import ami, made_within
from bpc_targets.cloudformation.batches import add_switch, holds, previous, switched, version
from bpc_targets.cloudformation.instance_types import instance_type
from bpc_targets.cloudformation.readiness import add_ready, add_wait, awaited, before, signalled
from bpc_targets.cloudformation.roles import add_role, profile
from bpc_targets.cloudformation.stack import attr, ref
from bpc_targets.cloudformation.userdata import user_data
from bpc_targets.cloudformation.values import has_interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group, Volume
    from bpc_targets.cloudformation.stack import Stack

GIB = 2**30
LETTERS = "fghijklmnopqrstuvwxyz"
"""Ends of the names of devices for volumes, as EC2 recommends them."""
TYPES = ("gp3", "gp2", "st1", "sc1", "standard")
"""Types of volumes that need nothing but a size."""


def add_group(stack: Stack, group: Group) -> None:
    """All resources of a tier but its rules and balancers."""
    tags = stack.tags(group.name, group.name)
    stack.add(
        stack.tier("Security", group.name),
        ec2.SecurityGroup,
        group,
        VpcId=ref("Vpc"),
        GroupDescription=f"Members of tier {stack.known(group.name)}",
        Tags=tags,
    )
    if group.zone in stack.index.zones[len(network.ZONES) :]:
        names = ", ".join(stack.index.zones)
        stack.found.append(diagnostics.TooManyZones(span=group.span, names=names))
    if group.spread == "hosts":
        stack.add(stack.tier("Spread", group.name), ec2.PlacementGroup, group, Strategy="spread")
    stack.add(stack.tier("Handle", group.name), cloudformation.WaitConditionHandle, group)
    _parameters(stack, group)
    add_role(stack, group)
    _template(stack, group)
    if isinstance(group.members, Fixed):
        _check_volumes(stack, group)
        if group.update.pause:
            stack.found.append(diagnostics.NoPause(span=group.span, tier=group.name))
        for number in range(group.members.count):
            _member(stack, group, number)
    else:
        from bpc_targets.cloudformation.scaling import add_scaling

        add_scaling(stack, group, group.members, before(stack, group))
    add_ready(stack, group)


def _parameters(stack: Stack, group: Group) -> None:
    kind, why = instance_type(stack, group)
    words = {"Type": "String", "Description": f"Instance type of tier {group.name}: {why}.", "Default": kind}
    tiers, use = (group.name,), f"for tier {group.name}"
    stack.ask(Parameter(name=stack.tier("Type", group.name), source="flavor", value=kind, tiers=tiers, why=use), words)
    if holds(stack, group):
        add_switch(stack, group)
    if made_within(stack, group.image):
        return
    words = {
        "Type": "AWS::EC2::Image::Id",
        "Description": f"Image of tier {group.name}: {group.image}. {group.doc}".strip(),
    }
    stack.ask(
        Parameter(
            name=stack.tier("Image", group.name), source="image", value=None, tiers=tiers, why=f"{group.image}, {use}"
        ),
        words,
    )


def _template(stack: Stack, group: Group) -> None:
    """What all members have in common."""
    data: dict[str, Any] = {
        "ImageId": ami(stack, group),
        "InstanceType": ref(stack.tier("Type", group.name)),
        "KeyName": If("HasKey", ref("KeyName"), NoValue),
        "UserData": user_data(stack, group),
        "MetadataOptions": ec2.MetadataOptions(
            HttpTokens="required",
            HttpEndpoint="enabled",
            HttpPutResponseHopLimit=1 if group.metadata == "closed" else 2,  # an open one reaches containers too
            InstanceMetadataTags="enabled",
        ),
        "BlockDeviceMappings": [_root(stack, group)],
        "IamInstanceProfile": ec2.IamInstanceProfile(Arn=profile(stack, group)),
    }
    if group.spread == "hosts":
        data["Placement"] = ec2.Placement(GroupName=ref(stack.tier("Spread", group.name)))
    if isinstance(group.members, Scaling):
        security = [ref(stack.tier("Security", group.name))]
        card = {"DeviceIndex": 0, "AssociatePublicIpAddress": group.public_address, "Groups": security}
        data["NetworkInterfaces"] = [ec2.NetworkInterfaces(**card)]
    made = ec2.LaunchTemplateData(**data)
    stack.add(stack.tier("Template", group.name), ec2.LaunchTemplate, group, LaunchTemplateData=made)


def _root(stack: Stack, group: Group) -> Any:
    disk = ec2.EBSBlockDevice(
        Encrypted=True, DeleteOnTermination=True, VolumeType="gp3", VolumeSize=max(1, -(-group.machine.disk // GIB))
    )
    return ec2.LaunchTemplateBlockDeviceMapping(DeviceName=_device(stack, group), Ebs=disk)


def _device(stack: Stack, group: Group) -> Any:
    """The root device; a parameter where the image is another's."""
    if known := root_device(stack, group):
        return known
    name = stack.tier("Root", group.name)
    words = (
        f"RootDeviceName of tier {group.name}'s image, as aws ec2 describe-images says; a wrong one adds an empty disk."
    )
    asked = Parameter(name=name, source="switch", value="/dev/xvda", tiers=(group.name,), why=words)
    stack.ask(asked, {"Type": "String", "Description": words, "Default": "/dev/xvda"})
    return ref(name)


def root_device(stack: Stack, group: Group) -> str:
    """The root device, as the distributions name it in their images; "" where the image is another's."""
    origin = stack.index.image(group).origin
    if not isinstance(origin, Release):
        return ""
    return "/dev/xvda" if origin.distribution == "debian" else "/dev/sda1"


# ---- members with an identity


def _member(stack: Stack, group: Group, number: int) -> None:
    zone = network.zone_number(stack, group.zone) if group.zone else number % 2 if group.spread else 0
    if has_interfaces(stack, group):
        place = {
            "NetworkInterfaces": [_interface(stack, group, on, number, zone, i) for i, on in enumerate(group.networks)]
        }
    else:
        security = [ref(stack.tier("Security", group.name))]
        place = {"SubnetId": network.subnet(stack, group.networks[0], zone, public=False), "SecurityGroupIds": security}
    name = stack.tier("Instance", group.name, number)
    template = stack.tier("Template", group.name)
    made_by = {True: adopted.volume, False: _volume}
    tags = {f"bpc:volume:{known_as(v)}": ref(made_by[v.existing](stack, group, v, number, zone)) for v in group.volumes}
    tags |= {"bpc:stack": ref("AWS::StackId"), "bpc:signal": signalled(stack, group, number)}
    tags |= {"Name": stack.server(f"{group.name}-{number}"), "bpc:member": f"{group.name}-{number}"}
    made = {
        "LaunchTemplate": ec2.LaunchTemplateSpecification(
            LaunchTemplateId=ref(template), Version=version(stack, group, number)
        ),
        **place,
        "Tags": stack.tags(f"{group.name}-{number}", group.name, **tags),
        **switched(stack, group, number),
        **awaited(stack, group),
    }
    after = before(stack, group) + previous(stack, group, number)
    stack.add(name, ec2.Instance, origin_of(group, number), **made, DependsOn=after)
    for index, volume in enumerate(group.volumes):
        _attach(stack, group, volume, number, index)
    add_wait(stack, group, number)
    stack.owner[name] = (group.name, number)


def _interface(stack: Stack, group: Group, on: str, number: int, zone: int, index: int) -> Any:
    """A member's interface is its own resource: it keeps its address when the instance is replaced."""
    public = group.public_address and index == 0
    name = stack.interface(group.name, on, number)
    security = [ref(stack.tier("Security", group.name))]
    tags = stack.tags(f"{group.name}-{number}", group.name)
    of = origin_of(group, number)
    stack.add(
        name,
        ec2.NetworkInterface,
        of,
        SubnetId=network.subnet(stack, on, zone, public=public),
        GroupSet=security,
        Tags=tags,
    )
    stack.owner[name] = (group.name, number)
    if public:
        joined = {"AllocationId": _allocation(stack, group, number, tags), "NetworkInterfaceId": ref(name)}
        association = stack.tier("Joined", group.name, number)
        after = network.after(stack, "Gateway") if group.existing_address else {}
        stack.add(association, ec2.EIPAssociation, of, **joined, **after)
        stack.owner[association] = (group.name, number)
    return ec2.NetworkInterfaceProperty(DeviceIndex=str(index), NetworkInterfaceId=ref(name))


def _allocation(stack: Stack, group: Group, number: int, tags: Any) -> Any:
    """A member's public address."""
    if group.existing_address:
        return adopted.allocation(stack, group, number)
    name = stack.tier("Address", group.name, number)
    after = network.after(stack, "Gateway")
    stack.add(name, ec2.EIP, origin_of(group, number), Domain="vpc", **after, Tags=tags)
    stack.owner[name] = (group.name, number)
    return attr(name, "AllocationId")


def _check_volumes(stack: Stack, group: Group) -> None:
    if len(group.volumes) > len(LETTERS):
        what = f"{len(group.volumes)} volumes at each machine"
        stack.found.append(diagnostics.Unfit(span=group.span, what=what, takes=f"{len(LETTERS)}"))
    for volume in group.volumes:
        if volume.type and volume.type not in TYPES:
            what = f'volume type "{volume.type}"'
            stack.found.append(diagnostics.Unfit(span=volume.span, what=what, takes=", ".join(TYPES)))


def _volume(stack: Stack, group: Group, volume: Volume, number: int, zone: int) -> str:
    name = stack.tier("Volume", group.name, known_as(volume), number)
    policy = "Retain" if volume.keep else "Delete"
    stack.add(
        name,
        ec2.Volume,
        origin_of(volume, number, within=group.name),
        AvailabilityZone=network.zone_of(stack, group.networks[0], zone),
        Size=volume.size // GIB,
        VolumeType=volume.type or "gp3",
        Encrypted=True,
        Tags=stack.tags(f"{group.name}-{number}-{volume.name}", group.name),
        DeletionPolicy=policy,
        UpdateReplacePolicy=policy,
    )
    stack.owner[name] = (group.name, number)
    return name


def _attach(stack: Stack, group: Group, volume: Volume, number: int, index: int) -> None:
    known = known_as(volume)
    name = stack.tier("Attachment", group.name, known, number)
    stack.add(
        name,
        ec2.VolumeAttachment,
        origin_of(volume, number, within=group.name),
        InstanceId=ref(stack.tier("Instance", group.name, number)),
        VolumeId=ref(stack.tier("Volume", group.name, known, number)),
        Device=f"/dev/sd{LETTERS[index % len(LETTERS)]}",
        **switched(stack, group, number),
    )
    stack.owner[name] = (group.name, number)
