"""Who may reach whom follows from what a tier is handed, however it was named; and nobody is handed what another asked for."""

from __future__ import annotations

import pytest

from bpc import api

HEAD = """blueprint 1

image plain {
  from = debian("12")
  param target: endpoint
  let   port = target.port
  file "/etc/text" { text = "${port}" }
  file "/etc/rendered" { template = "t.j2" }
}

image alone {
  from = debian("12")
  param text: string = ""
  param port: int = 1
  param items: list(any) = []
  file "/etc/text" { text = "${text} ${port} ${join(",", items)}" }
}
"""
SOLUTION = """
solution s {
  version = "1"
  network lan { cidr = "10.0.0.0/24", public = true }
  tier db { image = alone, network = lan, expose sql { port = 5432, public = true }, expose other { port = 5433 } }
  %s
}
"""


def model(tmp_path, body, head=HEAD):
    (tmp_path / "t.j2").write_text("fixed\n")
    path = tmp_path / "solution.bp"
    path.write_text(head + SOLUTION % body)
    result = api.model(path)
    assert result.model is not None, [d.text for d in result.diagnostics]
    return result.model


def reached(made):
    """(who, tier, endpoint) of all permissions between tiers."""
    return sorted(
        (rule["peer"]["group"], rule["to"], rule["endpoint"])
        for rule in made["resources"]
        if rule["kind"] == "Rule" and rule["peer"]["kind"] == "FromGroup"
    )


def files(made, tier):
    """What first boot writes on a tier, and what its image has."""
    group = next(r for r in made["resources"] if r["kind"] == "Group" and r["name"] == tier)
    image = next(i for i in made["images"] if i["name"] == group["image"])
    steps = [*group["first_boot"], *(step for layer in image["layers"] for step in layer["steps"])]
    return {step["path"]: step["content"] for step in steps if step["kind"] == "File"}


@pytest.mark.parametrize("between", ["db.sql.host", '"${db.sql.host}"', "[db.sql.host][0]", "{ a = db.sql.host }.a"])
def test_a_let_in_an_output_and_a_tier_is_the_address_that_each_reaches(tmp_path, between):
    tier = "tier web { image = alone(text = a), network = lan }"
    made = model(tmp_path, f"let a = {between}\n{tier}\noutput x = a\noutput y = db.sql.host\n")
    public = {"kind": "PublicAddressHole", "owner": "db", "member": 0}
    assert [output["value"] for output in made["outputs"]] == [[public], [public]]
    assert files(made, "web")["/etc/text"][0] == {
        "kind": "MemberAddressHole", "group": "db", "network": "lan", "member": 0,
    }  # fmt: skip


def test_a_let_connects_each_tier_that_uses_it(tmp_path):
    tiers = "\n".join(f"tier {name} {{ image = alone(text = {used}), network = lan }}" for name, used in (
        ("one", "a"), ("two", "b"), ("three", '"none"')))  # fmt: skip
    made = model(tmp_path, f'let a = db.sql.host\nlet b = "http://${{a}}/"\n{tiers}')
    assert reached(made) == [("one", "db", "sql"), ("two", "db", "sql")]


def test_an_address_that_a_loop_brings_connects_the_tier(tmp_path):
    """Each tier to what its own item has, and to nothing that another item has."""
    listed = '[{ n = "a", to = db.sql.host }, { n = "b", to = "nothing" }, { n = "c", to = join(",", far.p.hosts) }]'
    far = "tier far { image = alone, network = lan, expose p { port = 1 } }"
    loop = 'tier "w_${w.n}" { image = alone(text = w.to), network = lan }'
    for blueprint in (f"for w in {listed} {{ {loop} }}", f"let ws = {listed}\nfor w in ws {{ {loop} }}"):
        made = model(tmp_path, f"{far}\n{blueprint}")
        # of members' addresses it is not known at which endpoint they are wanted: at all of the tier that were asked
        assert reached(made) == [("w_a", "db", "sql"), ("w_c", "far", "p")]


def test_an_endpoint_that_a_loop_brings_connects_the_tier(tmp_path):
    loop = 'for e in [db.sql] { tier "w_${e.port}" { image = plain(target = e), network = lan } }'
    assert reached(model(tmp_path, loop)) == [("w_5432", "db", "sql")]


def test_a_let_that_a_template_does_not_name_opens_nothing(tmp_path):
    """An image's `let` is there for its templates; one that none names is not evaluated for them."""
    balanced = "tier lb { image = alone, network = lan, count = 2, expose p { port = 1, balance = round_robin } }"
    used = "tier web { image = plain(target = lb.p), network = lan }"
    plain = model(tmp_path, f"{balanced}\n{used}")
    head = HEAD.replace("  let   port", '  let   hosts = join(",", target.hosts)\n  let   port')
    named = model(tmp_path, f"{balanced}\n{used}", head)
    assert reached(named) == reached(plain)


def test_what_a_plan_asks_for_is_not_handed_to_who_asks_for_the_plan(tmp_path):
    """`b.x.port` needs b's plan, which needs db's port: whoever uses that number is not connected to db."""
    tiers = """
    let p = b.x.port
    tier a { image = alone(port = p), network = lan, count = p - 5431 }
    tier b { image = alone, network = lan, expose x { port = db.sql.port } }
    """
    assert reached(model(tmp_path, tiers)) == [("a", "b", "x")]


def test_arguments_that_python_takes_for_equal_make_two_images(tmp_path):
    tiers = """
    tier a { image = alone(items = [1, 0]), network = lan }
    tier b { image = alone(items = [true, false]), network = lan }
    """
    made = model(tmp_path, tiers)
    assert files(made, "a")["/etc/text"] == [" 1 1,0"]
    assert files(made, "b")["/etc/text"] == [" 1 true,false"]


def test_a_chain_of_lets_that_is_too_long_is_told_at_the_one_that_was_asked_for(tmp_path):
    """Each `let` needs the next, in the order that recurses; in the other order each would be there already."""
    path = tmp_path / "solution.bp"
    (tmp_path / "t.j2").write_text("fixed\n")
    chain = "".join(f"let a{number} = a{number + 1}\n" for number in range(3000))
    path.write_text(HEAD + SOLUTION % (chain + 'let a3000 = 1\noutput x = "${a0}"\n'))
    found = [d for d in api.model(path).diagnostics if d.severity == "error"]
    assert [(d.code, '"a0"' in d.text) for d in found] == [("BPC403", True)]
    source = found[0].span.source.text
    assert source[found[0].span.start : found[0].span.end] == "a0"
