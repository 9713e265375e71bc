"""`native` and `override`: what the files say is in the stack, with ids of its own and values of the blueprint, and every judge takes it."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import boto3
import pytest
from judges.cloudformation import judge as judged_by_amazon
from judges.heat import judge
from judges.provision import Provision, an_image
from judges.readers import load
from moto import mock_aws

import bpc.api
from bpc.source_map import find

PROJECT = Path(__file__).parent / "fine" / "native"
BLUEPRINT = """blueprint 1
image it {{ from = debian("12"), param given: string = "none", file "/etc/given" {{ text = "given = ${{quote(given)}}\\n" }} }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
{parts}
  tier t {{ image = it, network = n{more} }}
}}
"""


def compiled(target, path=PROJECT / "solution.bp"):
    result = bpc.api.compile(path, targets=(target,))
    assert [d.text for d in result.diagnostics] == []
    return result.artifacts[target]


def project(tmp_path, parts: str, more: str = "", **files: str):
    (tmp_path / "solution.bp").write_text(BLUEPRINT.format(parts=parts, more=more))
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path / "solution.bp"


def stack(artifacts):
    return load(artifacts.files["stack.yaml"])


def written(artifacts, folder):
    for name, text in artifacts.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_heat_has_what_the_file_says(tmp_path):
    artifacts = compiled("heat")
    made = stack(artifacts)["resources"]
    assert made["native.store.token"]["properties"] == {"value": {"get_attr": ["secret.token", "value"]}}
    assert made["native.store.token"]["depends_on"] == ["native.store.container"]
    spare = made["native.store.spare"]
    assert spare["deletion_policy"] == "Retain"
    assert spare["properties"] == {
        "size": 2,
        "metadata": {
            "network": {"get_resource": "network.lan"},
            "subnet": {"get_attr": ["subnet.lan", "cidr"]},
            "at": "2026-11-24",
        },
    }
    kept = made["native.store.container"]["properties"]["X-Container-Meta"]
    assert kept["days"] == 30 and "port.keeper.lan.0" in str(kept["owner"]) and "'owner'" in str(kept["owner"])
    assert stack(artifacts)["outputs"]["url"]["value"] == {"get_attr": ["native.store.container", "RootURL"]}
    assert judge(written(artifacts, tmp_path)) == []


def test_heat_lays_properties_over_its_own():
    artifacts = compiled("heat")
    security = stack(artifacts)["resources"]["security.web"]["properties"]
    assert security == {"rules": [], "description": {"get_param": "owner"}}, "null takes one away"
    [member] = [load(text) for name, text in artifacts.files.items() if name.startswith("web-member")]
    server = member["resources"]["server"]["properties"]
    assert server["availability_zone"] == "nova" and server["diskConfig"] == "AUTO" and "image" in server
    handed = server["metadata"]["owner"]["get_param"]
    assert member["parameters"][handed]["hidden"] is True, "it may have a secret"
    group = stack(artifacts)["resources"]["tier.web"]["properties"]
    definition = group.get("resource_def") or group["resource"]
    assert definition["properties"][handed] == {"get_param": "owner"}


def test_another_override_is_another_make(tmp_path):
    """An update awaits only what is new to it: other properties of a server may replace it."""
    folder = shutil.copytree(PROJECT, tmp_path / "native")

    def handles():
        [member] = [load(t) for n, t in compiled("heat", folder / "solution.bp").files.items() if "web-mem" in n]
        return [name for name in member["resources"] if name.startswith("handle.")]

    before = handles()
    file = folder / "files/server.yaml"
    file.write_text(file.read_text().replace("AUTO", "MANUAL"))
    assert handles() != before
    store = folder / "files/store.hot.yaml"
    before = handles()
    store.write_text(store.read_text().replace("RootURL", "HeadURL"))
    assert handles() != before, "first boot has another value"


def test_cloudformation_has_what_the_file_says():
    made = stack(compiled("cloudformation"))["Resources"]
    bucket = made["NativeStoreXBucket"]
    assert (bucket["Type"], bucket["DeletionPolicy"]) == ("AWS::S3::Bucket", "Retain")
    [rule] = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule == {"Status": "Enabled", "ExpirationInDays": 30}
    statement = made["NativeStoreXPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == {"Fn::Sub": "${NativeStoreXBucket.Arn}/*"}
    secret = {"Fn::Sub": ["{{resolve:secretsmanager:${Secret}}}", {"Secret": {"Ref": "SecretToken"}}]}
    assert statement["Condition"] == {"StringNotEquals": {"aws:UserAgent": secret}}, "never in the template itself"
    note = made["NativeWatchXNote"]["Properties"]
    assert note["Tags"] == {"team": "ops"}
    assert note["Value"]["Fn::Sub"][1] == {"Where": {"Fn::GetAtt": ["NativeStoreXBucket", "DomainName"]}}
    data = made["TemplateWeb"]["Properties"]["LaunchTemplateData"]
    assert data["EbsOptimized"] is True and data["Monitoring"] == {"Enabled": True} and "UserData" in data


@pytest.mark.slow
def test_amazon_s_judges_find_nothing(tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    artifacts = compiled("cloudformation")
    assert judged_by_amazon(artifacts.files) == []
    assert lint(artifacts.files["stack.yaml"], config=ManualArgs(regions=["eu-west-1"], ignore_checks=["W3002"])) == []


@pytest.mark.slow
@mock_aws
def test_what_a_native_gives_reaches_the_machine(tmp_path):
    theirs = """
Resources:
  Theirs: { Type: "AWS::SecretsManager::Secret", Properties: { Description: !Ref words, GenerateSecretString: { PasswordLength: 20 } } }
Outputs:
  arn: { Value: !Ref Theirs }
