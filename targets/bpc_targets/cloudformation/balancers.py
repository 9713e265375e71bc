"""Balancers: an Application Load Balancer for http and https, a Network Load Balancer for tcp and udp."""

from __future__ import annotations

from troposphere import If, NoValue, ec2
from troposphere import elasticloadbalancingv2 as elb

from bpc.model.resources import Fixed
from bpc.source_map import origin_of
from bpc_targets.cloudformation import diagnostics, network
from bpc_targets.cloudformation.adopted import mappings
from bpc_targets.cloudformation.batches import condition, holds
from bpc_targets.cloudformation.stack import ref
from bpc_targets.cloudformation.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bpc.model.resources import Balancer, Group, Listener
    from bpc_targets.cloudformation.stack import Stack

PATH = 1024
"""Characters of a path that is checked."""
LISTENERS = 50
"""Of one balancer, unless the account has a higher quota."""
ALGORITHMS = {"round_robin": "round_robin", "least_connections": "least_outstanding_requests"}


def add_balancer(stack: Stack, item: Balancer) -> None:
    """The balancer with its security group, and a listener with a target group for each of its ports."""
    name, security = stack.balancer("Balancer", item.name), stack.balancer("Front", item.name)
    tags = stack.tags(item.name, item.group)
    tier, _, endpoint = item.name.partition(".")
    words = f"Balancer {stack.known(tier)}.{endpoint}"
    stack.add(security, ec2.SecurityGroup, item, VpcId=ref("Vpc"), GroupDescription=words, Tags=tags)
    requests = layer7(item.listeners[0])
    made: dict[str, Any] = {
        "Type": "application" if requests else "network",
        "Scheme": "internet-facing" if item.public else "internal",
        **_places(stack, item),
        "SecurityGroups": [ref(security)],
        "Tags": tags,
    }
    if not requests:  # else each zone's address leads to the members of that zone only, also where there is none
        across = elb.LoadBalancerAttributes(Key="load_balancing.cross_zone.enabled", Value="true")
        made["LoadBalancerAttributes"] = [across]
    stack.add(name, elb.LoadBalancer, item, **made, **(network.after(stack, "Gateway") if item.public else {}))
    _check_listeners(stack, item)
    for listener in item.listeners:
        _check(stack, listener)
        _targets(stack, item, listener)
        _listener(stack, item, listener, name)


def _places(stack: Stack, item: Balancer) -> dict[str, Any]:
    """Where a balancer stands, and at which addresses; an Application Load Balancer has no lasting ones."""
    if item.existing_address and layer7(item.listeners[0]):
        stack.found.append(diagnostics.NoAddress(span=item.span, balancer=item.name))
    elif item.existing_address:
        return {"SubnetMappings": mappings(stack, item)}
    return {"Subnets": network.subnets(stack, item.network, public=item.public)}


def layer7(item: Listener) -> bool:
    """Whether requests are balanced, not connections: https without a certificate passes through."""
    return item.protocol == "http" or (item.protocol == "https" and bool(item.tls))


def checked(stack: Stack, group: Group) -> bool:
    """Whether balancers know how members are. AWS has no check of udp; where all members seem ill, all are used."""
    return all(listener.protocol != "udp" for _, listener in stack.index.fronts_of(group.name))


def target_groups(stack: Stack, group: Group) -> list[str]:
    """The ids of the target groups that a group's members are in."""
    fronts = stack.index.fronts_of(group.name)
    return [stack.endpoint("Targets", group.name, listener.endpoint) for _, listener in fronts]


def _check_listeners(stack: Stack, item: Balancer) -> None:
    limit = stack.options.limits.get("listeners", LISTENERS)
    if len(item.listeners) > limit:
        found = diagnostics.TooManyListeners(span=item.span, balancer=item.name, count=len(item.listeners), limit=limit)
        stack.found.append(found)


def _check(stack: Stack, item: Listener) -> None:
    if len(item.health) > PATH:
        what = f"a health path of {len(item.health):,} characters"
        stack.found.append(diagnostics.Unfit(span=item.span, what=what, takes=f"{PATH:,}"))
    stack.found.extend(_unchecked(item))
    bad = "source_ip" if layer7(item) else "least_connections"
    if item.algorithm == bad:
        found = diagnostics.NoAlgorithm(span=item.span, protocol=item.protocol, algorithm=bad)
        stack.found.append(found)


