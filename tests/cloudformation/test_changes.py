"""What a change of a blueprint leaves as it is: CloudFormation replaces, or refuses to update, more than one would think."""

from __future__ import annotations

import json

import pytest
import yaml

import bpc.api

BLUEPRINT = """blueprint 1
image plain { from = debian("12") }
image asks {
  from  = debian("12")
  param api: endpoint
  file  "/etc/api" { text = "${api.host}:${api.port}" }
}
image keeps {
  from  = debian("12")
  param password: secret
  file  "/etc/password" { text = password }
}
solution s {
  version = "1"
  secret  password { length = 20 }
  network back { cidr = "10.0.0.0/24" }
  network edge { cidr = "10.0.1.0/24", public = true }
  tier app {
    image   = keeps(password = password)
    network = back
    count   = 3
    volume  data { size = 10GiB, mount = "/data" }
    expose  api { port = 8080, balance = round_robin }
  }
  tier web {
    image   = asks(api = app.api)
    network = [edge, back]
    expose  http { port = 80, public = true }
  }
}
"""


@pytest.fixture
def made(tmp_path):
    """Resources, and the parameters for an update, of the blueprint with replacements in it."""

    def make(*changes: tuple[str, str]) -> tuple[dict, list]:
        text = BLUEPRINT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "solution.bp").write_text(text)
        result = bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",))
        assert result.diagnostics == ()
        files = result.artifacts["cloudformation"].files
        resources = yaml.safe_load(files["stack.yaml"])["Resources"]
        for one in resources.values():
            one.pop("Metadata")
        return resources, json.loads(files["update-parameters.json"])

    return make


def changed(before: dict, after: dict) -> set[str]:
    assert set(before) <= set(after)
    return {name for name in before if before[name] != after[name]}


def test_a_member_more(made):
    (before, _), (after, given) = made(), made(("count   = 3", "count   = 4"))
    assert changed(before, after) == {"TargetsAppXApi"}
    assert {name for name in set(after) - set(before) if "App" not in name or not name.endswith("X3")} == set()
    assert {"ParameterKey": "AwaitsApp", "UsePreviousValue": True} in given, "no wait condition can be updated"


def test_more_time(made):
    """Only what the next new machine has: a wait condition cannot be updated, and no machine is replaced."""
    (before, _), (after, _) = made(), made(("count   = 3", "count   = 3\n    ready_within = 50min"))
    for name in changed(before, after):
        assert before[name].pop("CreationPolicy") != after[name].pop("CreationPolicy")
    assert before == after


@pytest.mark.parametrize("cidr", ["10.0.9.0/24", "10.200.0.0/16", "100.64.7.0/24"])
def test_a_network_more(made, cidr):
    more = f'network more {{ cidr = "{cidr}" }}\n  tier other {{ image = plain, network = more }}\n  tier app {{'
    assert changed(made()[0], made(("tier app {", more))[0]) == set()


def test_a_network_renamed(made):
    rename = [("network back {", 'network rear { was = "back", '), ("network = back", "network = rear")]
    (before, _), (after, _) = made(), made(*rename, ("[edge, back]", "[edge, rear]"))
    assert set(before) == set(after)
    for name in changed(before, after):
        assert before[name]["Type"] == "AWS::EC2::Subnet", "only their tags"


def test_a_tier_renamed(made):
    rename = [("tier app {", 'tier backend {\n    was = "app"'), ("api = app.api", "api = backend.api")]
    (before, _), (after, _) = made(), made(*rename)
    assert set(before) == set(after)
    for name, one in before.items():
        if one["Type"] == "AWS::EC2::SecurityGroup":
            assert one["Properties"]["GroupDescription"] == after[name]["Properties"]["GroupDescription"]


@pytest.mark.parametrize(
    "changes",
    [
        [("secret  password {", 'secret  word { was = "password", '), ("password = password", "password = word")],
        [("volume  data {", 'volume  store { was = "data", ')],
    ],
    ids=["secret", "volume"],
)
def test_what_a_machine_holds_renamed(made, changes):
    (before, _), (after, _) = made(), made(*changes)
    assert set(before) == set(after)
    assert {name for name in changed(before, after) if name.startswith(("Template", "Instance"))} == set()
