"""The VPC: its addresses, each network's subnets in two zones, and the ways out.

A private network is cut into two halves, one a zone. A public one is cut into four: two for balancers and for machines with an
address outside (`edge`), two for machines without, which reach the outside through the NAT gateway as those of private networks do.
The cut is always the same, so that nothing moves when a balancer comes.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

from troposphere import GetAZs as Zones
from troposphere import Select, ec2

from bpc.deployment import Parameter
from bpc_targets.cloudformation import diagnostics
from bpc_targets.cloudformation.names import logical
from bpc_targets.cloudformation.stack import attr, ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.deployment import Source
    from bpc.model.resources import Network
    from bpc.model.solution import Solution
    from bpc_targets.cloudformation.stack import Stack

ZONES = ("a", "b")
SMALLEST, LARGEST = 28, 16
"""Prefix lengths that AWS takes for subnets and VPCs."""
OWN = "100.64.0.0/24"
"""For the NAT gateway where no network is public: shared address space, which no network of a solution has."""
PRIVATE = [IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
"""The private ranges (RFC 1918): a VPC has addresses of one of them."""
BLOCKS = 5
"""CIDR blocks of a VPC, AWS's default quota."""


def add_networks(stack: Stack) -> None:
    """All that networks share, and the networks."""
    of = stack.solution
    if not stack.index.networks or not _check(stack):
        return
    if there(stack):
        _existing(stack)
        return
    public = [network for network in stack.index.networks.values() if network.public]
    first, *others = _first(stack)
    tags = stack.tags(stack.solution.name)
    stack.add("Vpc", ec2.VPC, of, CidrBlock=first.cidr, EnableDnsSupport=True, EnableDnsHostnames=True, Tags=tags)
    blocks = {item.name: _block(stack, stack.network("Addresses", item.name), item.cidr, item) for item in others}
    stack.add("Internet", ec2.InternetGateway, of, Tags=tags)
    joined = {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Internet")}
    stack.add("Gateway", ec2.VPCGatewayAttachment, of, **joined)
    for routes in ("RoutesOutside", "RoutesInside"):
        stack.add(routes, ec2.RouteTable, of, VpcId=ref("Vpc"), Tags=stack.tags(f"{stack.solution.name}-{routes}"))
    outside = {"RouteTableId": ref("RoutesOutside"), "GatewayId": ref("Internet")}
    stack.add("WayOutside", ec2.Route, of, DestinationCidrBlock="0.0.0.0/0", DependsOn="Gateway", **outside)
    for network in stack.index.networks.values():
        _subnets(stack, network, blocks.get(network.name, ""))
    if public:
        place = edge(stack, public[0].name)[0]
    else:
        place = "SubnetOwn"
        block = _block(stack, "OwnAddresses", OWN, of)
        _subnet(stack, place, OWN, 0, "RoutesOutside", stack.solution.name, block, of)
    _nat(stack, place)


def there(stack: Stack) -> bool:
    """Whether the VPC is not ours: a network exists, or the router of the new ones does."""
    return any(item.existing or item.router == "existing" for item in stack.index.networks.values())


def after(stack: Stack, way: str) -> dict[str, str]:
    """What waits for a way to the outside; one that is there needs no waiting."""
    return {} if there(stack) else {"DependsOn": way}


def zone_of(stack: Stack, name: str, zone: int) -> Any:
    """The zone of one of a network's subnets, in which volumes are; no function tells that of an existing one."""
    if stack.index.networks[name].existing:
        return _zone(stack, zone)
    return attr(inside(stack, name)[zone], "AvailabilityZone")


def _zone(stack: Stack, zone: int) -> Any:
    """One of the two zones: asked for where subnets exist, since a machine's networks must all have one in its zone, or volumes."""
    subnets = any(item.existing for item in stack.index.networks.values())
    existing = subnets or any(item.existing for group in stack.index.groups.values() for item in group.volumes)
    if not existing and not any(group.zone for group in stack.index.groups.values()):
        return Select(zone, Zones(""))
    called = stack.index.zones[zone]
    name = logical("Zone", called)
    if name not in stack.parameters:
        what = "subnets" if subnets else "volumes"
        words = f"Zone {zone + 1} of 2, in which the existing {what} of this number are."
        words = words if existing else f"The availability zone that the blueprint calls {called}."
        _ask(stack, name, "zone", words, "AWS::EC2::AvailabilityZone::Name")
    return ref(name)


def _existing(stack: Stack) -> None:
    """A VPC that is there: new networks become subnets of it, with the route tables that it has."""
    new = [item for item in stack.index.networks.values() if not item.existing]
    if new or stack.index.groups:
        _ask(stack, "Vpc", "network", "The VPC that is there.", "AWS::EC2::VPC::Id")
    for routes, way, needed in (
        ("RoutesInside", "a NAT gateway or what else leads outside", new),
        ("RoutesOutside", "the internet gateway", [item for item in new if item.public]),
    ):
        if needed:
            _ask(stack, routes, "router", f"The route table that leads to {way}.", "String", AllowedPattern="rtb-.+")
    for item in new:
        _subnets(stack, item, "")


def subnet(stack: Stack, name: str, zone: int, *, public: bool) -> Any:
    """Where a machine or balancer stands; a subnet of an existing network is asked for when somebody needs it."""
    subnet = (edge if public else inside)(stack, name)[zone]
    if stack.index.networks[name].existing and subnet not in stack.parameters:
        use = "balancers and machines with" if public else "balancers and machines without"
        words = f"A subnet of network {name} in zone {zone + 1} of 2, for {use} an address outside."
        _ask(stack, subnet, "subnet", words, "AWS::EC2::Subnet::Id")
    return ref(subnet)


def subnets(stack: Stack, name: str, *, public: bool, zone: str = "") -> list[Any]:
    """The same in each zone, or in one of them."""
    zones = [zone_number(stack, zone)] if zone else range(len(ZONES))
    return [subnet(stack, name, number, public=public) for number in zones]


def zone_number(stack: Stack, name: str) -> int:
    """The place of a zone among the two; of what is one too many, which is reported, any."""
    return min(stack.index.zones.index(name), len(ZONES) - 1)


def _ask(stack: Stack, name: str, source: Source, words: str, kind: str, **more: str) -> None:
    asked = Parameter(name=name, source=source, value=None, tiers=(), why=words)
    stack.ask(asked, {"Type": kind, "Description": words, **more})


def edge(stack: Stack, network: str) -> list[str]:
    """Ids of the subnets with a way in from outside; those of a private network have none, and are its own."""
    kind = "Edge" if stack.index.networks[network].public else "Subnet"
    return [stack.network(kind, network, zone) for zone in ZONES]


def inside(stack: Stack, network: str) -> list[str]:
    """Ids of the subnets for machines without an address outside."""
    return [stack.network("Subnet", network, zone) for zone in ZONES]


def _check(stack: Stack) -> bool:
    wrong = False
    private: IPv4Network | None = None
    for item in stack.index.networks.values():
        if item.existing:
            continue
        if item.router == "new" and there(stack):
            stack.found.append(diagnostics.NoGateway(span=item.span, name=item.name))
            wrong = True
        network = ip_network(item.cidr)
        smallest = SMALLEST - (2 if item.public else 1)
        if network.version == 6 or not LARGEST <= network.prefixlen <= smallest:
            found = diagnostics.NetworkSize(span=item.span, cidr=item.cidr, largest=LARGEST, smallest=smallest)
            stack.found.append(found)
            wrong = True
            continue
        if network.overlaps(ip_network(OWN)):
            found_own = diagnostics.Unfit(
                span=item.span, what=item.cidr, takes=f"networks beside {OWN}, the NAT gateway's"
            )
            stack.found.append(found_own)
            wrong = True
        own = next((known for known in PRIVATE if network.subnet_of(known)), None)
        if own and private and own != private:
            other = diagnostics.PrivateRanges(span=item.span, cidr=item.cidr, range=str(own), other=str(private))
            stack.found.append(other)
            wrong = True
        private = private or own
    return not wrong


def _first(stack: Stack) -> list[Network]:
    """The networks, each a block of the VPC's addresses, so that a further network changes nothing for the others.

    The first block cannot be changed: it is a private one where there is one, as others may follow only that.
    """
    networks = sorted(stack.index.networks.values(), key=lambda item: not IPv4Network(item.cidr).is_private)
    limit = stack.options.limits.get("vpc_blocks", BLOCKS)
    count = len(networks) + (0 if any(network.public for network in networks) else 1)
    if count > limit:
        stack.found.append(diagnostics.TooManyNetworks(span=stack.solution.span, blocks=count, limit=limit))
    return networks


def _block(stack: Stack, name: str, cidr: str, of: Network | Solution) -> str:
    stack.add(name, ec2.VPCCidrBlock, of, VpcId=ref("Vpc"), CidrBlock=cidr)
    return name


def _subnets(stack: Stack, network: Network, block: str) -> None:
    parts = list(IPv4Network(network.cidr).subnets(prefixlen_diff=2 if network.public else 1))
    kinds = [("Edge", "RoutesOutside"), ("Subnet", "RoutesInside")] if network.public else [("Subnet", "RoutesInside")]
    for number, part in enumerate(parts):
        kind, routes = kinds[number // 2]
        name = stack.network(kind, network.name, ZONES[number % 2])
        _subnet(stack, name, str(part), number % 2, routes, f"{network.name}-{ZONES[number % 2]}", block, network)


def _subnet(
    stack: Stack, name: str, cidr: str, zone: int, routes: str, title: str, block: str, of: Network | Solution
) -> None:
    after: dict[str, Any] = {"DependsOn": block} if block else {}
    where = {"VpcId": ref("Vpc"), "CidrBlock": cidr, "AvailabilityZone": _zone(stack, zone), **after}
    stack.add(name, ec2.Subnet, of, MapPublicIpOnLaunch=False, Tags=stack.tags(title), **where)
    joined = {"SubnetId": ref(name), "RouteTableId": ref(routes)}
    stack.add(f"Routed{name}", ec2.SubnetRouteTableAssociation, of, **joined)


def _nat(stack: Stack, place: str) -> None:
    of = stack.solution
    tags = stack.tags(f"{stack.solution.name}-nat")
    stack.add("NatAddress", ec2.EIP, of, Domain="vpc", DependsOn="Gateway", Tags=tags)
    allocated = attr("NatAddress", "AllocationId")
    stack.add("Nat", ec2.NatGateway, of, SubnetId=ref(place), AllocationId=allocated, Tags=tags)
    inside = {"RouteTableId": ref("RoutesInside"), "NatGatewayId": ref("Nat")}
    stack.add("WayInside", ec2.Route, of, DestinationCidrBlock="0.0.0.0/0", **inside)
