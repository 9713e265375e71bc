"""What cfn-lint lets pass in a CloudFormation stack, and AWS refuses, or takes for something else.

A folder's files in, a list of problems out (empty: nothing found). cfn-lint's own findings are another test's. Values are followed
through nested stacks: a parameter is what the stack above gives, an output what the stack below says.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

from judges.components import problems_of_component

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = dict[str, Any]

COUNTS = {"Resources": 500, "Parameters": 200, "Mappings": 200, "Outputs": 200}
OPERATION = 2500
TEMPLATE, INLINE = 1_000_000, 51_200
USER_DATA = 16_384
FILLED, URL = 64, 700
"""Bytes that a value known only later is counted with; the signed address of a wait condition's handle is long."""

REF = {
    "AWS::AutoScaling::AutoScalingGroup": "name of a scaling group",
    "AWS::CloudFormation::WaitConditionHandle": "address for signals",
    "AWS::EC2::EIP": "public address",
    "AWS::EC2::Instance": "instance",
    "AWS::EC2::InternetGateway": "internet gateway",
    "AWS::EC2::LaunchTemplate": "launch template",
    "AWS::EC2::NatGateway": "NAT gateway",
    "AWS::EC2::NetworkInterface": "network interface",
    "AWS::EC2::PlacementGroup": "name of a placement group",
    "AWS::EC2::RouteTable": "route table",
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "VPC",
    "AWS::EC2::Volume": "volume",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "ARN of a balancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "ARN of a target group",
    "AWS::IAM::InstanceProfile": "name of a profile",
    "AWS::IAM::Role": "name of a role",
    "AWS::ImageBuilder::Component": "ARN of a component",
    "AWS::ImageBuilder::DistributionConfiguration": "ARN of a distribution",
    "AWS::ImageBuilder::Image": "ARN of an image",
    "AWS::ImageBuilder::ImageRecipe": "ARN of a recipe",
    "AWS::ImageBuilder::InfrastructureConfiguration": "ARN of an infrastructure",
    "AWS::SecretsManager::Secret": "ARN of a secret",
}
"""What the Ref of a resource is; of others it is not known."""
ATTRIBUTES = {
    ("AWS::EC2::EIP", "AllocationId"): "allocation",
    ("AWS::EC2::LaunchTemplate", "LatestVersionNumber"): "version",
    ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber"): "default version",
    ("AWS::EC2::SecurityGroup", "GroupId"): "security group",
    ("AWS::IAM::InstanceProfile", "Arn"): "ARN of a profile",
    ("AWS::IAM::Role", "Arn"): "ARN of a role",
    ("AWS::ImageBuilder::Image", "ImageId"): "AMI",
}
WANTED = {
    "AllocationId": "allocation",
    "AutoScalingGroupName": "name of a scaling group",
    "ComponentArn": "ARN of a component",
    "DistributionConfigurationArn": "ARN of a distribution",
    "GroupId": "security group",
    "GroupSet": "security group",
    "Groups": "security group",
    "Handle": "address for signals",
    "IamInstanceProfile": "ARN of a profile",
    "ImageId": "AMI",
    "ImageRecipeArn": "ARN of a recipe",
    "InfrastructureConfigurationArn": "ARN of an infrastructure",
    "InstanceId": "instance",
    "InstanceProfileName": "name of a profile",
    "InternetGatewayId": "internet gateway",
    "LaunchTemplateId": "launch template",
    "LoadBalancerArn": "ARN of a balancer",
    "NatGatewayId": "NAT gateway",
    "NetworkInterfaceId": "network interface",
    "Roles": "name of a role",
    "RouteTableId": "route table",
    "SecurityGroupIds": "security group",
    "SecurityGroups": "security group",
    "SourceSecurityGroupId": "security group",
    "SubnetId": "subnet",
    "Subnets": "subnet",
    "TargetGroupARNs": "ARN of a target group",
    "TargetGroupArn": "ARN of a target group",
    "VPCZoneIdentifier": "subnet",
    "VolumeId": "volume",
    "VpcId": "VPC",
}
"""Property → what must stand there."""


class Stack:
    """One template of the tree; `given` are the values of its parameters, each with the stack that they come from."""

    def __init__(
        self, name: str, files: Mapping[str, str], above: Stack | None = None, given: Json | None = None
    ) -> None:
        self.name, self.files, self.above, self.given = name, files, above, given or {}
        self.template: Json = yaml.load(files[name], yaml.CSafeLoader)
        self.resources: Json = self.template["Resources"]
        self.below: dict[str, Stack] = {}
        for key, made in self.resources.items():
            url = made.get("Properties", {}).get("TemplateURL", "")
            if made["Type"] == "AWS::CloudFormation::Stack" and url.removeprefix("./") in files:
                self.below[key] = Stack(url.removeprefix("./"), files, self, made["Properties"].get("Parameters"))

    def all(self) -> Iterator[Stack]:
        yield self
        for stack in self.below.values():
            yield from stack.all()

    def kind(self, value: Any) -> str:
        """What a Ref or GetAtt gives, in words; "" where it is not known."""
        match value:
            case {"Ref": name} if name in self.given and self.above:
                return self.above.kind(self.given[name])
            case {"Ref": name} if name in self.resources:
                return REF.get(self.resources[name]["Type"], "")
            case {"Fn::GetAtt": [name, attribute]} if name in self.below and attribute.startswith("Outputs."):
                output = self.below[name].template["Outputs"].get(attribute.removeprefix("Outputs."), {})
                return self.below[name].kind(output.get("Value"))
            case {"Fn::GetAtt": [name, attribute]} if name in self.resources:
                return ATTRIBUTES.get((self.resources[name]["Type"], attribute), f"{attribute} of {name}")
        return ""


