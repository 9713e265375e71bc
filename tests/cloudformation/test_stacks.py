"""CloudFormation stacks of every blueprint in every environment: cfn-lint finds nothing, an attacker neither."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from goldens import compare_environment
from judges.readers import load
from test_compile import IDS, OPTIONS, VARIANTS

from bpc.driver import compile_blueprint
from bpc.model.resources import FromAnywhere, FromCidr, Rule
from bpc_targets import load as target

REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-2"]


def compiled(folder: Path, environment: str):
    result = compile_blueprint(str(folder / "solution.bp"), (target("cloudformation"),), OPTIONS, environment)
    assert [d.text for d in result.diagnostics] == []
    return result


def templates(result) -> dict[str, dict]:
    files = result.artifacts["cloudformation"].files
    return {name: load(text) for name, text in files.items() if name.endswith(".yaml") and "/" not in name}


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_cfn_lint_finds_nothing(folder, environment, tmp_path, request):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    result = compiled(folder, environment)
    for name in templates(result):
        text = result.artifacts["cloudformation"].files[name]
        found = lint(text, config=ManualArgs(regions=REGIONS, include_checks=["I"]))
        assert [f"{name}: {match}" for match in found] == []
    if folder.name == "shop":
        files = result.artifacts["cloudformation"].files
        compare_environment("cloudformation-shop", environment, files, request)


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_an_attacker_finds_nothing(folder, environment):
    """Who may come in is what the blueprint says; roles may read their secrets, signal their stack and nothing else; no machine gives away its role."""
    result = compiled(folder, environment)
    resources = {name: made for part in templates(result).values() for name, made in part["Resources"].items()}
    rules = [item for item in result.solution.resources if isinstance(item, Rule)]
    opened = [made for made in resources.values() if made["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert len(opened) == len(rules)
    anywhere = [made for made in opened if made["Properties"].get("CidrIp") == "0.0.0.0/0"]
    asked = [
        r
        for r in rules
        if isinstance(r.peer, FromAnywhere) or (isinstance(r.peer, FromCidr) and "0.0.0.0/0" in r.peer.cidr)
    ]
    assert sorted(m["Properties"]["FromPort"] for m in anywhere) == sorted(r.port for r in asked)
    for name, made in resources.items():
        properties = made.get("Properties", {})
        assert "SecurityGroupIngress" not in properties, name
        if made["Type"] == "AWS::IAM::Role":
            said = [one for policy in properties["Policies"] for one in policy["PolicyDocument"]["Statement"]]
            allowed = {one["Action"]: one["Resource"] for one in said}
            assert len(allowed) == len(said)
            assert allowed.pop("cloudformation:SignalResource") == [{"Ref": "AWS::StackId"}], "its own stack"
            secrets = allowed.pop("secretsmanager:GetSecretValue", [])
            assert all(is_a_secret_of_ours(one) for one in secrets), name
            assert allowed == {}
        if made["Type"] == "AWS::EC2::LaunchTemplate":
            assert properties["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"
        if made["Type"] == "AWS::EC2::Subnet":
            assert properties["MapPublicIpOnLaunch"] is False
        if made["Type"] == "AWS::EC2::Volume":
            assert properties["Encrypted"] is True
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= set(made)
    text = json.dumps([*templates(result).values()])
    assert "resolve:secretsmanager" not in text, "secrets are read by machines, never by a template"
    assert '"*"' not in text


def is_a_secret_of_ours(said: dict) -> bool:
    """One that the stack makes or, of a given one, that its parameter names."""
    if list(said) == ["Fn::If"]:
        condition, made, there = said["Fn::If"]
        name = condition.removeprefix("New")
        return (made, there) == ({"Ref": f"Secret{name}"}, {"Ref": f"Arn{name}"})
    return list(said) == ["Ref"] and said["Ref"].startswith("Secret")


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_every_resource_says_where_it_came_from(folder, environment):
    for part in templates(compiled(folder, environment)).values():
        for name, made in part["Resources"].items():
            assert re.fullmatch(r"\S+\.bp:\d+", made["Metadata"]["bpc"]), name


BALANCED = """blueprint 1
image base {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{ image = base, network = n, expose web {{ port = 443, balance = round_robin, health = "/ok", {doc} }}, allow web from t }}
}}
"""


@pytest.mark.parametrize(
    ("says", "protocol"),
    [("protocol = https", "HTTPS"), ('protocol = https, tls = "arn:a"', "HTTP"), ("protocol = http", "HTTP")],
)
def test_members_are_checked_in_what_they_speak(says, protocol, tmp_path):
    (tmp_path / "solution.bp").write_text(BALANCED.format(doc=says))
    [template] = templates(compiled(tmp_path, "")).values()
    [targets] = [r for r in template["Resources"].values() if r["Type"] == "AWS::ElasticLoadBalancingV2::TargetGroup"]
    assert targets["Properties"]["HealthCheckProtocol"] == protocol
