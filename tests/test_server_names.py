"""Names of servers tell stack, tier and number, so that machines of two stacks are not confused."""

from __future__ import annotations

import pytest
import yaml

import bpc.api

BLUEPRINT = """blueprint 1
image it { from = cloud_image("debian-12") }
solution s {
  version = "1"
  network lan { cidr = "10.7.0.0/24" }
  tier db { image = it, network = lan, count = 2, volume data { size = 1GiB, mount = "/data" } }
  tier plain { image = it, network = lan }
  tier web {
    image = it
    network = lan
    count = 2..5
    scale { metric = cpu, target = 60% }
    tags = { Team = "web" }
    expose site { port = 80, balance = round_robin }
  }
}
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    path = tmp_path_factory.mktemp("names") / "solution.bp"
    path.write_text(BLUEPRINT)
    made = bpc.api.compile(path, targets=("heat", "cloudformation"))
    return {name: artifacts.files for name, artifacts in made.artifacts.items()}


def loaded(text: str):
    return yaml.load(text, yaml.BaseLoader)


def test_heat_gives_a_group_the_name_that_its_members_end(folders):
    resources = loaded(folders["heat"]["stack.yaml"])["resources"]
    group = resources["tier.web"]["properties"]["resource"]
    assert group["properties"]["name"] == {"list_join": ["-", [{"get_param": "OS::stack_name"}, "web"]]}
    server = loaded(folders["heat"][group["type"]])["resources"]["server"]["properties"]
    own = {"expression": "$.data.split('/').last().split('-').first()", "data": {"get_param": "OS::stack_id"}}
    assert server["name"] == {"list_join": ["-", [{"get_param": "name"}, {"yaql": own}]]}
    counted = resources["tier.db"]["properties"]["resource_def"]["properties"]["name"]["list_join"][1]
    assert counted[:2] == [{"get_param": "OS::stack_name"}, "db"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("arn:openstack:heat::79edd99489694215806dcd1d636bacbe:stacks/a-b-tier.web-x-y-z/1f3a9c2d-98c0-45c0-badd-539c782df8bb", "1f3a9c2d"),
        ("None", "None"),  # while Heat validates
    ],
)  # fmt: skip
def test_yaql_finds_the_digits(given, expected):
    """By the very library that Heat calls."""
    import yaql

    engine = yaql.YaqlFactory().create()
    context = yaql.create_context()
    assert engine("$.data.split('/').last().split('-').first()").evaluate({"data": given}, context) == expected


def tags(made) -> dict:
    return {tag["Key"]: tag["Value"] for tag in made["Properties"]["Tags"]}


def test_aws_names_machines_by_their_stack(folders):
    resources = loaded(folders["cloudformation"]["stack.yaml"])["Resources"]
    for tier, number in (("Db", 0), ("Db", 1), ("Plain", 0)):
        found = tags(resources[f"Instance{tier}X{number}"])
        assert found["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{tier.lower()}-{number}"}
        assert found["bpc:member"] == f"{tier.lower()}-{number}"
    group = tags(resources["MembersWeb"])
    assert (group["Name"], group["Team"]) == ({"Fn::Sub": "${AWS::StackName}-web"}, "web")


def test_a_host_name_is_the_members_own(folders):
    """A stack's name may be longer than a host name can be."""
    assert "tags/instance/bpc:member" in folders["cloudformation"]["user-data/db.yaml"]


def test_machines_in_nested_stacks_are_called_after_the_root(tmp_path):
    path = tmp_path / "solution.bp"
    path.write_text(BLUEPRINT.replace("count = 2, volume", "count = 120, volume"))
    files = bpc.api.compile(path, targets=("cloudformation",)).artifacts["cloudformation"].files
    nested = {name: loaded(text)["Resources"] for name, text in files.items() if name.startswith("MachinesDb")}
    assert nested
    root = loaded(files["stack.yaml"])["Resources"]
    for name, resources in nested.items():
        given = root[name.partition(".")[0]]["Properties"]["Parameters"]["AWSStackName"]
        assert given == {"Ref": "AWS::StackName"}
        names = [tags(made)["Name"] for made in resources.values() if made["Type"] == "AWS::EC2::Instance"]
        for said in names:
            text, values = said["Fn::Sub"]
            assert text.startswith("${FromAWSStackName}-db-")
            assert values == {"FromAWSStackName": {"Ref": "AWSStackName"}}
