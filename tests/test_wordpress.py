"""The sample wordpress, which stands for two public templates: what its README says was carried over is there, on both clouds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from judges.cloudformation import judge as judged_by_amazon
from judges.readers import load

import bpc.api

SAMPLE = Path(__file__).parents[1] / "blueprints" / "wordpress"


def template(blueprint: str, cloud: str, **settings: str):
    made = bpc.api.compile(SAMPLE / blueprint, targets=(cloud,), settings=settings)
    assert [item.text for item in made.diagnostics] == []
    return load(made.artifacts[cloud].files["stack.yaml"])


def rows() -> list[tuple[str, str]]:
    """(file, words) of each quotation in the second column of the README's tables: of the file that is named behind it, or above."""
    found = []
    above = ""
    for line in (SAMPLE / "README.md").read_text(encoding="utf-8").splitlines():
        if said := re.match(r"In `(\S+)`, unless", line):
            above = said[1]
        elif line.startswith("| ") and not line.startswith("| original"):
            here = line.split(" | ", 1)[1]
            for words, behind in re.findall(r"`([^`]+)`(?: in `([^`]+\.[^`]+)`)?", here):
                if re.search("[ (]", words) and not words.startswith("--"):
                    found.append((behind or above, words))
    return found


@pytest.mark.parametrize(("file", "words"), rows())
def test_the_readme_quotes_the_blueprint(file: str, words: str) -> None:
    assert words in (SAMPLE / file).read_text(encoding="utf-8")


def test_the_readme_has_the_tables() -> None:
    assert len(rows()) > 35


def test_heat_has_what_the_original_had() -> None:
    made = template("solution.bp", "heat", most_web_servers="3")
    resources = made["resources"]
    group = resources["tier.web"]["properties"]
    assert (group["min_size"], group["max_size"], group["desired_capacity"]) == (1, 3, {"get_param": "web_servers"})
    assert resources["pool.web.http"]["properties"]["session_persistence"] == {"type": "SOURCE_IP"}
    up, down = (resources[f"alarm_{way}.web"]["properties"]["threshold"] for way in ("up", "down"))
    assert (up / 3e11, down / 3e11) == (0.8, 0.15), "of one processor, in 300 seconds"
    assert {f"scale_{way}.web" for way in ("up", "down")} < set(resources)
    outputs = {"bpc_scale_up_web", "bpc_scale_down_web", "pool_ip_address", "website_url", "measures"}
    assert outputs < set(made["outputs"])
    assert made["parameters"]["ssh_location"]["constraints"][0]["description"].startswith("must be a valid IP CIDR")


def test_amazon_has_what_the_original_had() -> None:
    made = template("managed.bp", "cloudformation")
    asked = made["Parameters"]
    name = asked["ParamDatabaseName"]
    assert (name["MinLength"], name["MaxLength"], name["Default"]) == (1, 64, "wordpressdb")
    assert (asked["ParamWebServers"]["MinValue"], asked["ParamWebServers"]["MaxValue"]) == (1, 5)
    assert asked["GivenDatabasePassword"]["NoEcho"] is True
    assert asked["Vpc"]["Type"] == "AWS::EC2::VPC::Id"
    resources = made["Resources"]
    group = resources["MembersWeb"]
    sizes = [group["Properties"][word] for word in ("MinSize", "MaxSize", "DesiredCapacity")]
    assert [str(size) for size in sizes[:2]] == ["1", "5"] and sizes[2] == {"Ref": "ParamWebServers"}
    rolling = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert (rolling["MaxBatchSize"], rolling["MinInstancesInService"], rolling["WaitOnResourceSignals"]) == (1, 1, True)
    targets = resources["TargetsWebXHttp"]["Properties"]
    attributes = {item["Key"]: item["Value"] for item in targets["TargetGroupAttributes"]}
    assert attributes["stickiness.enabled"] == "true"
    checks = {word: targets[word] for word in targets if "Health" in word or "healthy" in word}
    assert checks["HealthCheckPath"] == "/wordpress/wp-admin/install.php"
    assert [targets[word] for word in ("HealthyThresholdCount", "UnhealthyThresholdCount")] == [2, 5]
    database = resources["NativeDatabaseXInstance"]["Properties"]
    assert database["MultiAZ"] == {"Ref": "ParamMultiAz"}
    assert "resolve:secretsmanager" in str(database["MasterUserPassword"]), "never in the template itself"
    assert not [made for made in resources.values() if made["Type"] in ("AWS::EC2::VPC", "AWS::EC2::Subnet")]


def test_sessions_keep_what_bpc_sets() -> None:
    """An override's list takes the place of bpc's: the file repeats it, which must be true."""
    resources = template("solution.bp", "cloudformation")["Resources"]
    laid = resources["TargetsWebXHttp"]["Properties"]["TargetGroupAttributes"]
    shop = bpc.api.compile(SAMPLE.parent / "shop" / "solution.bp", targets=("cloudformation",)).artifacts
    own = load(shop["cloudformation"].files["stack.yaml"])["Resources"]["TargetsWebXHttp"]["Properties"]
    assert laid[: len(own["TargetGroupAttributes"])] == own["TargetGroupAttributes"]


@pytest.mark.slow
def test_amazon_s_judges_find_nothing_in_the_managed_one() -> None:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    files = bpc.api.compile(SAMPLE / "managed.bp", targets=("cloudformation",)).artifacts["cloudformation"].files
    assert judged_by_amazon(files) == []
    assert lint(files["stack.yaml"], config=ManualArgs(regions=["eu-west-1", "us-east-1"], include_checks=["I"])) == []
