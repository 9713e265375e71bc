"""What an environment says of networks, secrets and volumes is merged by name, and the rest stays as the solution says it."""

from __future__ import annotations

import pytest

import bpc.api
from bpc.model.resources import Group, Network, Secret

SOLUTION = """blueprint 1
image it {{ from = cloud_image("debian-12"), param key: secret, file "/etc/key" {{ text = key }} }}
solution s {{
  version = "1"
  network lan {{ cidr = "10.7.0.0/24", router = existing }}
  network side {{ cidr = "10.8.0.0/24", router = existing }}
  secret key {{ length = 40 }}
  tier db {{
    image = it(key = key)
    network = lan
    volume data {{ size = 100GiB, mount = "/data", filesystem = xfs, keep = true }}
    volume logs {{ size = 10GiB, mount = "/logs" }}
  }}
  tier store {{ image = it(key = key), network = side, volume data {{ size = 50GiB, mount = "/data" }} }}
  tier plain {{ image = it(key = key), network = [lan, side] }}
  environment test {{
    {words}
  }}
}}
"""


def solved(tmp_path, words: str):
    """The networks, secrets and volumes of the environment, by name."""
    path = tmp_path / "solution.bp"
    path.write_text(SOLUTION.format(words=words))
    made = bpc.api.model(path, environment="test")
    assert [item for item in made.diagnostics if item.severity == "error"] == []
    things = {item.name: item for item in made.solution.resources if isinstance(item, Network | Secret)}
    groups = [item for item in made.solution.resources if isinstance(item, Group)]
    return things | {f"{group.name}.{volume.name}": volume for group in groups for volume in group.volumes}


def told(tmp_path, words: str) -> list[str]:
    path = tmp_path / "solution.bp"
    path.write_text(SOLUTION.format(words=words))
    return [f"{item.code} {item.text} {item.help}" for item in bpc.api.check(path, environment="test").diagnostics]


def test_a_network_has_other_addresses(tmp_path):
    things = solved(tmp_path, 'network lan { cidr = "10.9.0.0/16", public = true }')
    assert (things["lan"].cidr, things["lan"].public, things["lan"].router) == ("10.9.0.0/16", True, "existing")
    assert things["side"].cidr == "10.8.0.0/24"


def test_a_network_that_exists_takes_the_place_of_a_new_one(tmp_path):
    lan = solved(tmp_path, "network lan { existing = true }")["lan"]
    assert (lan.existing, lan.cidr, lan.router) == (True, "10.7.0.0/24", "new")


def test_a_secret_is_given(tmp_path):
    assert (solved(tmp_path, "secret key { length = 20 }")["key"].length) == 20
    key = solved(tmp_path, "secret key { given = true }")["key"]
    assert (key.given, key.length) == (True, 0)


def test_volumes_of_a_name_change_in_all_tiers(tmp_path):
    things = solved(tmp_path, "volume data { size = 1GiB }")
    assert {name: volume.size >> 30 for name, volume in things.items() if "." in name} == {
        "db.data": 1,
        "db.logs": 10,
        "store.data": 1,
    }
    assert (things["db.data"].filesystem, things["db.data"].keep) == ("xfs", True)


def test_what_stands_later_wins_as_for_machines(tmp_path):
    words = "volume data { size = 1GiB }\n    tier db { volume data { size = 2GiB } }"
    things = solved(tmp_path, words)
    assert [things[name].size >> 30 for name in ("db.data", "store.data")] == [2, 1]


def test_existing_volumes_take_the_place_of_new_ones(tmp_path):
    things = solved(tmp_path, "volume data { existing = true }")
    assert [things[name].existing for name in ("db.data", "db.logs", "store.data")] == [True, False, True]
    assert things["store.data"].keep


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("network lam { public = true }", 'BPC209 the solution has no network "lam" that this environment could change did you mean "lan"?'),
        ("secret kay { length = 20 }", 'BPC209 the solution has no secret "kay" that this environment could change did you mean "key"?'),
        ("volume dat { size = 1GiB }", 'BPC209 the solution has no volume "dat" that this environment could change did you mean "data"?'),
        ("secret lan { length = 20 }", 'BPC209 the solution has no secret "lan" that this environment could change'),
        ("network lan { adresses = 1 }", "BPC301"),
        ("network lan { router = existing, existing = true }", "BPC455"),
        ("secret key { length = 20, given = true }", "BPC450"),
        ("volume data { size = 1GiB }\n    volume data { keep = false }", "BPC202"),
        ("network lan { public = true }\n    network lan { public = false }", "BPC202"),
        ('volume data { size = "much" }', "BPC401"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_once(words, expected, tmp_path):
    found = told(tmp_path, words)
    assert len(found) == 1, found
    assert found[0].startswith(expected), found


def test_the_stack_of_an_environment_differs_where_it_says_so(tmp_path):
    path = tmp_path / "solution.bp"
    path.write_text(SOLUTION.format(words='network lan { cidr = "10.9.0.0/24" }\n    secret key { length = 20 }'))
    plain, changed = (
        bpc.api.compile(path, targets=("heat",), environment=name).artifacts["heat"].files["stack.yaml"]
        for name in ("", "test")
    )
    assert 'cidr: "10.7.0.0/24"' in plain
    assert "length: 40" in plain
    assert 'cidr: "10.9.0.0/24"' in changed
    assert "length: 20" in changed
