"""Endpoints of one tier that agree in audience, network and family have one balancer, and members a port of their own behind it.

What must be so is worked out from the words of generated blueprints, and compared with what both clouds' templates say: who may
come to which port, which address an endpoint has, and that an update never needs a second listener where one is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges.readers import load
from test_connections import Model, of_cloudformation, of_heat

import bpc.api
from bpc.files import write_folder

AUDIENCES = {
    "": frozenset(),
    "public = true": frozenset({"0.0.0.0/0"}),
    'public = "203.0.113.0/24"': frozenset({"203.0.113.0/24"}),
    'public = [office, "203.0.113.0/24"]': frozenset({"192.0.2.0/24", "203.0.113.0/24"}),
    'public = ["203.0.113.0/24", office]': frozenset({"192.0.2.0/24", "203.0.113.0/24"}),
}
FAMILIES = {"tcp": "connections", "udp": "connections", "https": "connections", "http": "requests", "tls": "requests"}
NETWORKS = {"n": "10.0.0.0/24", "m": "10.0.1.0/24"}
USES = ("host", "hosts", "")
TARGETS = ("heat", "cloudformation")


class Exposed(NamedTuple):
    """The words of one endpoint. `protocol` tls is https that ends at the balancer."""

    name: str
    port: int
    member_port: int | None
    protocol: str
    public: str
    network: str
    balance: bool
    use: str

    @property
    def lower(self) -> str:
        return "udp" if self.protocol == "udp" else "tcp"

    @property
    def inside(self) -> int:
        return self.member_port or self.port

    @property
    def alike(self) -> tuple[object, ...]:
        return AUDIENCES[self.public], self.network, FAMILIES[self.protocol]

    def text(self) -> str:
        words = [f"port = {self.port}", f"network = {self.network}", self.public]
        words.append(f"protocol = {'https' if self.protocol == 'tls' else self.protocol}")
        words.append("tls = certificate" if self.protocol == "tls" else "")
        words.append("balance = round_robin" if self.balance else "")
        words.append(f"member_port = {self.member_port}" if self.member_port else "")
        return f"    expose {self.name} {{ {', '.join(filter(None, words))} }}"


def exposed(number: int, audiences: list[str], families: list[str]) -> st.SearchStrategy[Exposed]:
    def sound(it: Exposed) -> Exposed:
        if not it.balance:  # of several members, such an endpoint is private, and has one port
            it = it._replace(public="", member_port=None, protocol="tcp" if it.protocol == "tls" else it.protocol)
            it = it._replace(use="hosts" if it.use else "")
        return it

    return st.builds(
        Exposed,
        name=st.just(f"e{number}"),
        port=st.sampled_from([53, 80, 443, 8000 + number, 8000 + number]),
        member_port=st.sampled_from([None, 80, 8080, 8081]),
        protocol=st.sampled_from(families),
        public=st.sampled_from(audiences),
        network=st.sampled_from(["n", "n", "n", "m"]),
        balance=st.sampled_from([True, True, True, True, False]),
        use=st.sampled_from(USES),
    ).map(sound)


@st.composite
def tiers(draw) -> list[Exposed]:
    """Few audiences and protocols in one tier, so that many endpoints agree."""
    audiences = draw(st.lists(st.sampled_from(list(AUDIENCES)), min_size=1, max_size=2))
    families = draw(st.lists(st.sampled_from(list(FAMILIES)), min_size=1, max_size=3))
    return [draw(exposed(number, audiences, families)) for number in range(draw(st.integers(2, 4)))]


def balancers(endpoints: list[Exposed]) -> dict[str, str] | None:
    """Endpoint → the first one of its balancer, from the words alone; None where two have one port at one place."""
    said = [(one.lower, one.port) for one in endpoints if one.member_port is None]
    if len(said) > len(set(said)):
        return None
    first: dict[str, str] = {}
    ports: dict[tuple[str, int], str] = {}  # (first endpoint of a balancer, port) → what is spoken below
    for one in endpoints:
        if not one.balance:
            continue
        known = [other.name for other in endpoints if other.name in first and other.alike == one.alike]
        for name in dict.fromkeys(first[other] for other in known):
            if ports.get((name, one.port), one.lower) == one.lower:
                if (name, one.port) in ports:
                    return None
                first[one.name] = name
                break
        first.setdefault(one.name, one.name)
        ports[first[one.name], one.port] = one.lower
    return first


def blueprint(endpoints: list[Exposed], count: str = "count = 2") -> str:
    images = "".join(
        f'image {use} {{\n  from = base\n  param e: endpoint\n  file "/e" {{ text = {text} }}\n}}\n'
        for use, text in (("host", "e.host"), ("hosts", 'join(",", e.hosts)'))
    )
    users = "".join(
        f"  tier u{one.name} {{ image = {one.use}(e = t.{one.name}), network = m }}\n" for one in endpoints if one.use
    )
    outputs = "".join(
        (f"  output host_{one.name} = t.{one.name}.host\n" if one.balance else "")
        + f'  output ports_{one.name} = "${{t.{one.name}.port}} ${{t.{one.name}.member_port}}"\n'
        for one in endpoints
    )
    return (
        f'blueprint 1\nimage base {{ from = debian("12") }}\n{images}solution s {{\n  version = "1"\n'
        '  param office: cidr = "192.0.2.0/24"\n  param certificate: string = "a"\n'
        '  network n { cidr = "10.0.0.0/24", public = true }\n  network m { cidr = "10.0.1.0/24", public = true }\n'
        f"  tier t {{\n    image = base\n    network = [n, m]\n    {count}\n"
        + "\n".join(one.text() for one in endpoints)
        + f'\n  }}\n{users}{outputs}  output used = "${{office}} ${{certificate}}"\n}}\n'
    )


def compiled(folder, endpoints, **more):
    path = folder / "solution.bp"
    path.unlink(missing_ok=True)
    path.write_text(blueprint(endpoints, **more))
    return bpc.api.compile(path, targets=TARGETS)


def stacks(result) -> dict[str, dict]:
    return {name: load(result.artifacts[name].files["stack.yaml"]) for name in TARGETS}


@settings(max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(tiers())
def test_who_comes_where_and_at_which_address(tmp_path, endpoints):
    result, first = compiled(tmp_path, endpoints), balancers(endpoints)
    codes = {d.code for d in result.diagnostics if d.severity == "error"}
    if first is None:
        assert codes == {"BPC413"}
        return
    assert not codes, [d.text for d in result.diagnostics]
    aws, openstack = set(), set()
    for one in endpoints:
        to = f"balancer t.{first[one.name]}" if one.balance else "tier t"
        user, members = f"tier u{one.name}", ("tier t", one.lower, one.inside)
        if one.balance:
            came = {(cidr, to, one.lower, one.port) for cidr in AUDIENCES[one.public]}
            aws |= came | {(to, *members)}
            openstack |= came | {(NETWORKS[one.network], *members)}
        if one.use == "hosts":
            aws.add((user, *members))
            openstack.add((user, *members))
        elif one.use:
            aws.add((user, to, one.lower, one.port))
            openstack.add((NETWORKS["m"] if one.balance else user, to, one.lower, one.port))
    made, model = stacks(result), Model(result.solution)
    assert of_cloudformation(made["cloudformation"], model) == aws
    assert of_heat(made["heat"], model) == openstack
    same_ports(made, endpoints)
    addresses(made, endpoints, first)


def same_ports(made, endpoints) -> None:
    for one in endpoints:
        told = {made["heat"]["outputs"][f"ports_{one.name}"]["value"]}
        told |= {
            output["Value"]
            for name, output in made["cloudformation"]["Outputs"].items()
            if name.lower() == f"ports{one.name}"
        }
        assert told == {f"{one.port} {one.inside}"}


def addresses(made, endpoints, first) -> None:
    """Endpoints have one address exactly where they have one balancer, and there are no more balancers than that."""
    for name, key, outputs in (("heat", "value", "outputs"), ("cloudformation", "Value", "Outputs")):
        told = {
            one.name: str(output[key])
            for one in endpoints
            for called, output in made[name][outputs].items()
            if called.lower().replace("_", "") == f"host{one.name}"
        }
        assert set(told) == set(first)
        for one in told:
            for other in told:
                assert (told[one] == told[other]) == (first[one] == first[other])
    kinds = [r["type"] for r in made["heat"]["resources"].values()]
    kinds += [r["Type"] for r in made["cloudformation"]["Resources"].values()]
    assert kinds.count("OS::Octavia::LoadBalancer") == len(set(first.values()))
    assert kinds.count("AWS::ElasticLoadBalancingV2::LoadBalancer") == len(set(first.values()))
    assert kinds.count("OS::Octavia::Listener") == kinds.count("AWS::ElasticLoadBalancingV2::Listener") == len(first)


# ---- updates


def changed(endpoints: list[Exposed], number: int, how: str) -> list[Exposed]:
    """The same with one endpoint changed."""
    one = endpoints[number % len(endpoints)]
    if how == "removed":
        return [other for other in endpoints if other is not one]
    if how == "added":
        return [*endpoints, one._replace(name="new", port=9000, member_port=9001)]
    new = {
        "renamed": one._replace(name="new"),
        "another port": one._replace(port=9000),
        "another port of members": one._replace(member_port=9001) if one.balance else one,
        "private": one._replace(public=""),
        "elsewhere": one._replace(network="m"),
        "alone": one._replace(balance=False, public="", member_port=None, use="", protocol="tcp"),
    }[how]
    return [new if other is one else other for other in endpoints]


HOW = ("removed", "added", "renamed", "another port", "another port of members", "private", "elsewhere", "alone")


@settings(max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(tiers(), st.integers(0, 3), st.sampled_from(HOW))
def test_an_update_makes_no_second_listener_where_one_is(tmp_path, endpoints, number, how):
    """Both clouds make what is new before the old goes: a port of a balancer, and a member's place in a pool, must be free then.
    A target group belongs to one balancer."""
    results = [compiled(tmp_path, version) for version in (endpoints, changed(endpoints, number, how))]
    if not all(result.ok for result in results):
        return
    before, after = (taken(result) for result in results)
    for place in before.keys() & after.keys():
        assert before[place] == after[place], f"{place} is still taken"


def taken(result) -> dict[tuple[object, ...], str]:
    """What only one resource can have at a time → that resource's id."""
    made = stacks(result)
    found: dict[tuple[object, ...], str] = {}
    for name, one in made["cloudformation"]["Resources"].items():
        if one["Type"] == "AWS::ElasticLoadBalancingV2::Listener":
            balancer = one["Properties"]["LoadBalancerArn"]["Ref"]
            found["listener", balancer, one["Properties"]["Port"]] = name
            [action] = one["Properties"]["DefaultActions"]
            found["balancer of", action["TargetGroupArn"]["Ref"]] = balancer
    for name, one in made["heat"]["resources"].items():
        if one["type"] == "OS::Octavia::Listener":
            balancer = one["properties"]["loadbalancer"]["get_resource"]
            found["listener", balancer, one["properties"]["protocol_port"]] = name
        if one["type"] == "OS::Octavia::Pool":
            found["pool", one["properties"]["listener"]["get_resource"]] = name
    files = result.artifacts["heat"].files
    member = load(next((text for name, text in files.items() if name.startswith("t-member-")), "resources: {}"))
    given = made["heat"]["resources"]["tier.t"]["properties"].get("resource_def", {}).get("properties", {})
    for name, one in member["resources"].items():
        if one["type"] == "OS::Octavia::PoolMember":
            pool = given[one["properties"]["pool"]["get_param"]]["get_resource"]
            found["place", pool, one["properties"]["protocol_port"]] = name
    return found


