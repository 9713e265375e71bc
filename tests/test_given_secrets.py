"""Secrets that are given at deployment: handed over as they are, of one line or several, and written down nowhere by bpc."""

from __future__ import annotations

import json
import subprocess
import sys

import boto3
import pytest
from heat.common.exception import HeatException
from heat.engine import environment, function
from heat.engine.stack import Stack
from heat.engine.template import Template
from judges import engine
from judges.cloudformation import judge as judged_by_amazon
from judges.heat import _as_the_client_reads, judge
from judges.provision import Provision, an_image
from judges.readers import load
from moto import mock_aws

import bpc.api
from bpc.model.resources import GIVEN
from bpc.provision.runner import REASON, SECRETS
from bpc_targets.heat.userdata import SIGNAL_MARK

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq+hkiG9w0/BAQEFAASC\n\n  c2VjcmV0==\n-----END PRIVATE KEY-----\n"
VALUES = {
    "word": "correct-horse",
    "key": PEM,
    "no line at its end": PEM.rstrip(),
    "awkward": "'\"\\$(x)`${y}` @@signal@@ @@secret.own@@ # : - {{ z }}\t%s\n--- é字\n",
    "blank before": "\n  blank before\n\n",
}
BLUEPRINT = """blueprint 1
image it {
  from = debian("12")
  param key: secret
  param own: secret
  file "/etc/key.pem" { text = key, mode = "0640" }
  file "/etc/both" { text = "own=${own}\\nkey=${key}\\nend\\n" }
  run "use it" { text = "echo $KEY ${quote(key)}", environment = { KEY = key } }
}
solution s {
  version = "1"
  secret key { given = true }
  secret own
  network n { cidr = "10.0.0.0/24" }
  tier t { image = it(key = key, own = own), network = n, bake = base }
}
"""


def made(tmp_path, target):
    (tmp_path / "solution.bp").write_text(BLUEPRINT)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=(target,))
    assert result.diagnostics == ()
    for name, text in result.artifacts[target].files.items():
        path = tmp_path / "out" / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return result.artifacts[target]


# ---- OpenStack


def on_heat(folder, value: str) -> Stack:
    """The stack as Heat's engine has it with the value in the parameter."""
    context = engine.start()
    template, files, given = _as_the_client_reads(folder)
    given.setdefault("parameters", {}).update({"secret_key": value, "image_t": "it"})
    made = Stack(context, "given", Template(template, files=files, env=environment.Environment(given)))
    made.parameters.validate(validate_value=True, context=context)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_heat_hands_the_value_to_the_machine(value, tmp_path):
    made(tmp_path, "heat")
    stack = on_heat(tmp_path / "out/heat", value)
    [snippet] = [found for found in everything(stack.t.t) if "user-data/t.yaml" in json.dumps(found, default=str)]
    snippet["str_replace"]["params"] = {
        mark: "GENERATED" if "get_attr" in json.dumps(one) else one
        for mark, one in snippet["str_replace"]["params"].items()
    }
    text = function.resolve(stack.t.parse(stack.defn, snippet))
    check(load(text.replace(SIGNAL_MARK, "{}")), value)


def everything(value):
    """Each `str_replace` of a template, those inside another one too."""
    if isinstance(value, dict):
        if list(value) == ["str_replace"]:
            yield value
        for item in value.values():
            yield from everything(item)
    elif isinstance(value, list):
        for item in value:
            yield from everything(item)


def check(config, value: str) -> None:
    """What cloud-init would write: the value as it is, in the file, between other text, and as a word of the shell."""
    files = {entry["path"]: entry["content"] for entry in config["write_files"]}
    placed = [text for path, text in files.items() if "/file-" in path]
    assert sorted(placed) == sorted([value, f"own=GENERATED\nkey={value}\nend\n"])
    quoted = value.replace("'", "'\\''")
    assert f"export KEY='{quoted}'" in files["/var/lib/bpc/first-boot"]
    assert files[SECRETS].splitlines() == f"{value}\nGENERATED\n".splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("value", ["", "x" * (GIVEN + 1), "a\rb", "a\x00b"])
def test_heat_refuses_what_is_no_secret(value, tmp_path):
    made(tmp_path, "heat")
    with pytest.raises(HeatException, match="secret_key"):
        on_heat(tmp_path / "out/heat", value)


@pytest.mark.slow
def test_heat_hides_it(tmp_path):
    artifacts = made(tmp_path, "heat")
    assert judge(tmp_path / "out/heat") == []
    template = load(artifacts.files["stack.yaml"])
    assert template["parameters"]["secret_key"]["hidden"] is True
    assert "default" not in template["parameters"]["secret_key"]
    assert "secret_key" not in load(artifacts.files["environment.yaml"])["parameters"]
    readme = artifacts.files["README.txt"]
    [create] = [line for line in readme.splitlines() if "stack create" in line]
    assert "--parameter-file secret_key=FILE" in create
    assert all("secret_key" not in line for line in readme.splitlines() if "stack update" in line)


def test_long_values_are_counted(tmp_path):
    files = "".join(f'  file "/etc/{n}" {{ text = key }}\n' for n in range(12))
    text = BLUEPRINT.replace('  run "use it"', f'{files}  run "use it"')
    (tmp_path / "solution.bp").write_text(text)
    found = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",)).diagnostics
    assert [one.code for one in found] == ["HEAT002"]
    (tmp_path / "solution.bp").write_text(text.replace("{ given = true }", ""))
    assert bpc.api.compile(tmp_path / "solution.bp", targets=("heat",)).diagnostics == ()


