"""A tier's endpoints: who may come to each from outside, on which ports it is reached, and the balancers in front."""

from __future__ import annotations

from bpc.diagnostics import check, lower
from bpc.language.coerce import origin
from bpc.language.functions import private_text
from bpc.language.values import Deferred, NetworkValue, Range
from bpc.lower.addresses import check_addresses, existing_address
from bpc.lower.health import health_of
from bpc.lower.ports import last_port
from bpc.model.resources import Balancer, Endpoint, Fixed, FromAnywhere, FromCidr, Listener
from bpc.record import replace
from bpc.vocabulary import BLOCKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.model.resources import Algorithm, Peer, Scaling

UNKNOWN_NETWORKS = ("",)
EVERYONE = "0.0.0.0/0"
LAST = 65535
"""The last port there is."""
PART = 100
"""Steps of what the targets make of an endpoint or a volume."""


class Fronts:
    """The balancers of a tier while its endpoints are read: those of one audience, network and family have one in common.

    No two listeners of a balancer have one port, whatever they speak: not every cloud takes TCP and UDP on one, so that the
    other is at a balancer of its own.
    """

    def __init__(self) -> None:
        self._alike: dict[tuple[object, ...], list[dict[int, Listener]]] = {}

    def place(self, listener: Listener, *alike: object) -> tuple[str, str]:
        """Puts a listener at its balancer. The endpoint with whose name that is called, and the one that has the port already."""
        fronts = self._alike.setdefault(alike, [])
        for front in fronts:
            other = front.setdefault(listener.port, listener)
            if (other.protocol == "udp") == (listener.protocol == "udp"):
                return _first(front).endpoint, "" if other is listener else other.endpoint
        fronts.append({listener.port: listener})
        return listener.endpoint, ""

    def made(self, tier: str, endpoints: dict[str, Endpoint]) -> tuple[Balancer, ...]:
        """The balancers, in the order of their first endpoints."""
        every = {_first(front).endpoint: front for fronts in self._alike.values() for front in fronts}
        return tuple(
            Balancer(
                name=endpoint.balancer,
                group=tier,
                public=endpoint.public,
                existing_address=endpoint.existing_address,
                network=endpoint.network,
                listeners=tuple(every[name].values()),
                span=endpoint.span,
            )
            for name, endpoint in endpoints.items()
            if name in every
        )


def _first(front: dict[int, Listener]) -> Listener:
    return next(iter(front.values()))


