"""Balancers: an Application Load Balancer for http and https, a Network Load Balancer for tcp and udp."""

from __future__ import annotations

from troposphere import If, NoValue, ec2
from troposphere import elasticloadbalancingv2 as elb

from bpc.model.resources import Fixed
from bpc_targets.cloudformation import diagnostics, network
from bpc_targets.cloudformation.batches import condition, holds
from bpc_targets.cloudformation.stack import ref
from bpc_targets.cloudformation.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Balancer, Group
    from bpc_targets.cloudformation.stack import Stack

PATH = 1024
"""Characters of a path that is checked."""
ALGORITHMS = {"round_robin": "round_robin", "least_connections": "least_outstanding_requests"}


def add_balancer(stack: Stack, item: Balancer) -> None:
    """The balancer with its security group, listener and target group."""
    _check(stack, item)
    name, security = stack.balancer("Balancer", item.name), stack.balancer("Front", item.name)
    tags = stack.tags(item.name, item.group)
    tier, _, endpoint = item.name.partition(".")
    words = f"Balancer {stack.known(tier)}.{endpoint}"
    stack.add(security, ec2.SecurityGroup, item, VpcId=ref("Vpc"), GroupDescription=words, Tags=tags)
    subnets = network.edge(stack, item.network) if item.public else network.inside(stack, item.network)
    made: dict[str, Any] = {
        "Type": "application" if layer7(item) else "network",
        "Scheme": "internet-facing" if item.public else "internal",
        "Subnets": [ref(subnet) for subnet in subnets],
        "SecurityGroups": [ref(security)],
        "Tags": tags,
    }
    if not layer7(item):  # else each zone's address leads to the members of that zone only, also where there is none
        across = elb.LoadBalancerAttributes(Key="load_balancing.cross_zone.enabled", Value="true")
        made["LoadBalancerAttributes"] = [across]
    stack.add(name, elb.LoadBalancer, item, **made, **({"DependsOn": "Gateway"} if item.public else {}))
    _targets(stack, item)
    _listener(stack, item, name)


def layer7(item: Balancer) -> bool:
    """Whether requests are balanced, not connections: https without a certificate passes through."""
    return item.protocol == "http" or (item.protocol == "https" and bool(item.tls))


def checked(stack: Stack, group: Group) -> bool:
    """Whether balancers know how members are. AWS has no check of udp; where all members seem ill, all are used."""
    return all(balancer.protocol != "udp" for balancer in stack.index.balancers_of(group.name))


def _check(stack: Stack, item: Balancer) -> None:
    if len(item.health) > PATH:
        what = f"a health path of {len(item.health):,} characters"
        stack.found.append(diagnostics.Unfit(span=item.span, what=what, takes=f"{PATH:,}"))
    bad = "source_ip" if layer7(item) else "least_connections"
    if item.algorithm == bad:
        found = diagnostics.NoAlgorithm(span=item.span, protocol=item.protocol, algorithm=bad)
        stack.found.append(found)


def _targets(stack: Stack, item: Balancer) -> None:
    group = stack.index.groups[item.group]
    endpoint = stack.index.endpoints[item.group, item.endpoint]
    made: dict[str, Any] = {
        "VpcId": ref("Vpc"),
        "Port": endpoint.port,
        "Protocol": "HTTP" if layer7(item) else ("UDP" if item.protocol == "udp" else "TCP"),
        "TargetType": "instance",
        "TargetGroupAttributes": _attributes(item),
        "Tags": stack.tags(item.name, item.group),
        **_health(item),
    }
    if isinstance(group.members, Fixed):
        made["Targets"] = [_target(stack, group, number, endpoint.port) for number in range(group.members.count)]
    stack.add(stack.balancer("Targets", item.name), elb.TargetGroup, item, **made)


def _target(stack: Stack, group: Group, number: int, port: int) -> Any:
    target = elb.TargetDescription(Id=ref(stack.tier("Instance", group.name, number)), Port=port)
    return If(condition(stack, group, number), target, NoValue) if holds(stack, group) else target


def _attributes(item: Balancer) -> list[Any]:
    wanted = {"deregistration_delay.timeout_seconds": "30"}
    if layer7(item):
        wanted["load_balancing.algorithm.type"] = ALGORITHMS.get(item.algorithm, "round_robin")
    elif item.algorithm == "source_ip":
        wanted |= {"stickiness.enabled": "true", "stickiness.type": "source_ip"}
    return [elb.TargetGroupAttribute(Key=key, Value=text) for key, text in wanted.items()]


def _health(item: Balancer) -> dict[str, Any]:
    """An Application Load Balancer has no check of the connection alone: without a path any answer but an error will do."""
    every = {"HealthCheckIntervalSeconds": 10, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
    if not item.health and not layer7(item):
        return {**every, "HealthCheckProtocol": "TCP"}
    codes = "200" if item.health else "200-499"
    path = {"HealthCheckPath": item.health or "/", "Matcher": elb.Matcher(HttpCode=codes)}
    passed = item.protocol == "https" and not item.tls  # the members speak TLS themselves
    return {**every, "HealthCheckProtocol": "HTTPS" if passed else "HTTP", **path}


def _listener(stack: Stack, item: Balancer, name: str) -> None:
    plain = {"http": "HTTP", "https": "TCP", "tcp": "TCP", "udp": "UDP"}[item.protocol]
    made: dict[str, Any] = {
        "LoadBalancerArn": ref(name),
        "Port": item.port,
        "Protocol": "HTTPS" if item.tls else plain,
        "DefaultActions": [elb.Action(Type="forward", TargetGroupArn=ref(stack.balancer("Targets", item.name)))],
    }
    if item.tls:
        made["Certificates"] = [elb.Certificate(CertificateArn=value(item.tls, stack))]
        made["SslPolicy"] = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    stack.add(stack.balancer("Listener", item.name), elb.Listener, item, **made)