# ---- AWS


def on_aws(tmp_path, **given: str):
    template = load(made(tmp_path, "cloudformation").files["stack.yaml"])
    named = {asked["ParameterKey"]: asked["ParameterValue"] for asked in parameters(tmp_path)}
    client = lambda name: boto3.client(name, region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")  # noqa: E731
    image = an_image(client("ec2"))
    return Provision(template, {**named, "ImageT": image, **given}, client), client("secretsmanager")


def parameters(tmp_path, name: str = "parameters.json"):
    return json.loads((tmp_path / "out/cloudformation" / name).read_text())


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@mock_aws
def test_aws_keeps_the_value_as_a_secret(value, tmp_path):
    provision, manager = on_aws(tmp_path, GivenKey=value)
    arn = provision.ids["SecretKey"]
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == value
    assert may_read(provision) == {arn, provision.ids["SecretOwn"]}
    assert arn in user_data(provision) and value.strip() not in user_data(provision)


@pytest.mark.slow
@mock_aws
def test_aws_takes_a_secret_that_is_there(tmp_path):
    manager = boto3.client("secretsmanager", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")
    arn = manager.create_secret(Name="theirs", SecretString=PEM)["ARN"]
    provision, manager = on_aws(tmp_path, ArnKey=arn)
    assert "SecretKey" not in provision.ids
    assert may_read(provision) == {arn, provision.ids["SecretOwn"]}
    assert arn in user_data(provision)


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"GivenKey": "x", "ArnKey": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf"},
        {"ArnKey": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"},
        {"ArnKey": "theirs"},
        {"GivenKey": "x" * (GIVEN + 1)},
        {"GivenKey": "a\rb"},
    ],
)
@mock_aws
def test_aws_refuses_what_is_no_secret(given, tmp_path):
    with pytest.raises(AssertionError, match=r"GivenKey|ArnKey"):
        on_aws(tmp_path, **given)


@pytest.mark.slow
def test_aws_hides_it(tmp_path):
    artifacts = made(tmp_path, "cloudformation")
    assert judged_by_amazon(artifacts.files) == []
    asked = load(artifacts.files["stack.yaml"])["Parameters"]
    assert asked["GivenKey"]["NoEcho"] is True
    assert {"ParameterKey": "GivenKey", "ParameterValue": ""} in parameters(tmp_path)
    for name in ("GivenKey", "ArnKey"):
        assert {"ParameterKey": name, "UsePreviousValue": True} in parameters(tmp_path, "update-parameters.json")
    for words in ("GivenKey in PARAMETERS", "ArnKey in PARAMETERS", "create-secret"):
        assert words in artifacts.files["README.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("limit", [500, 60], ids=["one template", "nested"])
def test_cfn_lint_finds_nothing(limit, tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    text = BLUEPRINT.replace("bake = base }", 'bake = base, count = 12, volume data { size = 1GiB, mount = "/data" } }')
    (tmp_path / "solution.bp").write_text(text)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",), limits={"stack_resources": limit})
    assert result.diagnostics == ()
    files = result.artifacts["cloudformation"].files
    names = [name for name in files if name.endswith(".yaml") and "/" not in name]
    assert (len(names) > 1) is (limit < 500)
    assert "Rules" in load(files["stack.yaml"])
    for name in names:
        found = lint(
            files[name], config=ManualArgs(regions=["eu-west-1"], include_checks=["I"], ignore_checks=["W3002"])
        )
        assert [f"{name}: {match}" for match in found] == []


def may_read(provision: Provision) -> set[str]:
    policies = provision.template["Resources"]["RoleT"]["Properties"]["Policies"]
    [read] = [policy["PolicyDocument"] for policy in policies if policy["PolicyName"] == "secrets"]
    return set(provision.value(read)["Statement"][0]["Resource"])


def user_data(provision: Provision) -> str:
    data = provision.template["Resources"]["TemplateT"]["Properties"]["LaunchTemplateData"]["UserData"]
    return provision.value(data["Fn::Base64"])


# ---- everywhere


def test_the_model_knows_that_it_is_given(tmp_path):
    (tmp_path / "solution.bp").write_text(BLUEPRINT)
    solution = bpc.api.model(tmp_path / "solution.bp").solution
    assert [(one.name, one.given, one.length) for one in solution.resources if type(one).__name__ == "Secret"] == [
        ("key", True, 0),
        ("own", False, 32),
    ]


def test_explain_says_that_it_is_given(tmp_path):
    (tmp_path / "solution.bp").write_text(BLUEPRINT)
    command = [sys.executable, "-m", "bpc", "explain", "t"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert 'secret "key", given at deployment' in said and 'secret "own", generated by the cloud' in said


def test_no_line_of_it_is_told_of_a_failure(tmp_path):
    (tmp_path / "secrets").write_text(f"{PEM}\nGENERATED\n")
    program = f"import sys\n{REASON.replace(SECRETS, str(tmp_path / 'secrets'))}print(reason)"
    log = f"exit code 1: use it\nMIIEvQIBADANBgkq+hkiG9w0/BAQEFAASC: bad\nbad GENERATED\n{PEM}"
    said = subprocess.run([sys.executable, "-c", program], input=log, capture_output=True, text=True, check=True).stdout
    assert "exit code 1: use it\n***: bad\nbad ***\n" in said
    assert all(line.strip() not in said for line in PEM.splitlines() if line.strip())
