"""What a cloud holds for a stack, asked of each service's own API: facts as tuples, counted (the shape of `expected.py`).

Heat is asked only which things the stack has; what they are like, and what hangs on them (a server's ports, a group's
rules, a balancer's listeners), the services themselves say, so that what Heat does not know of is seen too.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from judges.expected import Facts


class Thing(NamedTuple):
    """A resource of a stack or of one nested in it: `path` is like `tier.app/0/server`, `id` what the service calls it.

    `nested`: it is a stack itself.
    """

    path: str
    type: str
    id: str
    updated: str
    state: str
    nested: bool

    @property
    def owner(self) -> str:
        """What it was made for: a tier (`app`), a tier's endpoint (`app.api`), a network; "" for the whole solution."""
        return self.path.split("/")[0].partition(".")[2]

    @property
    def tier(self) -> str:
        return self.owner.partition(".")[0]

    def renamed(self, names: dict[str, str]) -> Thing:
        """The same with another name of its tier."""
        kind, dot, rest = self.path.partition(".")
        tier = self.tier
        return self._replace(path=f"{kind}{dot}{names.get(tier, tier)}{rest[len(tier) :]}") if tier else self


def things(cloud: Any, stack: str) -> dict[str, Thing]:
    """All resources of a stack by their paths."""
    listed = cloud.orchestration.get(f"/stacks/{stack}/resources", params={"nested_depth": 5})
    rows = listed.json()["resources"]
    nested = {row["physical_resource_id"]: row for row in rows}

    def path(row: dict[str, Any]) -> str:
        links = {link["rel"]: link["href"] for link in row["links"]}
        owner = nested.get(links["stack"].rpartition("/")[2])
        return f"{path(owner)}/{row['resource_name']}" if owner else str(row["resource_name"])

    def thing(row: dict[str, Any]) -> Thing:
        is_stack = any(link["rel"] == "nested" for link in row["links"])
        kind, updated, state = row["resource_type"], row["updated_time"], row["resource_status"]
        return Thing(path(row), kind, row["physical_resource_id"], updated, state, is_stack)

    return {found.path: found for found in map(thing, rows)}


