"""`bpc check --target`: what a target refuses is found without a compilation, in every environment, and says whose refusal it is."""

from __future__ import annotations

import json

import pytest

import bpc.api
from bpc.cli.main import main

SOLUTION = """blueprint 1
image base { from = debian("12") }
solution s {
  version = "1"
  let way = "WAY"
  network n { cidr = "10.0.0.0/24", public = true }
  tier t {
    image = base
    network = n
    count = 2
    expose x { port = 80, protocol = tcp, balance = BALANCE }
    allow x from u
  }
  tier u {
    image = base
    network = n
    spread = SPREAD
    count = COUNT
  }
  environment big {
    tier t { count = 3 }
    tier u { spread = hosts, count = 3 }
  }
  output o = way
}
"""


@pytest.fixture
def blueprint(tmp_path):
    def written(balance="round_robin", spread="hosts", count="1"):
        path = tmp_path / "solution.bp"
        path.write_text(SOLUTION.replace("BALANCE", balance).replace("SPREAD", spread).replace("COUNT", count))
        return path

    return written


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ((), []),
        (("heat",), []),
        (("cfn",), [("CFN008", ())]),
        (("heat", "cfn"), [("CFN008", ("cloudformation",))]),
        (("cfn", "cloudformation"), [("CFN008", ())]),
    ],
)
def test_whose_refusal_it_is(targets, found, blueprint):
    result = bpc.api.check(blueprint("least_connections"), targets=targets)
    assert [(d.code, d.targets) for d in result.diagnostics if d.severity == "error"] == found
    assert all(d.environments == () for d in result.diagnostics), "it is wrong in all of them"


def test_a_refusal_in_one_environment_only(blueprint):
    """Heat spreads no tier that scales over zones: the environment `big` has a number of members, on hosts."""
    result = bpc.api.check(blueprint(spread="zones", count="1..2"), targets=("heat", "cfn"))
    warned = [d for d in result.diagnostics if d.code.startswith("HEAT")]
    assert warned and all(d.targets == ("heat",) for d in warned)
    assert not bpc.api.check(
        blueprint(spread="zones", count="1..2"), targets=("heat", "cfn"), environment="big"
    ).diagnostics


def test_the_command_says_it(blueprint, capsys):
    path = str(blueprint("least_connections"))
    assert main(["check", path]) == 0
    assert main(["check", path, "--target", "heat", "--target", "cfn", "--format", "json"]) == 1
    [found] = json.loads(capsys.readouterr().out)
    assert found["targets"] == ["cloudformation"]
    assert found["message"].startswith('for target "cloudformation": ')
    assert main(["check", path, "--target", "azure"]) == 2
