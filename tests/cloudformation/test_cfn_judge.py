"""The judge of what cfn-lint lets pass: every blueprint passes, and each planted mistake is found."""

from __future__ import annotations

import copy
from functools import cache

import pytest
import yaml
from judges.cloudformation import judge
from test_compile import IDS, ROOT, VARIANTS

import bpc.api

GONE = object()
COMPONENT = "name: it\nschemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - name: one\n    action: ExecuteBash\n    inputs:\n      commands: ['true']\n"
DATA = "Resources.Made.Properties.Data"


@cache
def shop() -> dict[str, str]:
    return dict(
        bpc.api.compile(ROOT / "blueprints/shop/solution.bp", targets=("cfn",)).artifacts["cloudformation"].files
    )


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_every_blueprint_passes(folder, environment):
    result = bpc.api.compile(folder / "solution.bp", targets=("cfn",), environment=environment)
    assert judge(result.artifacts["cloudformation"].files) == []


def many(count: int, made: dict) -> dict:
    return {f"Spare{number}": copy.deepcopy(made) for number in range(count)}


def component(data: str) -> dict:
    properties = {"Name": "it", "Platform": "Linux", "Version": "1.0.0", "Data": data}
    return {"Type": "AWS::ImageBuilder::Component", "Properties": properties}


# what is planted: (the place in stack.yaml, what stands there then, a part of what the judge says)
MISTAKES = {
    "parameters": ("Parameters", many(201, {"Type": "String"}), "201 Parameters"),
    "mappings": ("Mappings", many(201, {"a": {"b": "c"}}), "201 Mappings"),
    "outputs": ("Outputs", many(201, {"Value": "x"}), "201 Outputs"),
    "resources": ("Resources", many(501, {"Type": "AWS::SNS::Topic"}), "501 Resources"),
    "template": ("Metadata.long", "x" * 1_000_000, "larger than a template may be"),
    "user data": ("Resources.TemplateApp.Properties.LaunchTemplateData.UserData", {"Fn::Base64": "x" * 16_385}, "16385 bytes"),
    "user data, filled": (
        "Resources.TemplateApp.Properties.LaunchTemplateData.UserData",
        {"Fn::Base64": {"Fn::Sub": "x" * 16_000 + "${HandleApp}"}}, "16700 bytes"),
    "export": ("Outputs", many(2, {"Value": "x", "Export": {"Name": "it"}}), '"it" is exported 2 times'),
    "ports": ("Resources.RuleWebXBalancerXHttpXAnywhere.Properties.ToPort", 79, "ports from 80 to 79"),
    "role for an ARN": (
        "Resources.Made",
        {"Type": "AWS::ImageBuilder::LifecyclePolicy", "Properties": {"ExecutionRoleArn": {"Ref": "RoleApp"}}}, "an ARN belongs"),
    "role for a profile": (
        "Resources.TemplateApp.Properties.LaunchTemplateData.IamInstanceProfile.Arn",
        {"Fn::GetAtt": ["RoleApp", "Arn"]}, "ARN of a role, where ARN of a profile belongs"),
    "profile's name for its ARN": (
        "Resources.TemplateApp.Properties.LaunchTemplateData.IamInstanceProfile.Arn", {"Ref": "ProfileApp"}, "name of a profile"),
    "latest version": ("Resources.MembersWeb.Properties.LaunchTemplate.Version", "$Latest", "would change no machine"),
    "s3 address": (
        "Resources.Made",
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "s3://bucket/it.yaml"}}, "takes https"),
    "wrong security group": (
        "Resources.RuleWebXBalancerXHttpXAnywhere.Properties.GroupId", {"Ref": "BalancerWebXHttp"}, "security group belongs"),
    "wrong subnet": ("Resources.BalancerWebXHttp.Properties.Subnets", [{"Ref": "Vpc"}], "VPC, where subnet belongs"),
    "no component": ("Resources.Made", component("garbage: ["), "no document with phases"),
    "component's version": ("Resources.Made", component(COMPONENT.replace("1.0", "2.0")), "schemaVersion"),
    "component's phase": ("Resources.Made", component(COMPONENT.replace("build", "bake")), "phase bake"),
    "component's step": ("Resources.Made", component(COMPONENT.replace("inputs", "input")), "a step has no inputs"),
    "component's commands": ("Resources.Made", component(COMPONENT.replace("['true']", "yes")), "a list of commands"),
    "component's shell": ("Resources.Made", component(COMPONENT.replace("'true'", "'if'")), "no Bash"),
    "component's size": ("Resources.Made", component(COMPONENT + "#" * 16_000), "characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name):
    place, value, says = MISTAKES[name]
    template = yaml.safe_load(shop()["stack.yaml"])
    *path, last = place.split(".")
    inside = template
    for key in path:
        inside = inside[key]
    inside[last] = value
    found = judge({**shop(), "stack.yaml": yaml.safe_dump(template, sort_keys=False)})
    assert any(says in problem for problem in found), found


def test_a_template_that_no_request_takes():
    files = {"stack.yaml": yaml.safe_dump({"Resources": {}, "Description": "x" * 51_200})}
    assert judge(files | {"README.txt": "--template-url"}) == []
    assert "README.txt sends it with one" in judge(files | {"README.txt": "--template-body"})[0]


def test_a_value_is_followed_into_nested_stacks():
    below = {
        "Parameters": {"Given": {"Type": "String"}},
        "Resources": {"Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"IpProtocol": "tcp", "GroupId": {"Ref": "Given"}}}},
        "Outputs": {"Rule": {"Value": {"Ref": "Given"}}},
    }  # fmt: skip
    above = {
        "Resources": {
            "Net": {"Type": "AWS::EC2::VPC"},
            "Below": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./below.yaml", "Parameters": {"Given": {"Ref": "Net"}}}},
            "Target": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::GetAtt": ["Below", "Outputs.Rule"]}}},
        }
    }  # fmt: skip
    found = judge({"stack.yaml": yaml.safe_dump(above), "below.yaml": yaml.safe_dump(below)})
    assert found == ["below.yaml: Rule: GroupId: VPC, where security group belongs"]