class Observed:
    """The services' answers about the things of one stack."""

    def __init__(self, cloud: Any, found: dict[str, Thing]) -> None:
        self.cloud = cloud
        self.found = list(found.values())
        self.subnets = {thing.id: cloud.network.get_subnet(thing.id) for thing in self._all("OS::Neutron::Subnet")}
        self.security = {thing.id: thing.tier for thing in self._all("OS::Neutron::SecurityGroup")}
        self.servers = {thing.id: thing.tier for thing in self._all("OS::Nova::Server")}
        self.balancers = {thing.id: thing.owner for thing in self._all("OS::Octavia::LoadBalancer")}

    def _all(self, kind: str) -> list[Thing]:
        return [thing for thing in self.found if thing.type == kind]

    def facts(self) -> Facts:
        return {
            "networks": Counter((subnet.cidr,) for subnet in self.subnets.values()),
            "routes": Counter(fact for thing in self._all("OS::Neutron::Router") for fact in self._routes(thing)),
            "servers": Counter(self._server(server) for server in self.machines),
            "interfaces": Counter(self._interface(port) for port in self.ports),
            "rules": Counter(fact for group in self.security for fact in self._rules(group)),
            "spread": Counter(map(self._spread, self._all("OS::Nova::ServerGroup"))),
            "volumes": Counter(map(self._volume, self._all("OS::Cinder::Volume"))),
            "balancers": Counter(map(self._balancer, self._all("OS::Octavia::Listener"))),
            "places in pools": Counter(
                fact for thing in self._all("OS::Octavia::Pool") for fact in self._places(thing)
            ),
            "public addresses": Counter(map(self._public, self._all("OS::Neutron::FloatingIP"))),
        }

    @cached_property
    def machines(self) -> list[Any]:
        return [server for server in self.cloud.compute.servers(details=True) if server.id in self.servers]

    @cached_property
    def ports(self) -> list[Any]:
        """Every port of the stack's servers, also one that something else plugged in."""
        return [port for port in self.cloud.network.ports() if port.device_id in self.servers]

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The tier of each private address."""
        return {ip["ip_address"]: self.servers[port.device_id] for port in self.ports for ip in port.fixed_ips}

    def _cidr(self, subnet: str) -> str:
        return str(self.subnets[subnet].cidr) if subnet in self.subnets else f"unknown subnet {subnet}"

    def _routes(self, thing: Thing) -> list[tuple[Any, ...]]:
        router = self.cloud.network.get_router(thing.id)
        ports = self.cloud.network.ports(device_id=thing.id, device_owner="network:router_interface")
        inside = [(self._cidr(ip["subnet_id"]),) for port in ports for ip in port.fixed_ips]
        return inside + ([("outside",)] if router.external_gateway_info else [])

    def _server(self, server: Any) -> tuple[Any, ...]:
        image = self.cloud.image.get_image(server.image.id).name
        state = () if server.status == "ACTIVE" else (server.status,)
        return (self.servers[server.id], image, server.flavor.original_name, *state)

    def _interface(self, port: Any) -> tuple[Any, ...]:
        cidrs = "+".join(self._cidr(ip["subnet_id"]) for ip in port.fixed_ips)
        security = tuple(sorted(self.security.get(group, "unknown") for group in port.security_group_ids))
        return self.servers[port.device_id], cidrs, security

    def _rules(self, group: str) -> list[tuple[Any, ...]]:
        """What may come in; that everything may go out is a fact of its own when it is not so."""
        rules = list(self.cloud.network.security_group_rules(security_group_id=group))
        outward = [
            rule for rule in rules if rule.direction == "egress" and rule.ether_type == "IPv4" and not rule.protocol
        ]
        found = [self._rule(group, rule) for rule in rules if rule.direction == "ingress"]
        return found if outward else [*found, (self.security[group], "nothing may go out")]

    def _rule(self, group: str, rule: Any) -> tuple[Any, ...]:
        peer = f"tier {self.security[rule.remote_group_id]}" if rule.remote_group_id else rule.remote_ip_prefix
        ports = {rule.port_range_min, rule.port_range_max}
        port = ports.pop() if len(ports) == 1 else (rule.port_range_min, rule.port_range_max)
        return self.security[group], rule.protocol, port, peer or "0.0.0.0/0"

    def _spread(self, thing: Thing) -> tuple[Any, ...]:
        group = self.cloud.compute.get_server_group(thing.id)
        mine = [member for member in group.member_ids if self.servers.get(member) == thing.tier]
        return thing.tier, group.policy, len(mine)

    def _volume(self, thing: Thing) -> tuple[Any, ...]:
        volume = self.cloud.block_storage.get_volume(thing.id)
        owners = [self.servers.get(attachment["server_id"]) for attachment in volume.attachments]
        state = "attached" if owners == [thing.tier] else f"attached to {owners}"
        return thing.tier, thing.path.rpartition("/")[2].partition(".")[2], volume.size, state

    def _balancer(self, thing: Thing) -> tuple[Any, ...]:
        listener = self.cloud.load_balancer.get_listener(thing.id)
        [item] = listener.load_balancers
        balancer = self.cloud.load_balancer.get_load_balancer(item["id"])
        pool = self.cloud.load_balancer.get_pool(listener.default_pool_id)
        monitor = self.cloud.load_balancer.get_health_monitor(pool.health_monitor_id)
        return (
            self.balancers[balancer.id], thing.owner, listener.protocol, listener.protocol_port, pool.lb_algorithm,
            self._cidr(balancer.vip_subnet_id), tuple(sorted(listener.allowed_cidrs or ())), monitor.type, monitor.url_path or "",
        )  # fmt: skip

    def _places(self, thing: Thing) -> list[tuple[Any, ...]]:
        members = self.cloud.load_balancer.members(thing.id)
        return [
            (thing.owner, f"a server of {self.addresses.get(member.address, 'nobody')}", member.protocol_port)
            for member in members
        ]

    def _public(self, thing: Thing) -> tuple[Any, ...]:
        address = self.cloud.network.get_ip(thing.id)
        owner = f"tier {self.servers.get(self._device(address.port_id))}"
        return (f"balancer {thing.owner}",) if "/" not in thing.path else (owner,)

    def _device(self, port: str) -> str:
        return next((item.device_id for item in self.ports if item.id == port), "")