SITE = Exposed("http", 80, None, "http", "public = true", "n", balance=True, use="")
SAFE = Exposed("https", 443, 80, "tls", "public = true", "n", balance=True, use="")
API = Exposed("api", 8443, 8080, "tls", "public = true", "n", balance=True, use="")


def test_a_further_endpoint_changes_nothing_for_the_others(tmp_path):
    """Nothing that a running stack has is changed where an endpoint comes behind the others, but what members are told of pools."""
    for before, after in pairwise([[SITE], [SITE, SAFE], [SITE, SAFE, API]]):
        old, new = stacks(compiled(tmp_path, before)), stacks(compiled(tmp_path, after))
        for name, key in (("heat", "resources"), ("cloudformation", "Resources")):
            kept = {known: made for known, made in old[name][key].items() if "tier.t" not in known}
            assert kept.items() <= new[name][key].items()


def test_a_tier_of_one_balanced_endpoint_has_the_ids_that_it_always_had(tmp_path):
    made = stacks(compiled(tmp_path, [SITE]))
    told = {name for name in made["heat"]["resources"] if name.endswith("t.http") or ".t.http." in name}
    kinds = ("balancer", "listener", "pool", "monitor", "address")
    assert told == {f"{kind}.t.http" for kind in kinds} | {"rule.t.http.from_balancer"}
    told = {name for name in made["cloudformation"]["Resources"] if "Http" in name}
    kinds = ("Balancer", "Front", "Targets", "Listener")
    assert told == {f"{kind}TXHttp" for kind in kinds} | {
        "RuleTXBalancerXHttpXAnywhere",
        "RuleTXMembersXHttpXFromXTXHttp",
    }


