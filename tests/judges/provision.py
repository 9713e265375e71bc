"""A CloudFormation template made real through the services' own APIs, one call a resource, in the order of its references.

For clouds that emulate the services better than CloudFormation itself: moto's services know launch templates of instances,
targets and kinds of balancers, its CloudFormation does not. Each call's parameters are validated by AWS's own library.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/stack/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
"""The stack's own id."""


def an_image(ec2: Any) -> str:
    """The id of an image. moto has more than a thousand, and takes seconds to tell all of them."""
    named = [{"Name": "name", "Values": ["amzn-ami-hvm-*-x86_64-gp2"]}]
    found: list[Json] = ec2.describe_images(Owners=["amazon"], Filters=named)["Images"]
    return str(found[0]["ImageId"])


class Provision:
    """Resource id → what its service answered, in `made`; `ids` are what `Ref` gives."""

    def __init__(self, template: Json, parameters: dict[str, str], client: Callable[[str], Any]) -> None:
        self.template, self.parameters = template, parameters
        self.client = {name: client(name) for name in ("ec2", "elbv2", "autoscaling", "secretsmanager", "iam")}
        self.made: dict[str, Json] = {}
        self.ids: dict[str, str] = {}
        self.check()
        for name in self.order():
            resource = template["Resources"][name]
            if "Condition" in resource and not self.value(template["Conditions"][resource["Condition"]]):
                continue
            kind = resource["Type"].rpartition("::")[2]
            self.ids[name], self.made[name] = getattr(self, f"make_{kind}")(
                name, self.value(resource.get("Properties", {}))
            )

    def check(self) -> None:
        """What the stack asks of its parameters, before anything is made."""
        for name, asked in self.template["Parameters"].items():
            value = self.parameters.get(name, asked.get("Default", ""))
            assert re.fullmatch(asked.get("AllowedPattern", ".*"), value, re.DOTALL), f"{name}: {value!r}"
            assert len(value.encode()) <= int(asked.get("MaxLength", 4096)), name
        for rule in self.template.get("Rules", {}).values():
            for one in rule["Assertions"]:
                assert self.value(one["Assert"]), one["AssertDescription"]

    def order(self) -> Iterator[str]:
        """Each resource after those that it refers to."""
        resources = self.template["Resources"]
        needs = {
            name: {*references(made), *listed(made.get("DependsOn", []))} & set(resources)
            for name, made in resources.items()
        }
        while needs:
            ready = [name for name, wanted in needs.items() if not wanted & set(needs)]
            assert ready, f"a circle among {sorted(needs)}"
            yield from ready
            needs = {name: wanted for name, wanted in needs.items() if name not in ready}

    # ---- functions

    def value(self, given: Any) -> Any:
        if isinstance(given, list):
            return [made for item in given if (made := self.value(item)) is not None]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            [(name, argument)] = given.items()
            if name == "Ref" or name.startswith("Fn::"):
                return getattr(self, f"do_{name.removeprefix('Fn::')}")(argument)
        return {key: made for key, item in given.items() if (made := self.value(item)) is not None}

    def do_Ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        return {**self.parameters, **self.ids, "AWS::StackName": "stack", "AWS::StackId": STACK}[name]

    def do_GetAtt(self, given: list[str]) -> Any:
        name, attribute = given
        return self.made[name][attribute]

    def do_Sub(self, given: Any) -> str:
        text, values = (given, {}) if isinstance(given, str) else (given[0], self.value(given[1]))

        def one(match: re.Match[str]) -> str:
            if match[1].startswith("!"):
                return f"${{{match[1][1:]}}}"
            name, _, attribute = match[1].partition(".")
            return str(
                values[name]
                if name in values
                else self.do_GetAtt([name, attribute])
                if attribute
                else self.do_Ref(name)
            )

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def do_Join(self, given: list[Any]) -> str:
        return str(given[0]).join(self.value(given[1]))

    def do_Split(self, given: list[Any]) -> list[str]:
        return str(self.value(given[1])).split(given[0])

    def do_If(self, given: list[Any]) -> Any:
        return self.value(given[1] if self.value(self.template["Conditions"][given[0]]) else given[2])

    def do_Not(self, given: list[Any]) -> bool:
        return not self.value(given[0])

    def do_And(self, given: list[Any]) -> bool:
        return all(self.value(given))

    def do_Or(self, given: list[Any]) -> bool:
        return any(self.value(given))

    def do_Equals(self, given: list[Any]) -> bool:
        return self.value(given[0]) == self.value(given[1])

    def do_Select(self, given: list[Any]) -> Any:
        listed = self.value(given[1])
        return (listed.split(",") if isinstance(listed, str) else listed)[int(given[0])]

    def do_GetAZs(self, _: str) -> list[str]:
        return [zone["ZoneName"] for zone in self.client["ec2"].describe_availability_zones()["AvailabilityZones"]]

    def do_Base64(self, given: Any) -> str:
        return base64.b64encode(self.value(given).encode()).decode()

    # ---- services: (what Ref gives, what GetAtt knows)

    def tags(self, kind: str, given: Json) -> Json:
        tags = given.pop("Tags", [])
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}

    def make_VPC(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_vpc(CidrBlock=given["CidrBlock"], **self.tags("vpc", given))["Vpc"]
        return made["VpcId"], made

    def make_VPCCidrBlock(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].associate_vpc_cidr_block(**given)["CidrBlockAssociation"]
        return made["AssociationId"], made

    def make_InternetGateway(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_internet_gateway(**self.tags("internet-gateway", given))["InternetGateway"]
        return made["InternetGatewayId"], made

    def make_VPCGatewayAttachment(self, name: str, given: Json) -> tuple[str, Json]:
        self.client["ec2"].attach_internet_gateway(**given)
        return name, {}

    def make_RouteTable(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_route_table(**self.tags("route-table", given), **given)["RouteTable"]
        return made["RouteTableId"], made

    def make_Route(self, name: str, given: Json) -> tuple[str, Json]:
        self.client["ec2"].create_route(**given)
        return name, {}

    def make_Subnet(self, name: str, given: Json) -> tuple[str, Json]:
        given.pop("MapPublicIpOnLaunch")
        made = self.client["ec2"].create_subnet(**self.tags("subnet", given), **given)["Subnet"]
        return made["SubnetId"], made

    def make_SubnetRouteTableAssociation(self, name: str, given: Json) -> tuple[str, Json]:
        return self.client["ec2"].associate_route_table(**given)["AssociationId"], {}

    def make_EIP(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].allocate_address(**self.tags("elastic-ip", given), **given)
        return made["PublicIp"], made

    def make_EIPAssociation(self, name: str, given: Json) -> tuple[str, Json]:
        return self.client["ec2"].associate_address(**given)["AssociationId"], {}

    def make_NatGateway(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_nat_gateway(**self.tags("natgateway", given), **given)["NatGateway"]
        return made["NatGatewayId"], made

    def make_SecurityGroup(self, name: str, given: Json) -> tuple[str, Json]:
        group = {"GroupName": f"stack-{name}", "Description": given["GroupDescription"], "VpcId": given["VpcId"]}
        made = self.client["ec2"].create_security_group(**group, **self.tags("security-group", given))
        return made["GroupId"], made

    def make_SecurityGroupIngress(self, name: str, given: Json) -> tuple[str, Json]:
        rule: Json = {key: given[key] for key in ("IpProtocol", "FromPort", "ToPort")}
        if "SourceSecurityGroupId" in given:
            rule["UserIdGroupPairs"] = [{"GroupId": given["SourceSecurityGroupId"]}]
        else:
            rule["IpRanges"] = [{"CidrIp": given["CidrIp"]}]
        self.client["ec2"].authorize_security_group_ingress(GroupId=given["GroupId"], IpPermissions=[rule])
        return name, {}

    def make_PlacementGroup(self, name: str, given: Json) -> tuple[str, Json]:
        return f"stack-{name}", {}  # moto's service has none; what instances say of it is in their launch template

    def make_NetworkInterface(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_network_interface(
            SubnetId=given["SubnetId"], Groups=given["GroupSet"], **self.tags("network-interface", given)
        )["NetworkInterface"]
        return made["NetworkInterfaceId"], made | {"PrimaryPrivateIpAddress": made["PrivateIpAddress"]}

    def make_LaunchTemplate(self, name: str, given: Json) -> tuple[str, Json]:
        data = given["LaunchTemplateData"]
        made = self.client["ec2"].create_launch_template(LaunchTemplateName=f"stack-{name}", LaunchTemplateData=data)
        return made["LaunchTemplate"]["LaunchTemplateId"], {"LatestVersionNumber": "1"}

    def make_Instance(self, name: str, given: Json) -> tuple[str, Json]:
        cards = [{**card, "DeviceIndex": int(card["DeviceIndex"])} for card in given.pop("NetworkInterfaces", [])]
        more = {"NetworkInterfaces": cards} if cards else {}
        tags = self.tags("instance", given)
        made = self.client["ec2"].run_instances(MinCount=1, MaxCount=1, **tags, **more, **given)["Instances"][0]
        return made["InstanceId"], made | {"PrivateIp": made.get("PrivateIpAddress", "")}

    def make_Volume(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["ec2"].create_volume(**self.tags("volume", given), **given)
        return made["VolumeId"], made

    def make_VolumeAttachment(self, name: str, given: Json) -> tuple[str, Json]:
        return self.client["ec2"].attach_volume(**given)["VolumeId"], {}

    def make_AutoScalingGroup(self, name: str, given: Json) -> tuple[str, Json]:
        sizes = {name: int(given[name]) for name in ("MinSize", "MaxSize", "DesiredCapacity") if name in given}
        given = {**given, **sizes}
        given["VPCZoneIdentifier"] = ",".join(given["VPCZoneIdentifier"])
        self.client["autoscaling"].create_auto_scaling_group(AutoScalingGroupName=f"stack-{name}", **given)
        return f"stack-{name}", {}

    def make_ScalingPolicy(self, name: str, given: Json) -> tuple[str, Json]:
        self.client["autoscaling"].put_scaling_policy(PolicyName=f"stack-{name}", **given)
        return name, {}

    def make_LoadBalancer(self, name: str, given: Json) -> tuple[str, Json]:
        attributes = given.pop("LoadBalancerAttributes", [])
        made = self.client["elbv2"].create_load_balancer(Name=short(name), **given)["LoadBalancers"][0]
        arn = made["LoadBalancerArn"]
        if attributes:
            self.client["elbv2"].modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
        return arn, made

    def make_TargetGroup(self, name: str, given: Json) -> tuple[str, Json]:
        targets, attributes = given.pop("Targets", []), given.pop("TargetGroupAttributes")
        made = self.client["elbv2"].create_target_group(Name=short(name), **given)["TargetGroups"][0]
        arn = made["TargetGroupArn"]
        self.client["elbv2"].modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)
        if targets:
            self.client["elbv2"].register_targets(TargetGroupArn=arn, Targets=targets)
        return arn, made

    def make_Listener(self, name: str, given: Json) -> tuple[str, Json]:
        return self.client["elbv2"].create_listener(**given)["Listeners"][0]["ListenerArn"], {}

    def make_Secret(self, name: str, given: Json) -> tuple[str, Json]:
        secret = self.client["secretsmanager"]
        if "SecretString" not in given:
            generate = given.pop("GenerateSecretString")
            given["SecretString"] = secret.get_random_password(**generate)["RandomPassword"]
            assert len(given["SecretString"]) == generate["PasswordLength"]
        return secret.create_secret(Name=f"stack-{name}", **given)["ARN"], {}

    def make_Role(self, name: str, given: Json) -> tuple[str, Json]:
        import json

        document = json.dumps(given["AssumeRolePolicyDocument"])
        self.client["iam"].create_role(RoleName=f"stack-{name}", AssumeRolePolicyDocument=document)
        for policy in given["Policies"]:
            text = json.dumps(policy["PolicyDocument"])
            self.client["iam"].put_role_policy(
                RoleName=f"stack-{name}", PolicyName=policy["PolicyName"], PolicyDocument=text
            )
        return f"stack-{name}", {}

    def make_InstanceProfile(self, name: str, given: Json) -> tuple[str, Json]:
        made = self.client["iam"].create_instance_profile(InstanceProfileName=f"stack-{name}")["InstanceProfile"]
        for role in given["Roles"]:
            self.client["iam"].add_role_to_instance_profile(InstanceProfileName=f"stack-{name}", RoleName=role)
        return f"stack-{name}", made

    def make_WaitConditionHandle(self, name: str, given: Json) -> tuple[str, Json]:
        return f"https://signal.example/{name}?X-Amz-Signature=0", {}

    def make_WaitCondition(self, name: str, given: Json) -> tuple[str, Json]:
        return name, {}


def short(name: str) -> str:
    """A balancer's name has 32 characters at most; CloudFormation shortens it in the same way."""
    return f"stack-{name}"[:32]


def listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def references(value: Any) -> list[str]:
    """The ids that a value refers to."""
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    if not isinstance(value, dict):
        return []
    if list(value) == ["Ref"]:
        return [value["Ref"]]
    if list(value) == ["Fn::GetAtt"]:
        return [value["Fn::GetAtt"][0]]
    if list(value) == ["Fn::Sub"]:
        given = value["Fn::Sub"]
        text, values = (given, {}) if isinstance(given, str) else given
        names = [match.partition(".")[0] for match in re.findall(r"\$\{([^!}]+)\}", text)]
        return [name for name in names if name not in values] + references(values)
    return [found for item in value.values() for found in references(item)]
