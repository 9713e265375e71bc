"""Ranges of ports, icmp and `peers`: which rules each cloud gets, judged by Heat's own engine and by cfn-lint."""

from __future__ import annotations

import yaml
from judges.readers import load

import bpc.api
from bpc.files import write_folder

CLUSTER = """
blueprint 1

image node {
  from = debian("12")
  param own: endpoint
  file "/etc/ports" { text = "${own.port}-${own.last_port} ${join(",", own.hosts)}" }
  file "/etc/jinja" { template = "ports.j2" }
}

image plain { from = debian("12") }

solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24", public = true }
  tier db {
    image   = node(own = db.wsrep)
    network = n
    count   = COUNT
    peers   = [ist, ping, web, "more_1"]
    expose  wsrep { port = 4567..4568 }
    expose  ist { port = 4444..4445, protocol = udp }
    expose  ping { protocol = icmp }
    expose  web { port = 80, member_port = 8080, protocol = http, balance = round_robin }
    expose  media { port = 5000..5010, public = true, each = true }
    for x in [1, 2] { expose "more_${x}" { port = 9000 + x } }
    allow   more_2 from app
    allow   ping from ["192.0.2.0/24", "2001:db8::/32"]
  }
  tier app { image = plain, network = n, connect db.wsrep }
}
"""
WANTED = {
    ("db", "db", "tcp", 4567, 4568),
    ("app", "db", "tcp", 4567, 4568),
    ("db", "db", "udp", 4444, 4445),
    ("db", "db", "icmp", None, None),
    ("192.0.2.0/24", "db", "icmp", None, None),
    ("2001:db8::/32", "db", "icmp6", None, None),
    ("db", "db", "tcp", 8080, 8080),
    ("balancer", "db", "tcp", 8080, 8080),
    ("0.0.0.0/0", "db", "tcp", 5000, 5010),
    ("db", "db", "tcp", 9001, 9001),
    ("app", "db", "tcp", 9002, 9002),
}
"""Who comes to whose members, on which ports."""


def compiled(target: str, tmp_path, count: str = "3"):
    (tmp_path / "solution.bp").write_text(CLUSTER.replace("COUNT", count))
    (tmp_path / "ports.j2").write_text("{{ own.port }} {{ own.last_port }}\n")
    result = bpc.api.compile(tmp_path / "solution.bp", targets=(target,))
    assert [d.code for d in result.diagnostics] == []
    return result.artifacts[target].files


def test_heat_opens_them(tmp_path):
    from judges.heat import judge

    files = compiled("heat", tmp_path)
    write_folder(str(tmp_path / "heat"), files)
    assert judge(tmp_path / "heat") == []
    found = set()
    for resource in yaml.safe_load(files["stack.yaml"])["resources"].values():
        if resource["type"] != "OS::Neutron::SecurityGroupRule":
            continue
        rule = resource["properties"]
        group = rule.get("remote_group", {}).get("get_resource", "").removeprefix("security.")
        peer = group or {"10.0.0.0/24": "balancer"}.get(rule["remote_ip_prefix"], rule["remote_ip_prefix"])
        protocol = {"ipv6-icmp": "icmp6"}.get(rule["protocol"], rule["protocol"])
        assert (rule.get("ethertype") == "IPv6") == (protocol == "icmp6")
        to = rule["security_group"]["get_resource"].removeprefix("security.")
        found.add((peer, to, protocol, rule.get("port_range_min"), rule.get("port_range_max")))
    assert found == WANTED


def test_cloudformation_opens_them(tmp_path):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    text = compiled("cloudformation", tmp_path)["stack.yaml"]
    assert [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"], include_checks=["I"]))] == []
    found = set()
    names = {"SecurityDb": "db", "SecurityApp": "app"}
    for resource in load(text)["Resources"].values():
        if resource["Type"] != "AWS::EC2::SecurityGroupIngress":
            continue
        rule = resource["Properties"]
        to = names.get(_group(rule["GroupId"]))
        if to is None:
            continue  # a balancer's own
        peer = (
            rule.get("CidrIp") or rule.get("CidrIpv6") or names.get(_group(rule["SourceSecurityGroupId"]), "balancer")
        )
        icmp = rule["IpProtocol"].startswith("icmp")
        assert icmp == (rule["FromPort"] == rule["ToPort"] == -1)
        ports = (None, None) if icmp else (rule["FromPort"], rule["ToPort"])
        found.add((peer, to, {"icmpv6": "icmp6"}.get(rule["IpProtocol"], rule["IpProtocol"]), *ports))
    assert found == WANTED


def _group(reference) -> str:
    """The security group of an `Fn::GetAtt`."""
    value = reference["Fn::GetAtt"]
    return value.partition(".")[0] if isinstance(value, str) else value[0]


def test_a_tier_of_one_member_is_ready_for_more(tmp_path):
    files = compiled("heat", tmp_path, "1")
    rules = [name for name in yaml.safe_load(files["stack.yaml"])["resources"] if name.startswith("rule.db.ist.")]
    assert rules == ["rule.db.ist.from_tier.db"]


def test_a_template_and_a_file_see_both_ports(tmp_path):
    text = compiled("heat", tmp_path)["user-data/db.yaml"]
    assert "4567-4568 " in text
    assert "4567 4568" in text


def test_an_environment_changes_ports_and_peers(tmp_path):
    (tmp_path / "ports.j2").write_text("")
    environment = "  environment small { tier db { peers = [], expose wsrep { port = 4567 } } }\n}\n"
    (tmp_path / "solution.bp").write_text(CLUSTER.replace("COUNT", "3").rstrip()[:-1] + environment)
    result = bpc.api.model(tmp_path / "solution.bp", environment="small")
    rules = [item for item in result.model["resources"] if item["kind"] == "Rule"]
    own = [(rule["port"], rule["last_port"]) for rule in rules if rule["peer"].get("group") == rule["to"] == "db"]
    assert own == [(4567, 4567)]
    assert [(d.code, d.endpoint) for d in result.diagnostics] == [
        ("BPC463", "ist"),
        ("BPC463", "web"),
        ("BPC463", "more_1"),
    ]


def test_what_icmp_lacks_in_one_environment_alone_is_told(tmp_path):
    text = (
        CLUSTER.replace("COUNT", "3").rstrip()[:-1]
        + "  environment e { tier db { expose ping { protocol = udp } } }\n}\n"
    )
    (tmp_path / "ports.j2").write_text("")
    (tmp_path / "solution.bp").write_text(text)
    result = bpc.api.model(tmp_path / "solution.bp", environment="e")
    assert [d.code for d in result.diagnostics] == ["BPC303"]