def _unchecked(item: Listener) -> Iterator[diagnostics.UnfitCheck]:
    """What AWS would refuse of a check. An Application Load Balancer takes fewer codes than a Network Load Balancer."""
    if (check := item.check) is None:
        return
    seconds = {"every": (check.every // 1000, 5, 300), "timeout": (check.timeout // 1000, 2, 120)}
    for name, (has, least, most) in {**seconds, "after": (check.after, 2, 10)}.items():
        if not least <= has <= most:
            takes = f"{least} to {most}" + (" seconds" if name in seconds else "")
            yield diagnostics.UnfitCheck(span=item.span, word=name, has=str(has), takes=takes)
    most = 499 if layer7(item) else 599
    codes = check.codes.replace("-", ",").split(",")
    if item.health and not all("200" <= code <= str(most) for code in codes):
        yield diagnostics.UnfitCheck(span=item.span, word="codes", has=check.codes, takes=f"200 to {most}")


def _targets(stack: Stack, item: Balancer, listener: Listener) -> None:
    group = stack.index.groups[item.group]
    made: dict[str, Any] = {
        "VpcId": ref("Vpc"),
        "Port": listener.member_port,
        "Protocol": "HTTP" if layer7(listener) else ("UDP" if listener.protocol == "udp" else "TCP"),
        "TargetType": "instance",
        "TargetGroupAttributes": _attributes(listener),
        "Tags": stack.tags(f"{item.group}.{listener.endpoint}", item.group),
        **_health(listener),
    }
    if isinstance(group.members, Fixed):
        count = group.members.count
        made["Targets"] = [_target(stack, group, number, listener.member_port) for number in range(count)]
    name = stack.endpoint("Targets", item.group, listener.endpoint)
    stack.add(name, elb.TargetGroup, origin_of(listener, within=item.group), **made)


def _target(stack: Stack, group: Group, number: int, port: int) -> Any:
    target = elb.TargetDescription(Id=ref(stack.tier("Instance", group.name, number)), Port=port)
    return If(condition(stack, group, number), target, NoValue) if holds(stack, group) else target


def _attributes(item: Listener) -> list[Any]:
    wanted = {"deregistration_delay.timeout_seconds": "30"}
    if layer7(item):
        wanted["load_balancing.algorithm.type"] = ALGORITHMS.get(item.algorithm, "round_robin")
    elif item.algorithm == "source_ip":
        wanted |= {"stickiness.enabled": "true", "stickiness.type": "source_ip"}
    return [elb.TargetGroupAttribute(Key=key, Value=text) for key, text in wanted.items()]


def _health(item: Listener) -> dict[str, Any]:
    """An Application Load Balancer has no check of the connection alone: without a path any answer but an error will do."""
    every = {"HealthCheckIntervalSeconds": 10, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
    if check := item.check:
        every = {"HealthCheckIntervalSeconds": check.every // 1000, "HealthCheckTimeoutSeconds": check.timeout // 1000}
        every |= {"HealthyThresholdCount": check.after, "UnhealthyThresholdCount": check.after}
    if not item.health and not layer7(item):
        return {**every, "HealthCheckProtocol": "TCP"}
    codes = (check.codes if check else "200") if item.health else "200-499"
    path = {"HealthCheckPath": item.health or "/", "Matcher": elb.Matcher(HttpCode=codes)}
    passed = item.protocol == "https" and not item.tls  # the members speak TLS themselves
    return {**every, "HealthCheckProtocol": "HTTPS" if passed else "HTTP", **path}


def _listener(stack: Stack, item: Balancer, listener: Listener, balancer: str) -> None:
    plain = {"http": "HTTP", "https": "TCP", "tcp": "TCP", "udp": "UDP"}[listener.protocol]
    targets = ref(stack.endpoint("Targets", item.group, listener.endpoint))
    made: dict[str, Any] = {
        "LoadBalancerArn": ref(balancer),
        "Port": listener.port,
        "Protocol": "HTTPS" if listener.tls else plain,
        "DefaultActions": [elb.Action(Type="forward", TargetGroupArn=targets)],
    }
    if listener.tls:
        made["Certificates"] = [elb.Certificate(CertificateArn=value(listener.tls, stack))]
        made["SslPolicy"] = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    name = stack.endpoint("Listener", item.group, listener.endpoint)
    stack.add(name, elb.Listener, origin_of(listener, within=item.group), **made)
