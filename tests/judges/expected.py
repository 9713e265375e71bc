"""What a cloud must hold, read from the model that `bpc model` prints: facts as tuples, counted.

The facts have the same shape as those of `observed.py`, so that the two can be compared kind by kind.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

Json = dict[str, Any]
Facts = dict[str, Counter[tuple[Any, ...]]]

EVERYBODY = "0.0.0.0/0"


class Model:
    """The parts of a printed model, by kind and name."""

    def __init__(self, printed: Json) -> None:
        self.params = {param["name"]: param["default"] for param in printed["params"]}
        self.outputs = [output["name"] for output in printed["outputs"]]
        resources = printed["resources"]
        self.networks = {item["name"]: item for item in resources if item["kind"] == "Network"}
        self.groups = {item["name"]: item for item in resources if item["kind"] == "Group"}
        self.balancers = {item["name"]: item for item in resources if item["kind"] == "Balancer"}
        self.given = [item["was"] or item["name"] for item in resources if item["kind"] == "Secret" and item["given"]]
        self.rules = [item for item in resources if item["kind"] == "Rule"]

    def known(self, group: str) -> str:
        """The name that a tier's ids and parameters have: that which it had at first."""
        return str(self.groups[group]["was"] or group)

    def cidr(self, network: str) -> str:
        return str(self.networks[network]["cidr"])

    def members(self, group: str) -> int:
        members = self.groups[group]["members"]
        return int(members["count"] if members["kind"] == "Fixed" else members["minimum"])

    def text(self, parts: list[Any]) -> str:
        """A text whose holes are all parameters, with their defaults."""
        return "".join(part if isinstance(part, str) else str(self.params[part["param"]]) for part in parts)


def expected(model: Model, flavors: dict[str, str]) -> Facts:
    """`flavors`: the flavor of each tier's machines, which the model does not say."""
    return {
        "networks": Counter((model.cidr(name),) for name in model.networks),
        "routes": Counter([("outside",), *((model.cidr(name),) for name in model.networks)]),
        "servers": Counter(_servers(model, flavors)),
        "interfaces": Counter(_interfaces(model)),
        "rules": Counter({rule for rule in map(_rule(model), model.rules) if rule}),
        "spread": Counter(_spread(model)),
        "volumes": Counter(_volumes(model)),
        "balancers": Counter(_balancer(model, item, number) for item, number in _listeners(model)),
        "places in pools": Counter(_places(model)),
        "public addresses": Counter(_public(model)),
    }


def _each_member(model: Model) -> list[tuple[str, Json]]:
    return [(name, group) for name, group in model.groups.items() for _ in range(model.members(name))]


def _servers(model: Model, flavors: dict[str, str]) -> list[tuple[Any, ...]]:
    return [(name, group["image"], flavors[name]) for name, group in _each_member(model)]


def _interfaces(model: Model) -> list[tuple[Any, ...]]:
    return [
        (name, model.cidr(network), (name,)) for name, group in _each_member(model) for network in group["networks"]
    ]


def _rule(model: Model) -> Any:
    def fact(rule: Json) -> tuple[Any, ...] | None:
        if rule["balancer"]:
            return None  # the listener's own list: see _allowed
        ports: object = rule["port"] if rule["port"] == rule["last_port"] else (rule["port"], rule["last_port"])
        return rule["to"], rule["protocol"], None if rule["protocol"] == "icmp" else ports, _peer(model, rule["peer"])

    return fact


def _peer(model: Model, peer: Json) -> str:
    match peer["kind"]:
        case "FromAnywhere":
            return EVERYBODY
        case "FromCidr":
            return model.text(peer["cidr"])
        case "FromGroup":
            return f"tier {peer['group']}"
        case "FromBalancer":
            return model.cidr(model.balancers[peer["balancer"]]["network"])
    raise ValueError(peer["kind"])


def _allowed(model: Model, balancer: str, endpoint: str) -> tuple[str, ...]:
    """The addresses that may reach a balancer: security groups mean nothing there, so a tier stands for its networks."""
    found: set[str] = set()
    for rule in model.rules:
        if rule["balancer"] and (rule["to"], rule["endpoint"]) == (balancer, endpoint):
            if rule["peer"]["kind"] == "FromGroup":
                found |= {model.cidr(network) for network in model.groups[rule["peer"]["group"]]["networks"]}
            else:
                found.add(_peer(model, rule["peer"]))
    return tuple(sorted(found))


def _spread(model: Model) -> list[tuple[Any, ...]]:
    return [
        (name, "soft-anti-affinity" if group["spread"] == "prefer_hosts" else "anti-affinity", model.members(name))
        for name, group in model.groups.items()
        if group["spread"] in ("hosts", "prefer_hosts")
    ]


def _volumes(model: Model) -> list[tuple[Any, ...]]:
    return [
        (name, volume["was"] or volume["name"], volume["size"] // 2**30, "attached")
        for name, group in _each_member(model)
        for volume in group["volumes"]
    ]


def _listeners(model: Model) -> list[tuple[Json, int]]:
    """Each balancer with the numbers of its listeners."""
    return [(item, number) for item in model.balancers.values() for number, _ in enumerate(item["listeners"])]


def _called(item: Json, number: int) -> str:
    """A listener, as its ids have it: the first as its balancer, others with their ports."""
    return item["name"] if not number else f"{item['name']}.{item['listeners'][number]['port']}"


def _balancer(model: Model, item: Json, number: int) -> tuple[Any, ...]:
    made = item["listeners"][number]
    plain = "HTTP" if made["tls"] else made["protocol"].upper()
    kind = "TCP" if made["protocol"] in ("tcp", "udp") or not made["health"] else plain
    return (
        item["name"], _called(item, number), "TERMINATED_HTTPS" if made["tls"] else made["protocol"].upper(), made["port"],
        made["algorithm"].upper(), model.cidr(item["network"]), _allowed(model, item["name"], made["endpoint"]),
        "UDP-CONNECT" if made["protocol"] == "udp" else kind, made["health"],
    )  # fmt: skip


def _places(model: Model) -> list[tuple[Any, ...]]:
    """(listener, network of the member's address, port) for each member behind a balancer."""
    places = []
    for item, number in _listeners(model):
        port = item["listeners"][number]["member_port"]
        places += [(_called(item, number), f"a server of {item['group']}", port)] * model.members(item["group"])
    return places


def _public(model: Model) -> list[tuple[Any, ...]]:
    balancers = [(f"balancer {name}",) for name, item in model.balancers.items() if item["public"]]
    return balancers + [(f"tier {name}",) for name, group in _each_member(model) if group["public_address"]]