def judge(files: Mapping[str, str]) -> list[str]:
    """The problems of an output folder, its files by their path."""
    root = Stack(next(name for name in files if name in ("stack.yaml", "stack.json")), files)
    stacks = list(root.all())
    found = [f"{stack.name}: {problem}" for stack in stacks for problem in _stack(stack)]
    total = sum(len(stack.resources) for stack in stacks)
    if total > OPERATION:
        found.append(f"{total} resources in one operation")
    if "--template-body" in files.get("README.txt", "") and len(files[root.name].encode()) > INLINE:
        found.append(f"{root.name}: larger than a request may be, and README.txt sends it with one")
    exports = Counter(json.dumps(export) for stack in stacks for export in _exports(stack))
    return found + [f"{name} is exported {count} times" for name, count in exports.items() if count > 1]


def _exports(stack: Stack) -> Iterator[Any]:
    for output in stack.template.get("Outputs", {}).values():
        if "Export" in output:
            yield output["Export"]["Name"]


def _stack(stack: Stack) -> Iterator[str]:
    for section, limit in COUNTS.items():
        count = len(stack.template.get(section, {}))
        if count > limit:
            yield f"{count} {section}"
    if len(stack.files[stack.name].encode()) > TEMPLATE:
        yield "larger than a template may be"
    for name, made in stack.resources.items():
        properties = made.get("Properties", {})
        for problem in (*_resource(made["Type"], properties), *_kinds(stack, properties)):
            yield f"{name}: {problem}"


def _resource(kind: str, properties: Json) -> Iterator[str]:
    match kind:
        case "AWS::EC2::SecurityGroup" | "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress":
            rules = [
                *properties.get("SecurityGroupIngress", ()),
                *properties.get("SecurityGroupEgress", ()),
                properties,
            ]
            yield from (problem for rule in rules for problem in _ports(rule))
        case "AWS::EC2::LaunchTemplate":
            yield from _user_data(properties["LaunchTemplateData"].get("UserData", ""))
        case "AWS::EC2::Instance":
            yield from _user_data(properties.get("UserData", ""))
        case "AWS::AutoScaling::AutoScalingGroup":
            version = properties.get("LaunchTemplate", {}).get("Version")
            if version in ("$Latest", "$Default"):
                yield f"LaunchTemplate.Version {version}: a change of the template would change no machine"
        case "AWS::CloudFormation::Stack":
            url = properties["TemplateURL"]
            if isinstance(url, str) and url.startswith("s3://"):
                yield "TemplateURL: CloudFormation takes https"
        case "AWS::ImageBuilder::Component":
            yield from problems_of_component(properties)


def _ports(rule: Json) -> Iterator[str]:
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if isinstance(first, int) and isinstance(last, int) and first > last and "icmp" not in str(rule["IpProtocol"]):
        yield f"ports from {first} to {last}"


def _user_data(data: Any) -> Iterator[str]:
    size = _size(data)
    if size > USER_DATA:
        yield f"user data has {size} bytes"


def _size(value: Any) -> int:
    """Bytes of a text when it is filled."""
    match value:
        case str():
            return len(value.encode())
        case {"Fn::Base64": inner}:
            return _size(inner)
        case {"Fn::Sub": [str(text), dict(values)]}:
            return _substituted(text, values)
        case {"Fn::Sub": str(text)}:
            return _substituted(text, {})
        case {"Fn::Join": [separator, list(parts)]}:
            return sum(map(_size, parts)) + len(separator) * (len(parts) - 1)
        case {"Ref": name} if str(name).startswith("Handle"):
            return URL
    return FILLED


def _substituted(text: str, values: Json) -> int:
    names = re.findall(r"\$\{([^!}]+)\}", text)
    literal = re.sub(r"\$\{([^!}]+)\}", "", text).replace("${!", "${")
    return len(literal.encode()) + sum(_size(values.get(name, {"Ref": name})) for name in names)


def _kinds(stack: Stack, value: Any, wanted: str = "", where: str = "") -> Iterator[str]:
    """References that give something else than their property wants."""
    if isinstance(value, list):
        for item in value:
            yield from _kinds(stack, item, wanted, where)
    elif isinstance(value, dict) and set(value) <= {"Ref", "Fn::GetAtt"} and value:
        kind = stack.kind(value)
        if kind and wanted and kind != wanted:
            yield f"{where}: {kind}, where {wanted} belongs"
        elif kind and not kind.startswith("ARN") and where.endswith("Arn"):
            yield f"{where}: {kind}, where an ARN belongs"
    elif isinstance(value, dict):
        for key, item in value.items():
            inherited = wanted if key in ("Arn", "Fn::If") else ""
            yield from _kinds(stack, item, WANTED.get(key, inherited), key if not key.startswith("Fn::") else where)
