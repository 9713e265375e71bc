"""`was` keeps what exists: a renamed thing has the ids, and its machines the first boot, that it had under its former name."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from bpc.driver import compile_blueprint
from bpc.target import Options
from bpc_targets import load

BEFORE = """blueprint 1

image base {
  from = debian("12")
  param peers: endpoint
  param password: secret
  file "/etc/peers" { text = "${join(",", peers.hosts)} ${password}" }
}

solution s {
  version = "1"
  secret  pw { length = 20 }
  network lan { cidr = "10.0.0.0/24", public = true }
  tier data {
    image   = base(peers = data.sql, password = pw)
    network = lan
    count   = 2
    spread  = hosts
    volume  files { size = 10GiB, mount = "/files", keep = true }
    expose  sql { port = 5432, balance = round_robin }
  }
  tier web {
    image   = base(peers = data.sql, password = pw)
    network = lan
    count   = 1..3
    scale   { metric = cpu, target = 50% }
    expose  http { port = 80, public = "198.51.100.0/24", balance = round_robin }
    expose  other { port = 8080, public = "198.51.100.0/24", balance = round_robin, member_port = 81 }
    allow   http from data
  }
  tier one {
    image   = base(peers = data.sql, password = pw)
    network = lan
    expose  admin { port = 22, public = true }
  }
}
"""

RENAMES = {
    "tier": [("tier data {", 'tier store {\n    was = "data"'), ("from data", "from store"), ("data.sql", "store.sql")],
    "scaling tier": [("tier web {", 'tier front {\n    was = "web"')],
    "network": [("network lan {", 'network inside { was = "lan",'), ("= lan", "= inside")],
    "volume": [("volume  files {", 'volume  content { was = "files",')],
    "secret": [("secret  pw {", 'secret  key { was = "pw",'), ("= pw", "= key")],
}


def stacks(folder, text):
    """(templates by file name, first-boot text with its markers' values by file name)."""
    (folder / "solution.bp").write_text(text, encoding="utf-8")
    result = compile_blueprint(str(folder / "solution.bp"), (load("heat"),), Options(flavors={}, limits={}))
    assert [d.text for d in result.diagnostics] == []
    files = result.artifacts["heat"].files
    templates = {name: yaml.safe_load(text) for name, text in files.items() if "heat_template_version" in str(text)}
    data = {name: text for name, text in files.items() if name.startswith("user-data/")}
    return templates, {name: filled(text, templates) for name, text in data.items()}


def filled(text, templates):
    """A first-boot text as the machines get it: each marker replaced by the function that Heat fills it with."""
    for params in replacements(list(templates.values())):
        for marker, value in params.items():
            text = text.replace(marker, value if isinstance(value, str) else json.dumps(value))
    return text


def replacements(value):
    """All `params` of `str_replace` in a template."""
    if isinstance(value, dict):
        if "str_replace" in value:
            yield value["str_replace"]["params"]
        for item in value.values():
            yield from replacements(item)
    elif isinstance(value, list):
        for item in value:
            yield from replacements(item)


def identities(templates):
    """(file, id, type) of every resource, and the names of the root's parameters."""
    made = {(file, name, r["type"]) for file, t in templates.items() for name, r in t["resources"].items()}
    return made, set(templates["stack.yaml"]["parameters"])


@pytest.mark.parametrize("renames", RENAMES.values(), ids=RENAMES)
def test_renamed_thing_keeps_its_identity(renames, tmp_path):
    text = BEFORE
    for old, new in renames:
        assert old in text
        text = text.replace(old, new)
    before, data = stacks(tmp_path, BEFORE)
    after, same = stacks(tmp_path, text)
    assert identities(after) == identities(before)
    assert same == data


@pytest.mark.parametrize("renames", RENAMES.values(), ids=RENAMES)
def test_without_was_it_is_another_thing(renames, tmp_path):
    text = BEFORE
    for old, new in renames:
        text = text.replace(old, re.sub(r'was = "\w+",?', "", new))
    assert identities(stacks(tmp_path, text)[0]) != identities(stacks(tmp_path, BEFORE)[0])


def test_two_tiers_may_swap_their_names(tmp_path):
    text = BEFORE.replace("data", "DATA").replace("tier one {", 'tier data {\n    was = "one"')
    text = text.replace("tier DATA {", 'tier one {\n    was = "data"').replace("DATA", "one")
    before, data = stacks(tmp_path, BEFORE)
    after, same = stacks(tmp_path, text)
    assert identities(after) == identities(before)
    assert same == data
