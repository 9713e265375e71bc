"""Who can reach whom on which port is the same in both clouds: read from each template alone, and compared with the model.

CloudFormation says it all by security groups. On OpenStack a balancer has no security group: its listener admits addresses,
so of those it is told from which networks, and its members admit the balancer's network.
"""

from __future__ import annotations

from typing import Any

import pytest
from blueprints import FILES, Writer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges.readers import load
from test_compile import IDS, VARIANTS

import bpc.api
from bpc.model.resources import Balancer, FromAnywhere, FromBalancer, FromCidr, FromGroup, Group, Network, Rule
from bpc_targets.cloudformation.names import logical

EVERYONE = "0.0.0.0/0"
Fact = tuple[str, str, str, "int | tuple[int, int]"]
"""(from, to, protocol, port); "tier web", "balancer web.http", or addresses."""


class Model:
    """The model's own facts, as each cloud can say them."""

    def __init__(self, solution) -> None:
        self.params = {param.name: str(param.default) for param in solution.params}
        self.rules = [item for item in solution.resources if isinstance(item, Rule)]
        self.networks = {item.name: item for item in solution.resources if isinstance(item, Network)}
        self.groups = {item.name: item for item in solution.resources if isinstance(item, Group)}
        self.balancers = {item.name: item for item in solution.resources if isinstance(item, Balancer)}

    def facts(self) -> set[Fact]:
        return {
            (self.peer(rule), self.to(rule), rule.protocol, ports(rule.port, rule.last_port)) for rule in self.rules
        }

    def by_address(self) -> set[Fact]:
        """As on OpenStack: to and from balancers by the addresses of networks."""
        found = set()
        for rule in self.rules:
            for peer in self.addresses(rule):
                found.add((peer, self.to(rule), rule.protocol, ports(rule.port, rule.last_port)))
        return found

    def to(self, rule: Rule) -> str:
        return f"{'balancer' if rule.balancer else 'tier'} {rule.to}"

    def peer(self, rule: Rule) -> str:
        match rule.peer:
            case FromAnywhere():
                return "0.0.0.0/0"
            case FromCidr(cidr=cidr):
                return "".join(part if isinstance(part, str) else self.params[part.param] for part in cidr)
            case FromGroup(group=group):
                return f"tier {group}"
            case FromBalancer(balancer=balancer):
                return f"balancer {balancer}"

    def addresses(self, rule: Rule) -> list[str]:
        if isinstance(rule.peer, FromBalancer):
            return [self.networks[self.balancers[rule.peer.balancer].network].cidr]
        if isinstance(rule.peer, FromGroup) and rule.balancer:
            return [self.networks[network].cidr for network in self.groups[rule.peer.group].networks]
        return [self.peer(rule)]


def ports(first: int, last: int) -> int | tuple[int, int]:
    """What a rule opens."""
    return first if first == last else (first, last)


def of_cloudformation(template: dict[str, Any], model: Model) -> set[Fact]:
    """From the rules of security groups; which group is whose, from its tags and what carries it."""
    resources = template["Resources"]
    defaults = {name: made.get("Default") for name, made in template["Parameters"].items()}
    owner = {logical("Security", name): f"tier {name}" for name in model.groups}
    owner |= {logical("Front", *name.split(".")): f"balancer {name}" for name in model.balancers}
    found = set()
    for made in resources.values():
        assert "SecurityGroupIngress" not in made.get("Properties", {}), "every rule is a resource of its own"
        if made["Type"] == "AWS::EC2::SecurityGroupIngress":
            rule = made["Properties"]
            peer = rule.get("CidrIp") or rule.get("CidrIpv6") or owner[rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]]
            peer = defaults[peer["Ref"]] if isinstance(peer, dict) else peer
            found.add(
                (
                    peer,
                    owner[rule["GroupId"]["Fn::GetAtt"][0]],
                    rule["IpProtocol"],
                    ports(rule["FromPort"], rule["ToPort"]),
                )
            )
    return found


