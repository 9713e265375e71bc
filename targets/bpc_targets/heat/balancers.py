"""Balancers as Octavia load balancers: listener, pool, health monitor, and an address outside where they are public."""

from __future__ import annotations

from bpc.model.resources import FromAnywhere, FromBalancer, FromCidr, FromGroup
from bpc.record import assert_never
from bpc_targets.heat.stack import get, param
from bpc_targets.heat.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Balancer, Rule
    from bpc_targets.heat.stack import Stack

ALGORITHMS = {"round_robin": "ROUND_ROBIN", "least_connections": "LEAST_CONNECTIONS", "source_ip": "SOURCE_IP"}
NOBODY = "255.255.255.255/32"
"""An empty `allowed_cidrs` would let everybody in; no packet comes from this address."""


def add_balancer(stack: Stack, item: Balancer) -> None:
    """The four or five resources of a balancer, named `kind.tier.endpoint`."""
    name = stack.balancer(item.name)
    network = stack.network(item.network)
    stack.add(
        f"balancer.{name}",
        "OS::Octavia::LoadBalancer",
        {"vip_subnet": get(f"subnet.{network}")},
        item,
    )
    stack.add(f"listener.{name}", "OS::Octavia::Listener", _listener(stack, item, name), item)
    pool = {
        "listener": get(f"listener.{name}"),
        "protocol": _protocol(item, backend=True),
        "lb_algorithm": ALGORITHMS[item.algorithm],
    }
    stack.add(f"pool.{name}", "OS::Octavia::Pool", pool, item)
    stack.add(f"monitor.{name}", "OS::Octavia::HealthMonitor", _monitor(item, name), item)
    if item.public:
        address = {
            "floating_network": param("external_network"),
            "port_id": {"get_attr": [f"balancer.{name}", "vip_port_id"]},
        }
        stack.add(f"address.{name}", "OS::Neutron::FloatingIP", address, item, depends_on=[f"interface.{network}"])


def _protocol(item: Balancer, *, backend: bool) -> str:
    """TLS that ends at the balancer speaks HTTP to the members; without a certificate HTTPS passes through."""
    if item.tls:
        return "HTTP" if backend else "TERMINATED_HTTPS"
    return item.protocol.upper()


def _listener(stack: Stack, item: Balancer, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "loadbalancer": get(f"balancer.{name}"),
        "protocol": _protocol(item, backend=False),
        "protocol_port": item.port,
        "allowed_cidrs": _allowed(stack, item),
    }
    if item.tls:
        made["default_tls_container_ref"] = value(item.tls, stack)
    return made


def _allowed(stack: Stack, item: Balancer) -> list[Any]:
    cidrs: list[Any] = []
    for rule in stack.index.rules_to(item.name):
        cidrs += [cidr for cidr in _cidrs(stack, rule) if cidr not in cidrs]
    return cidrs or [NOBODY]


def _cidrs(stack: Stack, rule: Rule) -> list[Any]:
    match rule.peer:
        case FromAnywhere():
            return ["0.0.0.0/0"]
        case FromCidr(cidr=cidr):
            return [value(cidr, stack)]
        case FromGroup(group=group):
            return [stack.index.networks[network].cidr for network in stack.index.groups[group].networks]
        case FromBalancer(balancer=balancer):
            return [stack.index.networks[stack.index.balancers[balancer].network].cidr]
        case _:
            assert_never(rule.peer)


def _monitor(item: Balancer, name: str) -> dict[str, Any]:
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
    return made
