"""More than fits into one stack goes into nested ones, along tiers, with references that run one way."""

from __future__ import annotations

import re

import pytest
import yaml
from judges.provision import references
from judges.readers import load
from test_stacks import REGIONS

import bpc.api

pytestmark = pytest.mark.slow

BLUEPRINT = """blueprint 1
image it {
  from = debian("12")
  param peers: endpoint
  file "/etc/peers" { text = join(",", peers.hosts) }
}
solution big {
  version = "1"
  network n { cidr = "10.0.0.0/16", public = true }
  tier store {
    image = it(peers = store.data)
    count = %d
    network = n
    volume data { size = 10GiB, mount = "/data" }
    expose data { port = 9000, public = true, balance = round_robin }
  }
  tier client { image = it(peers = store.data), network = n }
}
"""


def templates(tmp_path, count: int) -> dict[str, dict]:
    (tmp_path / "solution.bp").write_text(BLUEPRINT % count)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",))
    assert result.diagnostics == ()
    files = result.artifacts["cloudformation"].files
    return {name: load(text) for name, text in files.items() if re.fullmatch(r"\w+\.yaml", name)}


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    return templates(tmp_path_factory.mktemp("big"), 400)


def test_cfn_lint_finds_nothing(tmp_path):
    """W3002 says that `aws cloudformation package` must fill in the addresses of nested templates: README.txt has it.

    So many members fill two templates and begin a third: further ones have nothing else in them, and cfn-lint takes its time.
    """
    big = templates(tmp_path, 120)
    assert len(big) > 3, sorted(big)
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    for name, template in big.items():
        text = yaml.safe_dump(template)
        found = lint(text, config=ManualArgs(regions=REGIONS, include_checks=["I"], ignore_checks=["W3002"]))
        assert [f"{name}: {match}" for match in found] == []


def test_every_member_is_there_once_and_every_reference_is_known(big):
    ids = [name for template in big.values() for name in template["Resources"] if name.startswith("InstanceStore")]
    assert sorted(ids) == sorted(f"InstanceStoreX{number}" for number in range(400))
    for name, template in big.items():
        known = {*template["Resources"], *template.get("Parameters", {})}
        assert {found for found in references(template) if not found.startswith("AWS::")} <= known, name
        assert len(template["Resources"]) <= 500


def test_nested_stacks_are_given_what_they_ask_for(big):
    for name, made in big["stack.yaml"]["Resources"].items():
        if made["Type"] == "AWS::CloudFormation::Stack":
            assert made["Properties"]["TemplateURL"] == f"./{name}.yaml"
            assert set(made["Properties"]["Parameters"]) == set(big[f"{name}.yaml"]["Parameters"])
    wanted = {tuple(found) for found in outputs(big["stack.yaml"])}
    given = {
        (name[:-5], key)
        for name, template in big.items()
        for key in template.get("Outputs", {})
        if name != "stack.yaml"
    }
    assert wanted == given


def test_references_run_one_way(big):
    """The stacks can be made in some order: no circle of references and orders."""
    needs = {
        name: set(references(made)) | set(made.get("DependsOn", []))
        for name, made in big["stack.yaml"]["Resources"].items()
    }
    done: set[str] = set()
    while needs:
        ready = [name for name, wanted in needs.items() if not wanted & set(needs)]
        assert ready, f"a circle among {sorted(needs)[:5]}"
        done |= set(ready)
        needs = {name: wanted for name, wanted in needs.items() if name not in ready}


def test_a_new_member_moves_no_other(tmp_path):
    first, second = templates(tmp_path, 400), templates(tmp_path, 401)
    for name, template in first.items():
        assert set(template["Resources"]) <= set(second[name]["Resources"])


def test_beyond_what_one_operation_takes(tmp_path):
    more = 'volume more { size = 1GiB, mount = "/more" }\n    volume data'
    (tmp_path / "solution.bp").write_text(BLUEPRINT.replace("volume data", more) % 434)
    [found] = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",)).diagnostics
    assert found.code == "CFN001"
    assert "2,500" in found.text
    assert "store (3,038)" in found.text


def outputs(value) -> list[list[str]]:
    if isinstance(value, list):
        return [found for item in value for found in outputs(item)]
    if not isinstance(value, dict):
        return []
    if list(value) == ["Fn::GetAtt"] and value["Fn::GetAtt"][1].startswith("Outputs."):
        return [[value["Fn::GetAtt"][0], value["Fn::GetAtt"][1].removeprefix("Outputs.")]]
    return [found for item in value.values() for found in outputs(item)]