def of_heat(template: dict[str, Any], model: Model) -> set[Fact]:
    """From the rules of security groups, and the addresses that listeners admit."""
    defaults = {name: str(made.get("default")) for name, made in template["parameters"].items()}
    resources, found = template["resources"], set()

    def plain(value: Any) -> str:
        return defaults[value["get_param"]] if isinstance(value, dict) else value

    for name, made in resources.items():
        properties = made.get("properties", {})
        if made["type"] == "OS::Neutron::SecurityGroupRule":
            opened = ports(properties["port_range_min"], properties["port_range_max"])
            peer = properties.get("remote_ip_prefix")
            peer = (
                plain(peer) if peer else f"tier {properties['remote_group']['get_resource'].removeprefix('security.')}"
            )
            to = properties["security_group"]["get_resource"].removeprefix("security.")
            found.add((peer, f"tier {to}", properties["protocol"], opened))
        elif made["type"] == "OS::Octavia::Listener":
            protocol = "udp" if properties["protocol"] == "UDP" else "tcp"
            for cidr in map(plain, properties["allowed_cidrs"]):
                if cidr != "255.255.255.255/32":
                    to = ".".join(name.removeprefix("listener.").split(".")[:2])
                    found.add((cidr, f"balancer {to}", protocol, properties["protocol_port"]))
    return found


def compare(result) -> None:
    model = Model(result.solution)
    aws = load(result.artifacts["cloudformation"].files["stack.yaml"])
    openstack = load(result.artifacts["heat"].files["stack.yaml"])
    assert of_cloudformation(aws, model) == model.facts()
    assert of_heat(openstack, model) == model.by_address()


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_blueprints(folder, environment):
    result = bpc.api.compile(folder / "solution.bp", targets=("heat", "cloudformation"), environment=environment)
    assert result.ok
    compare(result)


BALANCED = """
blueprint 1

image base { from = debian("12") }

image by_host {
  from = base
  param d: endpoint
  file "/etc/d" { text = d.host }
}

image by_members {
  from = base
  param d: endpoint
  file "/etc/d" { text = join(",", d.hosts) }
}

image by_one {
  from = base
  param d: endpoint
  let   one = d.hosts[0]
  file "/etc/d" { text = one }
}

image by_template {
  from = base
  param d: endpoint
  file "/etc/d" { template = "d.j2" }
}

image by_both {
  from = base
  param d: endpoint
  file "/etc/d" { text = "${d.host} ${d.hosts[1]}" }
}

image by_port {
  from = base
  param d: endpoint
  param address: string = ""
  file "/etc/d" { text = "${address}:${d.port}" }
}

solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  network m { cidr = "10.0.1.0/24" }
  tier srv {
    image   = base
    network = n
    count   = 2
    expose q { port = 7000, balance = round_robin }
    expose other { port = 7001, balance = round_robin }
  }
  tier host { image = by_host(d = srv.q), network = m }
  tier members { image = by_members(d = srv.q), network = m }
  tier same { image = by_members(d = srv.q), network = m }
  tier one { image = by_one(d = srv.q), network = m }
  tier written { image = by_template(d = srv.q), network = m }
  tier both { image = by_both(d = srv.q), network = m }
  tier given { image = by_port(d = srv.q, address = srv[1].host), network = m }
  tier port { image = by_port(d = srv.q), network = m }
  tier reached {
    image   = base
    network = m
    connect srv.q
  }
  for it in [srv.q] {
    tier "looped" { image = by_members(d = it), network = m }
  }
}
"""


def test_members_behind_a_balancer(tmp_path):
    """Who is given the members' addresses may reach the members; the balancer is for those who are given its own, or none."""
    (tmp_path / "solution.bp").write_text(BALANCED)
    (tmp_path / "d.j2").write_text("{{ d.hosts | join(',') }}")
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat", "cloudformation"))
    assert result.ok, result.diagnostics
    compare(result)
    facts = Model(result.solution).facts()
    reach = {to: {peer for peer, target, _, _ in facts if target == to} for _, to, _, _ in facts}
    members = {"members", "same", "one", "written", "both", "given", "looped"}
    assert reach == {
        "tier srv": {f"tier {name}" for name in members} | {"balancer srv.q"},
        "balancer srv.q": {f"tier {name}" for name in ("host", "both", "given", "port", "reached")},
    }
    assert {peer for peer, _, _, port in facts if port == 7001} == {"balancer srv.q"}, "nobody wants it"


