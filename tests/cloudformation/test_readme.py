"""README.txt of a stack: its commands are ones that AWS has, and it says what a user must know before the first and each later one."""

from __future__ import annotations

import shlex
from functools import cache

import botocore.session
import pytest
from botocore import xform_name
from test_compile import IDS, ROOT, VARIANTS

import bpc.api

SHOP = ROOT / "blueprints" / "shop" / "solution.bp"
OWN = {"s3 cp", "cloudformation package"}
"""Commands of the client itself, which no service has."""
SESSION = botocore.session.get_session()
"""One for all: reading the descriptions of a service takes a second."""
GENERAL = {"query", "output"}


def commands(readme: str) -> list[list[str]]:
    lines = readme.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("    aws ")]


def readme(path=SHOP, **options) -> str:
    return bpc.api.compile(path, targets=("cfn",), **options).artifacts["cloudformation"].files["README.txt"]


@cache
def client_of(service: str):
    return SESSION.create_client(service, region_name="eu-west-1")


def check(words: list[str]) -> None:
    """AWS's own library has the operation, and its options as parameters."""
    _, service, verb, *rest = words
    if f"{service} {verb}" in OWN:
        return
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if verb == "wait":
        client = client_of(service)
        name, *rest = rest
        assert name.replace("-", "_") in client.waiter_names
        waiter = client.get_waiter(name.replace("-", "_"))
        operation = waiter.config.operation
    else:
        operation = operations[verb]
    shape = model.operation_model(operation).input_shape
    known = {xform_name(member, "-") for member in shape.members}
    options = {word.removeprefix("--") for word in rest if word.startswith("--")}
    flags = {option for option in options if option.startswith("no-")}
    assert options - flags - GENERAL <= known, (verb, options - known)
    required = {xform_name(member, "-") for member in shape.required_members}
    assert required <= options


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_commands_are_ones_that_aws_has(folder, environment):
    for images in ((), ("imagebuilder",)):
        result = bpc.api.compile(
            folder / "solution.bp", targets=("cfn",), environment=environment, options=images
        ).artifacts
        if not result:
            continue  # these images are not for Image Builder
        found = commands(result["cloudformation"].files["README.txt"])
        assert len(found) > 8
        for words in found:
            check(words)


def test_commands_of_nested_stacks(tmp_path):
    tier = "image = base, network = n, count = 501"
    text = f'blueprint 1\nimage base {{ from = debian("12") }}\nsolution s {{ version = "1"\n network n {{ cidr = "10.0.0.0/16" }}\n tier t {{ {tier} }}\n}}\n'
    (tmp_path / "solution.bp").write_text(text)
    for words in commands(readme(tmp_path / "solution.bp")):
        check(words)


def test_images_become_amis_that_the_launch_template_fits():
    result = bpc.api.compile(SHOP, targets=("cfn",), environment="test")
    text = result.artifacts["cloudformation"].files["README.txt"]
    deployment = result.artifacts["cloudformation"].deployment
    assert "`sudo bpc build --env test --image-format raw`" in text
    assert "`bpc compile --env test --images packer`: ../packer/README.txt" in text
    for upload in deployment.uploads:
        assert f"# {', '.join(upload.parameters)}\n" in text
        assert f"aws s3 cp ../images/{upload.image}.raw s3://BUCKET/{upload.image}.raw" in text
    disks = result.artifacts["cloudformation"].files["stack.yaml"].count("DeviceName: /dev/xvda")
    assert disks == len([one for one in result.solution.resources if type(one).__name__ == "Group"])
    assert text.count("--root-device-name /dev/xvda") == len(deployment.uploads)


def test_values_are_in_files_that_bpc_never_writes():
    text = readme()
    folder = bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].files
    assert "file://PARAMETERS" in text
    assert "file://UPDATES" in text
    assert not {"PARAMETERS", "UPDATES"} & set(folder)
    for needed in bpc.api.compile(SHOP, targets=("cfn",)).artifacts["cloudformation"].deployment.needs:
        assert f"    {needed.name} = " in text


def test_options_are_repeated_and_nothing_leaves_two_versions():
    assert "after compiling again with the same options (here: --env test)" in readme(environment="test")
    text = readme()
    assert "Going back later is an update like any other" in text
    assert "get-console-output" in text
    assert "does not wait for machines that a scaling group makes at other times" in text
    used = [words for words in commands(text) if "--disable-rollback" in words or "rollback-stack" in words]
    assert used == []
