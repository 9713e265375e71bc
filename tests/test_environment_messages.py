"""A mistake that exists in some environments only names them: in the text, in JSON and in SARIF."""

from __future__ import annotations

import json

import pytest

from bpc.cli.main import main

BLUEPRINT = """blueprint 1
image it {{ from = debian("12") }}
solution s {{
  version = "1"
  let members = {base}
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{
    image   = it
    network = n
    count   = members
  }}
  environment test {{ let members = {test} }}
  environment staging {{ let members = 2 }}
  environment production {{ let members = {production} }}
}}
"""


def checked(tmp_path, capsys, form: str, **values: str) -> str:
    path = tmp_path / "solution.bp"
    path.write_text(BLUEPRINT.format(**{"base": "1", "test": "1", "production": "1", **values}), encoding="utf-8")
    assert main(["check", str(path), "--format", form]) == 1
    captured = capsys.readouterr()
    return captured.out or captured.err


@pytest.mark.parametrize(
    ("values", "environments"),
    [
        ({"production": '"many"'}, ["production"]),
        ({"test": '"many"', "production": '"many"'}, ["test", "production"]),
        ({"base": '"many"', "test": '"many"', "production": '"many"'}, []),
    ],
)
def test_environments_are_named(values, environments, tmp_path, capsys):
    (found,) = json.loads(checked(tmp_path, capsys, "json", **values))
    assert found["environments"] == environments
    result = json.loads(checked(tmp_path, capsys, "sarif", **values))["runs"][0]["results"][0]
    assert result.get("properties", {}).get("environments", []) == environments
    text = checked(tmp_path, capsys, "text", **values)
    named = {
        0: "]: expected a whole number or a range",
        1: ']: in environment "production": expected a whole number',
        2: ']: in environments "test" and "production": expected a whole number',
    }
    assert named[len(environments)] in text
    assert result["message"]["text"].startswith(named[len(environments)][3:])