KINDS = {
    "private": ("", set()),
    "public = true": ("public = true", {EVERYONE}),
    "public = cidr": ('public = "203.0.113.0/24"', {"203.0.113.0/24"}),
    "public = param": ("public = office", {"192.0.2.0/24"}),
    "public = list": ('public = [office, "203.0.113.0/24"]', {"192.0.2.0/24", "203.0.113.0/24"}),
    "public = list with everyone": ('public = [office, "0.0.0.0/0"]', {EVERYONE}),
}
WAYS = {"alone": "", "balanced": "balance = round_robin", "each": "each = true"}
COUNTS = {"one": "count = 1", "two": "count = 2", "scaling": "count = 1..3\n    scale { metric = cpu, target = 60% }"}


@pytest.mark.parametrize("protocol", ["tcp", "http"])
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_come_is_whom_the_blueprint_names(kind, way, count, protocol, tmp_path):
    """Worked out from the words of the blueprint, not from the model: outside addresses, and whether there is a public address."""
    public, expected = KINDS[kind]
    settings = ", ".join(filter(None, ["port = 4000", f"protocol = {protocol}", public, WAYS[way]]))
    allowed = () if EVERYONE in expected else ("198.51.100.0/24",)
    allow = "".join(f'    allow door from "{cidr}"\n' for cidr in allowed)
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage base { from = debian("12") }\nsolution s {\n  version = "1"\n'
        '  param office: cidr = "192.0.2.0/24"\n  network n { cidr = "10.0.0.0/24", public = true }\n'
        f"  tier t {{\n    image = base\n    network = n\n    {COUNTS[count]}\n    expose door {{ {settings} }}\n{allow}  }}\n"
        "  output o = office\n}\n"
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat", "cloudformation"))
    codes = {d.code for d in result.diagnostics if d.severity == "error"}
    if way == "each" and not public:
        assert codes == {"BPC403"}
    elif public and count != "one" and way == "alone" and protocol == "tcp":
        assert codes == {"BPC434"}
    else:
        assert not codes
        balanced = way == "balanced" or (public and count != "one" and way == "alone")
        stacks = {name: made.files for name, made in result.artifacts.items()}
        model = Model(result.solution)
        aws, openstack = (load(stacks[name]["stack.yaml"]) for name in ("cloudformation", "heat"))
        for facts in (of_cloudformation(aws, model), of_heat(openstack, model)):
            outside = {(peer, to) for peer, to, _, _ in facts if peer[0].isdigit() and not peer.startswith("10.")}
            assert outside == {(peer, "balancer t.door" if balanced else "tier t") for peer in expected | {*allowed}}
        texts = {name: "".join(map(str, files.values())) for name, files in stacks.items()}
        addresses = texts["heat"].count("OS::Neutron::FloatingIP")
        assert (addresses > 0) == bool(public)
        assert ("internet-facing" in texts["cloudformation"]) == bool(public and balanced)
        own = (
            "AWS::EC2::EIPAssociation" in texts["cloudformation"]
            or "AssociatePublicIpAddress: true" in texts["cloudformation"]
        )
        assert own == bool(public and not balanced)


@pytest.mark.slow
def test_generated_blueprints(tmp_path):
    seen = {"compared": 0, "rules": 0}
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    @settings(
        max_examples=2000, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.binary(min_size=128, max_size=128))
    def same(data):
        path = tmp_path / "solution.bp"
        path.unlink(missing_ok=True)
        path.write_bytes(Writer(data).blueprint().encode())
        result = bpc.api.compile(path, targets=("heat", "cloudformation"))
        if result.ok and not any(group.was for group in Model(result.solution).groups.values()):
            compare(result)
            seen["compared"] += 1
            seen["rules"] += len(Model(result.solution).rules)

    same()
    print(seen)
    assert seen["compared"] > 100
    assert seen["rules"] > 100
