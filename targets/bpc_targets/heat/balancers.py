"""Balancers as Octavia load balancers: listener, pool, health monitor, and an address outside where they are public."""

from __future__ import annotations

from bpc.model.resources import FromAnywhere, FromBalancer, FromCidr, FromExisting, FromGroup
from bpc.record import assert_never
from bpc.source_map import origin_of
from bpc_targets.heat import diagnostics
from bpc_targets.heat.adopted import balancer_address
from bpc_targets.heat.stack import get, param
from bpc_targets.heat.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Balancer, Listener, Rule
    from bpc_targets.heat.stack import Stack

ALGORITHMS = {"round_robin": "ROUND_ROBIN", "least_connections": "LEAST_CONNECTIONS", "source_ip": "SOURCE_IP"}
NOBODY = "255.255.255.255/32"
"""An empty `allowed_cidrs` would let everybody in; no packet comes from this address."""


def add_balancer(stack: Stack, item: Balancer) -> None:
    """A balancer with its address outside, named `kind.tier.endpoint`, and three resources for each of its listeners."""
    name = stack.balancer(item.name)
    stack.add(
        f"balancer.{name}",
        "OS::Octavia::LoadBalancer",
        {"vip_subnet": stack.subnet(item.network)},
        item,
    )
    for listener in item.listeners:
        _add_listener(stack, item, listener, name)
    if item.existing_address:
        joined = {
            "floatingip_id": balancer_address(stack, item),
            "port_id": {"get_attr": [f"balancer.{name}", "vip_port_id"]},
        }
        kind, depends = "OS::Neutron::FloatingIPAssociation", stack.interfaces(item.network)
        stack.add(f"address.{name}", kind, joined, item, depends_on=depends)
    elif item.public:
        address = {
            "floating_network": param("external_network"),
            "port_id": {"get_attr": [f"balancer.{name}", "vip_port_id"]},
        }
        stack.add(
            f"address.{name}", "OS::Neutron::FloatingIP", address, item, depends_on=stack.interfaces(item.network)
        )


def _add_listener(stack: Stack, item: Balancer, listener: Listener, balancer: str) -> None:
    name = stack.endpoint(item.group, listener.endpoint)
    of = origin_of(listener, within=item.group)
    stack.add(f"listener.{name}", "OS::Octavia::Listener", _listener(stack, item, listener, balancer), of)
    pool = {
        "listener": get(f"listener.{name}"),
        "protocol": _protocol(listener, backend=True),
        "lb_algorithm": ALGORITHMS[listener.algorithm],
    }
    stack.add(f"pool.{name}", "OS::Octavia::Pool", pool, of)
    stack.add(f"monitor.{name}", "OS::Octavia::HealthMonitor", _monitor(listener, name), of)


def _protocol(item: Listener, *, backend: bool) -> str:
    """TLS that ends at the balancer speaks HTTP to the members; without a certificate HTTPS passes through."""
    if item.tls:
        return "HTTP" if backend else "TERMINATED_HTTPS"
    return item.protocol.upper()


def _listener(stack: Stack, item: Balancer, listener: Listener, balancer: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "loadbalancer": get(f"balancer.{balancer}"),
        "protocol": _protocol(listener, backend=False),
        "protocol_port": listener.port,
        "allowed_cidrs": _allowed(stack, item, listener),
    }
    if listener.tls:
        made["default_tls_container_ref"] = value(listener.tls, stack)
    return made


def _allowed(stack: Stack, item: Balancer, listener: Listener) -> list[Any]:
    cidrs: list[Any] = []
    for rule in stack.index.rules_for(item.name, listener.endpoint):
        cidrs += [cidr for cidr in _cidrs(stack, rule) if cidr not in cidrs]
    return cidrs or [NOBODY]


def _cidrs(stack: Stack, rule: Rule) -> list[Any]:
    match rule.peer:
        case FromAnywhere():
            return ["0.0.0.0/0"]
        case FromCidr(cidr=cidr):
            return [value(cidr, stack)]
        case FromGroup(group=group):
            return [stack.cidr(network) for network in stack.index.groups[group].networks]
        case FromBalancer(balancer=balancer):
            return [stack.cidr(stack.index.balancers[balancer].network)]
        case FromExisting(security_group=name):
            found = diagnostics.GroupAtBalancer(span=rule.span, name=name, endpoint=rule.endpoint)
            stack.found.append(found)
            return []
        case _:
            assert_never(rule.peer)


def _monitor(item: Listener, name: str) -> dict[str, Any]:
    kind = {"udp": "UDP-CONNECT", "http": "HTTP", "https": "HTTPS"}.get(item.protocol, "TCP") if item.health else ""
    if item.tls and item.health:
        kind = "HTTP"
    made: dict[str, Any] = {
        "pool": get(f"pool.{name}"),
        "type": kind or ("UDP-CONNECT" if item.protocol == "udp" else "TCP"),
        "delay": 5,
        "timeout": 4,
        "max_retries": 3,
    }
    if item.health:
        made |= {"url_path": item.health, "http_method": "GET", "expected_codes": "200"}
    if check := item.check:
        made |= {"delay": check.every // 1000, "timeout": check.timeout // 1000, "max_retries": check.after}
        made |= {"expected_codes": check.codes} if item.health else {}
    return made
