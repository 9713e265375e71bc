"""`by_hand.py M|T COUNT json|yaml FILE`: the bench's topologies with troposphere, as one writes a stack that is made once.

The same resources as bpc makes, and nothing else: no blueprint, no model, no checks, and a first boot of a few lines.
"""

import sys
from pathlib import Path

import troposphere
from troposphere import Base64, GetAtt, GetAZs, Parameter, Ref, Select, Sub, Tags, Template, cloudformation, ec2

troposphere.MAX_RESOURCES = 10**6
FIRST_BOOT = r"""#!/bin/bash
finish() {
  code=$?
  status=$([ $code -eq 0 ] && echo SUCCESS || echo FAILURE)
  body="{\"Status\": \"$status\", \"UniqueId\": \"$(hostname)\", \"Reason\": \"exit code $code\", \"Data\": \"\"}"
  curl -sS -X PUT -H 'Content-Type:' --data-binary "$body" '${HANDLE}'
}
trap finish EXIT
set -e
"""
MOUNT = r"""device=/dev/nvme1n1
until [ -b $device ]; do sleep 2; done
blkid $device || mkfs.ext4 $device
mkdir -p /data
echo "$device /data ext4 defaults,nofail 0 2" >>/etc/fstab
mount /data
"""
ROUTED = [
    ("A", "10.0.0.0/17", 0, "Inside"),
    ("B", "10.0.128.0/17", 1, "Inside"),
    ("Own", "100.64.0.0/24", 0, "Outside"),
]

stack = Template(Description="bench 1")


def tags(name, tier=None, **more):
    return Tags(**{"Name": name, "bpc:solution": "bench", **({"bpc:tier": tier} if tier else {}), **more})


def add(kind, name, line, **properties):
    stack.add_resource(kind(name, Metadata={"bpc": f"solution.bp:{line}"}, **properties))
    return Ref(name)


def network():
    vpc = add(
        ec2.VPC, "Vpc", 3, CidrBlock="10.0.0.0/16", EnableDnsSupport=True, EnableDnsHostnames=True, Tags=tags("bench")
    )
    add(ec2.VPCCidrBlock, "Addresses", 3, VpcId=vpc, CidrBlock="100.64.0.0/24")
    internet = add(ec2.InternetGateway, "Internet", 3, Tags=tags("bench"))
    add(ec2.VPCGatewayAttachment, "Gateway", 3, VpcId=vpc, InternetGatewayId=internet)
    routes = {
        side: add(ec2.RouteTable, f"Routes{side}", 3, VpcId=vpc, Tags=tags(f"bench-{side}"))
        for side in ("Outside", "Inside")
    }
    every = "0.0.0.0/0"
    outside = {"RouteTableId": routes["Outside"], "DestinationCidrBlock": every, "DependsOn": "Gateway"}
    add(ec2.Route, "WayOutside", 3, GatewayId=internet, **outside)
    for name, block, number, side in ROUTED:
        zone = Select(number, GetAZs(""))
        place = {"VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone, "DependsOn": "Addresses"}
        subnet = add(ec2.Subnet, f"Subnet{name}", 5, MapPublicIpOnLaunch=False, Tags=tags(name), **place)
        add(ec2.SubnetRouteTableAssociation, f"Routed{name}", 5, SubnetId=subnet, RouteTableId=routes[side])
    add(ec2.EIP, "NatAddress", 3, Domain="vpc", Tags=tags("bench-nat"), DependsOn="Gateway")
    allocated = GetAtt("NatAddress", "AllocationId")
    nat = add(ec2.NatGateway, "Nat", 3, SubnetId=Ref("SubnetOwn"), AllocationId=allocated, Tags=tags("bench-nat"))
    add(ec2.Route, "WayInside", 3, RouteTableId=routes["Inside"], DestinationCidrBlock=every, NatGatewayId=nat)


def tier(name, count, line, volume):
    own = name.capitalize()
    words, marks = f"Members of tier {name}", tags(name, name)
    security = add(ec2.SecurityGroup, f"Security{own}", line, VpcId=Ref("Vpc"), GroupDescription=words, Tags=marks)
    handle = add(cloudformation.WaitConditionHandle, f"Handle{own}", line)
    options = ec2.MetadataOptions(HttpTokens="required", HttpEndpoint="enabled", InstanceMetadataTags="enabled")
    disk = ec2.EBSBlockDevice(Encrypted=True, DeleteOnTermination=True, VolumeType="gp3", VolumeSize=10)
    data = ec2.LaunchTemplateData(
        ImageId=Ref("Image"),
        InstanceType=Ref("Type"),
        UserData=Base64(Sub((FIRST_BOOT + (MOUNT if volume else "")).replace("HANDLE", f"Handle{own}"))),
        MetadataOptions=options,
        BlockDeviceMappings=[ec2.LaunchTemplateBlockDeviceMapping(DeviceName="/dev/xvda", Ebs=disk)],
    )
    add(ec2.LaunchTemplate, f"Template{own}", line, LaunchTemplateData=data)
    for number in range(count):
        member(f"{name}-{number}", name, f"{own}X{number}", line, security, volume)
    after = [f"Instance{own}X{number}" for number in range(count)]
    add(cloudformation.WaitCondition, f"Ready{own}", line, Handle=handle, Count=count, Timeout="1800", DependsOn=after)


def member(name, tier, own, line, security, volume):
    template = f"Template{tier.capitalize()}"
    which = ec2.LaunchTemplateSpecification(
        LaunchTemplateId=Ref(template), Version=GetAtt(template, "LatestVersionNumber")
    )
    common = {"LaunchTemplate": which, "DependsOn": "WayInside"}
    if not volume:
        place = {"SubnetId": Ref("SubnetA"), "SecurityGroupIds": [security]}
        add(ec2.Instance, f"Instance{own}", line, Tags=tags(name, tier), **place, **common)
        return
    mine = {"SubnetId": Ref("SubnetA"), "GroupSet": [security], "Tags": tags(name, tier)}
    interface = add(ec2.NetworkInterface, f"Interface{own}", line, **mine)
    disk = add(
        ec2.Volume,
        f"Volume{own}",
        line + 5,
        AvailabilityZone=GetAtt("SubnetA", "AvailabilityZone"),
        Size=10,
        VolumeType="gp3",
        Encrypted=True,
        Tags=tags(f"{name}-data", tier),
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
    card = ec2.NetworkInterfaceProperty(DeviceIndex="0", NetworkInterfaceId=interface)
    marks = tags(name, tier, **{"bpc:volume:data": disk})
    instance = add(ec2.Instance, f"Instance{own}", line, NetworkInterfaces=[card], Tags=marks, **common)
    joined = {"InstanceId": instance, "VolumeId": disk, "Device": "/dev/sdf"}
    add(ec2.VolumeAttachment, f"Attachment{own}", line + 5, **joined)


def main(topology, count, form, file):
    stack.add_parameter(Parameter("Image", Type="AWS::EC2::Image::Id", Description="Image of all machines"))
    stack.add_parameter(Parameter("Type", Type="String", Description="Instance type", Default="t3.micro"))
    network()
    if topology == "M":
        tier("t", int(count), 6, volume=True)
    else:
        for number in range(int(count) // 3):
            for index, kind in enumerate(("web", "app", "db")):
                tier(f"{kind}{number}", 1, 6 + number * 19 + index * 6, volume=kind == "db")
    Path(file).write_text(stack.to_json() if form == "json" else stack.to_yaml())


main(*sys.argv[1:])