class Endpoints:
    """The endpoints of a tier by name, and who may come from outside to each: to a private one, nobody. What is wrong is
    reported, and a default stands in."""

    def __init__(self, tier: str, body: BlockReader, members: Fixed | Scaling, networks: tuple[str, ...]) -> None:
        self.tier, self.networks = tier, networks
        self.several = not isinstance(members, Fixed) or members.count > 1
        self.named: dict[str, Endpoint] = {}
        self.audiences: dict[str, tuple[Peer, ...]] = {}
        self._fronts = Fronts()
        self._ports: dict[tuple[bool, int], str] = {}
        self._ranges: list[Endpoint] = []
        body.each_once("expose")
        for expose in body.all("expose"):
            expose.context.steps(PART, expose.span)
            self._add(expose)
        check_addresses(tier, body, members, self.named)
        self.balancers = self._fronts.made(tier, self.named)

    def _add(self, body: BlockReader) -> None:
        name, before = body.label(), body.context.failures
        health, check = health_of(body)
        audience = _audience(body)
        network = self._network(body)
        protocol = body.value_or("protocol", "http" if health else "tcp")
        port, last = _ports(body, protocol)
        # a public site means one address for the world: several members are balanced behind it
        site = audience and self.several and not body.value("each") and protocol in ("http", "https") and port == last
        algorithm = body.value_or("balance", "round_robin" if site else "")
        if body.context.failures == before:
            _check_each(body, name, public=bool(audience), several=self.several, balanced=bool(algorithm))
        made = Endpoint(
            name=name,
            port=port,
            last_port=last,
            member_port=body.value_or("member_port", port),
            protocol=protocol,
            public=bool(audience),
            existing_address=existing_address(body, public=bool(audience)),
            health=health,
            check=check,
            network=network,
            balancer="",
            span=body.span,
        )
        one = _one_port(made, body)
        if one:
            _check_settings(made, body, balanced=bool(algorithm))
        other = ""
        if algorithm and one:
            first, other = self._balance(made, algorithm, audience, body.value("tls"))
            made = replace(made, balancer=f"{self.tier}.{first}")
        if name not in self.named:
            self._check_port(made, other, body)
        self.named[name], self.audiences[name] = made, audience

    def _balance(
        self, endpoint: Endpoint, algorithm: Algorithm, audience: tuple[Peer, ...], tls: Value
    ) -> tuple[str, str]:
        """The first endpoint of the balancer that takes this one, and the one that has its port there."""
        assert endpoint.protocol != "icmp"
        requests = endpoint.protocol == "http" or (endpoint.protocol == "https" and tls != "")
        listener = Listener(
            endpoint=endpoint.name,
            port=endpoint.port,
            member_port=endpoint.member_port,
            protocol=endpoint.protocol,
            algorithm=algorithm,
            health=endpoint.health,
            check=endpoint.check,
            tls=private_text(tls) if tls != "" else (),
            span=endpoint.span,
        )
        return self._fronts.place(listener, frozenset(audience), endpoint.network, requests, endpoint.existing_address)

    def _network(self, body: BlockReader) -> str:
        network = network_names(body.value_or("network", NetworkValue(name=self.networks[0])))[0]
        if network not in self.networks and self.networks != UNKNOWN_NETWORKS:
            problem = f'tier "{self.tier}" is not on network "{network}"'
            body.context.report(lower.BadValue(span=body.where("network"), problem=problem))
        return network

    def _taken(self, endpoint: Endpoint, body: BlockReader) -> str:
        """The endpoint that has a port of this one already, or this one itself."""
        if not endpoint.port:  # icmp has none
            return ""
        udp, first, last = endpoint.protocol == "udp", endpoint.member_port, last_port(endpoint)
        body.context.steps(len(self._ranges), body.span)
        for known in self._ranges:
            if (known.protocol == "udp") == udp and known.port <= last and first <= known.last_port:
                return known.name
        if first == last:
            return self._ports.setdefault((udp, first), endpoint.name)
        self._ranges.append(endpoint)
        body.context.steps(len(self._ports), body.span)
        within = (name for (kind, port), name in self._ports.items() if kind is udp and first <= port <= last)
        return next(within, endpoint.name)

    def _check_port(self, endpoint: Endpoint, other: str, body: BlockReader) -> None:
        """A balancer has a port once, and members have one once, but where `member_port` says that endpoints lead to one port."""
        if body.lacks("member_port"):
            other = other or self._taken(endpoint, body)
        if other not in ("", endpoint.name):
            one = endpoint.port == endpoint.last_port
            port = endpoint.port if one else max(endpoint.port, self.named[other].member_port)
            found = lower.PortTwice(span=endpoint.span, name=endpoint.name, other=other, port=port)
            body.context.report(found)


def _ports(body: BlockReader, protocol: str) -> tuple[int, int]:
    """The first and the last port of an endpoint; icmp has none."""
    if protocol == "icmp":
        if body.has("port"):
            problem = "icmp has no ports"
            body.context.report(lower.BadValue(span=body.where("port"), problem=problem, hint="leave out `port`"))
        return 0, 0
    if body.lacks("port") and not body.scope.lowering.analysis.found.told_at(body.span):
        doc = BLOCKS["expose"].settings["port"].doc  # an environment says another protocol than icmp
        body.context.report(check.MissingSetting(span=body.span, block="expose", name="port", doc=doc))
    value = body.value("port")
    if not isinstance(value, Range):
        return value, value
    for port in (value.low, value.high):
        if not 1 <= port <= LAST:
            problem = f"a port is between 1 and {LAST}, not {port}"
            body.context.report(lower.BadValue(span=body.where("port"), problem=problem))
            return 0, 0
    return value.low, value.high