"""
    parts = (
        '  param words: string = "w"\n  native own { cloudformation = "theirs.yaml", parameters = { words = words } }'
    )
    path = project(tmp_path, parts, more="", theirs=theirs)
    path.write_text(path.read_text().replace("image = it,", "image = it(given = own.arn),"))
    artifacts = compiled("cloudformation", path)
    client = lambda name: boto3.client(name, region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")  # noqa: E731
    image = an_image(client("ec2"))
    asked = json.loads(artifacts.files["parameters.json"])
    given = {
        **{it["ParameterKey"]: it["ParameterValue"] for it in asked},
        "ImageT": image,
        "TypeT": "t3.micro",
        "ParamWords": "said",
    }
    provision = Provision(stack(artifacts), given, client)
    arn = provision.ids["NativeOwnXTheirs"]
    assert client("secretsmanager").describe_secret(SecretId=arn)["Description"] == "said"
    data = provision.value(stack(artifacts)["Resources"]["TemplateT"]["Properties"]["LaunchTemplateData"]["UserData"])
    assert f"given = '{arn}'" in base64.b64decode(data).decode()


def test_nested_stacks_refer_to_natives(tmp_path):
    """What is of the members goes into other templates, and natives stay: references run through parameters and outputs."""
    parts = '  native own { cloudformation = "own.yaml" }'
    own = """
Resources:
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: !Sub "of ${InstanceTX0}", VpcId: !Ref Vpc } }
Outputs:
  id: { Value: !GetAtt Group.GroupId }
"""
    path = project(tmp_path, parts, more=', count = 12, volume d { size = 1GiB, mount = "/d" }', own=own)
    result = bpc.api.compile(path, targets=("cloudformation",), limits={"stack_resources": 60})
    assert [d.text for d in result.diagnostics] == []
    files = result.artifacts["cloudformation"].files
    assert judged_by_amazon(files) == []
    description = load(files["stack.yaml"])["Resources"]["NativeOwnXGroup"]["Properties"]["GroupDescription"]
    assert "Outputs.InstanceTX0" in str(description)


def test_a_role_with_a_name_needs_another_capability(tmp_path):
    role = 'Resources: { R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {}NAME } } }\n'
    path = project(tmp_path, '  native r { cloudformation = "r.yaml" }', r=role.replace("NAME", ""))
    assert "--capabilities CAPABILITY_IAM" in compiled("cloudformation", path).files["README.txt"]
    path = project(tmp_path, '  native r { cloudformation = "r.yaml" }', r=role.replace("NAME", ", RoleName: x"))
    assert "--capabilities CAPABILITY_NAMED_IAM" in compiled("cloudformation", path).files["README.txt"]


def test_a_message_of_the_cloud_leads_to_the_native():
    artifacts = compiled("heat")
    [found] = find("native.store.container: CREATE_FAILED: quota", "heat", artifacts.places)
    assert (found.origin.kind, found.origin.name) == ("native", "store")
    amazon = compiled("cloudformation")
    [found] = find("NativeStoreXBucket CREATE_FAILED", "cloudformation", amazon.places)
    assert (found.origin.kind, found.origin.name) == ("native", "store")


def test_readme_lists_them():
    text = compiled("heat").files["README.txt"]
    for file in ("files/store.hot.yaml: native store", "files/server.yaml: properties of tier.web/server"):
        assert file in text
    assert "template.yaml" not in text, "that is another cloud's"


def test_images_do_not_change_with_them():
    """An image has nothing of what a native gives: that comes at first boot."""
    made = bpc.api.compile(PROJECT / "solution.bp", images=("mkosi",))
    assert made.ok and not any("store" in str(text) for text in made.artifacts["mkosi"].files.values())


ODD = [
    None,
    3,
    "",
    "x",
    "x.y",
    [],
    [[]],
    [{}],
    [None, {}],
    ["x"],
    ["x", "y"],
    ["x", {}],
    ["x", {"y": 1}],
    {},
    {"a": []},
]
"""Values that a function or setting of a template may be given, mostly wrong ones."""


@pytest.mark.parametrize(
    "key", ["get_param", "get_resource", "get_attr", "get_file", "if", "Ref", "Fn::GetAtt", "Fn::Sub", "Fn::If"]
)
@pytest.mark.parametrize("cloud", ["heat", "cloudformation"])
def test_whatever_a_file_says_ends_in_diagnostics_or_a_stack(cloud, key, tmp_path):
    heat = cloud == "heat"
    words = ("resources", "type", "properties", "depends_on", "outputs", "value")
    res, kind, props, needs, outs, value = (
        words if heat else (*map(str.title, words[:3]), "DependsOn", "Outputs", "Value")
    )
    for odd in ODD:
        for made in (
            {res: {"a": {kind: "X::Y::Z", props: {"p": {key: odd}}}}},
            {res: {"a": {kind: "X::Y::Z", props: odd, needs: odd}}},
            {res: {"a": odd}},
            {outs: {"o": {value: {key: odd}}}},
        ):
            path = project(tmp_path, f'  native own {{ {cloud} = "own.yaml" }}', own=json.dumps(made))
            if outs in made:
                path.write_text(path.read_text().replace("image = it,", "image = it(given = own.o),"))
            result = bpc.api.compile(path, targets=(cloud,))
            assert result.ok or {d.code for d in result.diagnostics} <= {"BPC473", "BPC478"}, made
        override = (
            '  override "security.t" { heat = "own.yaml" }'
            if heat
            else '  override "SecurityT" { cloudformation = "own.yaml" }'
        )
        result = bpc.api.compile(
            project(tmp_path, override, own=json.dumps({props: {"p": {key: odd}}})), targets=(cloud,)
        )
        assert result.ok or {d.code for d in result.diagnostics} <= {"BPC473", "BPC478"}, odd