def test_listeners_lead_back_to_their_lines(tmp_path):
    result = compiled(tmp_path, [SITE, SAFE])
    lines = (tmp_path / "solution.bp").read_text().split("\n")
    for target, http, https in (
        ("heat", ["balancer.t.http", "listener.t.http", "pool.t.http"], ["listener.t.http.443", "pool.t.http.443"]),
        ("cloudformation", ["BalancerTXHttp", "ListenerTXHttp"], ["ListenerTXHttpX443", "TargetsTXHttpX443"]),
    ):
        places = result.artifacts[target].places
        for names, endpoint in ((http, "http"), (https, "https")):
            for name in names:
                assert (places[name].kind, places[name].name) == ("balancer", f"t.{endpoint}")
                line = places[name].span.source.text[: places[name].span.start].count("\n")
                assert lines[line].startswith(f"    expose {endpoint} ")


# ---- what the clouds' own tools say

SAMPLES = {
    "site": [SITE, SAFE, API],
    "inside and out": [SITE, SAFE, SAFE._replace(name="inside", public=""), API._replace(public="", use="hosts")],
    "named": [SAFE._replace(public='public = [office, "203.0.113.0/24"]'), API._replace(use="host")],
    "names": [
        Exposed("tcp", 53, 5353, "tcp", "", "n", balance=True, use="host"),
        Exposed("udp", 53, 5353, "udp", "", "n", balance=True, use="host"),
        Exposed("dot", 853, 5353, "tcp", "", "n", balance=True, use="hosts"),
        Exposed("https", 443, 8443, "https", "", "m", balance=True, use=""),
    ],
}
COUNTS = {"fixed": "count = 2", "scaling": "count = 1..3\n    scale { metric = cpu, target = 60% }"}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", SAMPLES)
def test_heat_accepts_it(name, count, tmp_path):
    from judges.heat import judge

    (tmp_path / "solution.bp").write_text(blueprint(SAMPLES[name], COUNTS[count]))
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",))
    assert result.ok, [d.text for d in result.diagnostics]
    write_folder(str(tmp_path / "heat"), result.artifacts["heat"].files)
    assert judge(tmp_path / "heat") == []
    for rule, seen in rules(load(result.artifacts["heat"].files["stack.yaml"])).items():
        assert len(seen) == 1, f"Neutron refuses {rule} a second time"


def rules(stack) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, made in stack["resources"].items():
        if made["type"] == "OS::Neutron::SecurityGroupRule":
            found.setdefault(str(sorted(made["properties"].items())), []).append(name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_cfn_lint_finds_nothing(name, tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    result = compiled(tmp_path, SAMPLES[name])
    assert result.ok, [d.text for d in result.diagnostics]
    text = result.artifacts["cloudformation"].files["stack.yaml"]
    assert [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"], include_checks=["I"]))] == []


def test_cloudformation_scaling_group_is_in_every_target_group(tmp_path):
    (tmp_path / "solution.bp").write_text(
        blueprint([SITE, SAFE], COUNTS["scaling"]).replace("network = [n, m]", "network = n")
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",))
    assert result.ok, [d.text for d in result.diagnostics]
    resources = load(result.artifacts["cloudformation"].files["stack.yaml"])["Resources"]
    assert resources["MembersT"]["Properties"]["TargetGroupARNs"] == [
        {"Ref": "TargetsTXHttp"}, {"Ref": "TargetsTXHttpX443"},
    ]  # fmt: skip