def _one_port(endpoint: Endpoint, body: BlockReader) -> bool:
    """Whether an endpoint has one port, as a balancer and its checks need; what asks for these where it has not is reported."""
    icmp = endpoint.protocol == "icmp"
    if endpoint.port == endpoint.last_port and not icmp:
        return True
    for name in ("balance", "health", "member_port", "tls"):
        if body.has(name):
            what = "icmp, which has no ports" if icmp else f"ports {endpoint.port} to {endpoint.last_port}"
            body.context.report(lower.NeedsOnePort(span=body.where(name), name=name, what=what))
    if block := body.only("health"):
        body.context.report(lower.NeedsOnePort(span=block.span, name="health", what=what))
    return False


def network_names(value: Value | None) -> tuple[str, ...]:
    """Names of networks; where there are none, which is reported, the empty name stands in."""
    if isinstance(value, NetworkValue):
        return (value.name,)
    assert isinstance(value, tuple | None)
    return tuple(dict.fromkeys(item.name for item in value or ())) or UNKNOWN_NETWORKS


def _audience(body: BlockReader) -> tuple[Peer, ...]:
    """Who may come from outside."""
    public = body.value("public")
    if isinstance(public, bool):
        return (FromAnywhere(),) if public else ()
    if isinstance(public, Deferred) and public.type == "bool":
        body.context.report(lower.DeployTime(span=body.where("public"), what=origin(public)))
        return ()
    items = public if isinstance(public, tuple) else (public,)
    if not items:
        hint = "write the addresses that may come, or `public = false`"
        body.context.report(lower.BadValue(span=body.where("public"), problem="nobody may come here", hint=hint))
    peers = [FromCidr(cidr=private_text(item)) for item in items]
    return (FromAnywhere(),) if FromCidr(cidr=(EVERYONE,)) in peers else tuple(dict.fromkeys(peers))


def _check_each(body: BlockReader, name: str, *, public: bool, several: bool, balanced: bool) -> None:
    """A public endpoint of several members has one address or one of each: a guess would be open to the world."""
    each = body.value("each")
    if each and not public:
        problem = "`each` is about public addresses, and this endpoint has none"
        body.context.report(lower.BadValue(span=body.where("each"), problem=problem, hint="write `public = true`"))
    elif each and balanced:
        problem = "the endpoint has one address for all members, or one for each, not both"
        hint = "leave out `balance` or `each`"
        body.context.report(lower.BadValue(span=body.where("each"), problem=problem, hint=hint))
    elif public and several and not each and not balanced and body.lacks("balance") and body.lacks("each"):
        body.context.report(lower.WhichAddress(span=body.where("public"), name=name))


def _check_settings(endpoint: Endpoint, body: BlockReader, *, balanced: bool) -> None:
    protocol = endpoint.protocol
    if endpoint.health and protocol not in ("http", "https"):
        problem = f"a health path is checked over HTTP, but the protocol of the endpoint is {protocol}"
        body.context.report(lower.BadValue(span=body.where("health"), problem=problem, hint="write `protocol = http`"))
    if body.has("tls") and (not balanced or protocol != "https"):
        problem = "`tls` needs a balanced https endpoint"
        hint = "write `protocol = https` and `balance = round_robin`"
        body.context.report(lower.BadValue(span=body.where("tls"), problem=problem, hint=hint))
    if body.has("member_port") and not balanced:
        problem = "`member_port` needs a balanced endpoint: without a balancer, the members listen on `port`"
        hint = "write `balance = round_robin`, or leave out `member_port`"
        body.context.report(lower.BadValue(span=body.where("member_port"), problem=problem, hint=hint))
