"""Tiers: first a outline (members, networks, endpoints), which others may ask for; then the group, with its image and first boot."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.diagnostics.base import Note
from bpc.language.coerce import origin
from bpc.language.functions import private_text
from bpc.language.values import Deferred, NetworkValue, Range
from bpc.lower.block_reader import same_path
from bpc.model.resources import Balancer, Endpoint, Fixed, FromAnywhere, FromCidr, Machine, Scaling, Update, Volume
from bpc.record import Record
from bpc.vocabulary import BLOCKS, GIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.model.resources import Algorithm, Peer

UNKNOWN_NETWORKS = ("",)
EVERYONE = "0.0.0.0/0"
PART = 100
"""Steps of what the targets make of an endpoint or a volume."""
HOST_NAME = 63
"""Characters of a host name, as DNS and Linux have it."""


class TierOutline(Record):
    """What other tiers may ask of a tier before it is lowered. Not `sound` where something of it has a mistake.

    `audiences` are who may come from outside, by endpoint: of a private one, nobody.
    """

    name: str
    body: BlockReader
    members: Fixed | Scaling
    networks: tuple[str, ...]
    endpoints: dict[str, Endpoint]
    audiences: dict[str, tuple[Peer, ...]]
    balancers: tuple[Balancer, ...]
    sound: bool


def outline_tier(name: str, body: BlockReader) -> TierOutline:
    """The outline of a tier; what is wrong is reported, and a default stands in."""
    before = body.context.failures
    members = _members(name, body)
    networks = _networks(given := body.value("network"))
    if given == ():
        problem = f'tier "{name}" needs at least one network'
        body.context.report(lower.BadValue(span=body.where("network"), problem=problem))
    _check_host_name(name, members, body)
    body.each_once("expose")
    endpoints: dict[str, Endpoint] = {}
    audiences: dict[str, tuple[Peer, ...]] = {}
    balancers: list[Balancer] = []
    for expose in body.all("expose"):
        body.context.steps(PART, expose.span)
        endpoint, audience, balancer = _endpoint(name, expose, members, networks)
        if endpoint.name not in endpoints:
            _unique_port(endpoint, endpoints, body)
        endpoints[endpoint.name], audiences[endpoint.name] = endpoint, audience
        if balancer is not None:
            balancers.append(balancer)
    return TierOutline(
        name=name,
        body=body,
        members=members,
        networks=networks,
        endpoints=endpoints,
        audiences=audiences,
        balancers=tuple(balancers),
        sound=body.whole and body.context.failures == before,
    )


def _members(name: str, body: BlockReader) -> Fixed | Scaling:
    before = body.context.failures
    count = body.value("count")
    scale = body.only("scale")
    if isinstance(count, Range):
        if scale is None:
            low = count.low
            body.context.report(lower.NothingScales(span=body.where("count"), tier=name, low=low, high=count.high))
        return Scaling(
            minimum=count.low,
            maximum=count.high,
            metric=scale.value("metric") if scale else "",
            target=_target(scale) if scale else 0.0,
            cooldown=scale.value("cooldown") if scale else BLOCKS["scale"].settings["cooldown"].usual,
        )
    fixed = Fixed(count=count)
    if scale is not None and body.context.failures == before and (body.has("count") or body.lacks("count")):
        said = "a number as its" if body.has("count") else "no"
        problem = f'tier "{name}" has {said} `count`, so it does not scale'
        least = fixed.count or 1
        hint = f"write `count = {least}..{least + 2}`"
        body.context.report(lower.BadValue(span=scale.span, problem=problem, hint=hint))
    return fixed


def _target(scale: BlockReader) -> float:
    target = float(scale.value("target"))
    if not 0 < target <= 100:
        problem = f'"target" must be more than 0% and at most 100%, not {target:g}%'
        hint = "it is the average use that scaling maintains, for example 60%"
        scale.context.report(lower.BadValue(span=scale.where("target"), problem=problem, hint=hint))
    return target


def _check_host_name(name: str, members: Fixed | Scaling, body: BlockReader) -> None:
    """A member's host name is the tier's name with its number, and a label of DNS."""
    most = members.count if isinstance(members, Fixed) else members.maximum
    longest = f"{name}-{max(most - 1, 0)}"
    if len(longest) > HOST_NAME:
        problem = f'a host name may have at most {HOST_NAME} characters, but "{longest}" has {len(longest)}'
        body.context.report(lower.BadValue(span=body.span, problem=problem, hint="give the tier a shorter name"))


def _networks(value: Value | None) -> tuple[str, ...]:
    """Names of networks; where there are none, which is reported, the empty name stands in."""
    if isinstance(value, NetworkValue):
        return (value.name,)
    assert isinstance(value, tuple | None)
    return tuple(dict.fromkeys(item.name for item in value or ())) or UNKNOWN_NETWORKS


def _endpoint(
    tier: str, body: BlockReader, members: Fixed | Scaling, networks: tuple[str, ...]
) -> tuple[Endpoint, tuple[Peer, ...], Balancer | None]:
    name, before = body.label(), body.context.failures
    health = body.value("health")
    audience = _audience(body)
    public = bool(audience)
    network = _networks(body.value_or("network", NetworkValue(name=networks[0])))[0]
    if network not in networks and networks != UNKNOWN_NETWORKS:
        problem = f'tier "{tier}" is not on network "{network}"'
        body.context.report(lower.BadValue(span=body.where("network"), problem=problem))
    several = not isinstance(members, Fixed) or members.count > 1
    protocol = body.value_or("protocol", "http" if health else "tcp")
    each = body.value("each")
    # a public site means one address for the world: several members are balanced behind it
    site = public and several and not each and protocol in ("http", "https")
    algorithm = body.value_or("balance", "round_robin" if site else "")
    if body.context.failures == before:
        _check_each(body, name, public=public, several=several, each=each, balanced=bool(algorithm))
    balancer = f"{tier}.{name}" if algorithm else ""
    endpoint = Endpoint(
        name=name,
        port=body.value("port"),
        protocol=protocol,
        public=public,
        health=health,
        network=network,
        balancer=balancer,
        span=body.span,
    )
    _check_endpoint(endpoint, body)
    if not balancer:
        return endpoint, audience, None
    return endpoint, audience, _balancer(tier, endpoint, algorithm, body)


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


def _check_each(body: BlockReader, name: str, *, public: bool, several: bool, each: bool, balanced: bool) -> None:
    """A public endpoint of several members has one address or one of each: a guess would be open to the world."""
    if each and not public:
        problem = "`each` is about public addresses, and this endpoint has none"
        body.context.report(lower.BadValue(span=body.where("each"), problem=problem, hint="write `public = true`"))
    elif each and balanced:
        problem = "the endpoint has one address for all members, or one for each, not both"
        hint = "leave out `balance` or `each`"
        body.context.report(lower.BadValue(span=body.where("each"), problem=problem, hint=hint))
    elif public and several and not each and not balanced and body.lacks("balance") and body.lacks("each"):
        body.context.report(lower.WhichAddress(span=body.where("public"), name=name))


def _balancer(tier: str, endpoint: Endpoint, algorithm: Algorithm, body: BlockReader) -> Balancer:
    tls = body.value("tls")
    return Balancer(
        name=endpoint.balancer,
        group=tier,
        endpoint=endpoint.name,
        port=endpoint.port,
        protocol=endpoint.protocol,
        algorithm=algorithm,
        health=endpoint.health,
        tls=private_text(tls) if tls != "" else (),
        public=endpoint.public,
        network=endpoint.network,
        span=endpoint.span,
    )


def _check_endpoint(endpoint: Endpoint, body: BlockReader) -> None:
    if endpoint.health and endpoint.protocol not in ("http", "https"):
        problem = f"a health path is checked over HTTP, but the protocol of the endpoint is {endpoint.protocol}"
        body.context.report(lower.BadValue(span=body.where("health"), problem=problem, hint="write `protocol = http`"))
    if body.has("tls") and (not endpoint.balancer or endpoint.protocol != "https"):
        problem = "`tls` needs a balanced https endpoint"
        hint = "write `protocol = https` and `balance = round_robin`"
        body.context.report(lower.BadValue(span=body.where("tls"), problem=problem, hint=hint))


def _unique_port(endpoint: Endpoint, others: dict[str, Endpoint], body: BlockReader) -> None:
    for other in others.values():
        if other.port == endpoint.port and (other.protocol == "udp") == (endpoint.protocol == "udp"):
            found = lower.PortTwice(span=endpoint.span, name=endpoint.name, other=other.name, port=endpoint.port)
            body.context.report(found)
            break  # one is enough to say: a loop may make thousands


def machine(body: BlockReader) -> Machine:
    """The tier's need; the smallest useful one where it says nothing."""
    need = body.only("machine")
    settings = BLOCKS["machine"].settings
    said = {name: word.usual if need is None else need.value(name) for name, word in settings.items()}
    return Machine(**said, span=body.span if need is None else need.span)


def volumes(outline: TierOutline) -> tuple[Volume, ...]:
    """The volumes of a tier with identity."""
    outline.body.each_once("volume")
    made = tuple(_volume(body) for body in outline.body.all("volume"))
    _check_mounts(made, outline.body)
    if made and not isinstance(outline.members, Fixed):
        outline.body.context.report(lower.VolumesWithoutIdentity(span=made[0].span, tier=outline.name))
        return ()
    return made


def _check_mounts(made: tuple[Volume, ...], body: BlockReader) -> None:
    first: dict[str, Volume] = {}
    for volume in made:
        other = first.setdefault(same_path(volume.mount), volume)
        if other.name != volume.name:
            problem = f'volumes "{other.name}" and "{volume.name}" are both mounted at "{same_path(volume.mount)}"'
            notes = (Note(span=other.span, text="the first one"),)
            hint = "give each its own mount point"
            body.context.report(lower.BadValue(span=volume.span, problem=problem, hint=hint, notes=notes))


def _volume(body: BlockReader) -> Volume:
    body.context.steps(PART, body.span)
    size = body.value("size")
    if size % GIB:
        problem = "the size of a volume must be a whole number of GiB"
        body.context.report(lower.BadValue(span=body.where("size"), problem=problem))
    return Volume(
        name=body.label(),
        size=size,
        mount=body.value("mount"),
        filesystem=body.value("filesystem"),
        keep=body.value("keep"),
        type=body.value("type"),
        was=body.was(),
        span=body.span,
    )


def update(outline: TierOutline) -> Update:
    """How a change rolls. Where no batch is said, the rest of one stays in service."""
    body = outline.body.only("update")
    size = outline.members.count if isinstance(outline.members, Fixed) else outline.members.minimum
    if body is None:
        return Update(batch=0, pause=0, minimum=max(size - 1, 0))
    said = body.value("batch")
    batch = said or 1
    minimum = max(size - batch, 0)
    stays = body.value_or("minimum", minimum)
    if size and stays >= size:
        problem = f"{stays} of {size} members must stay in service, so none can be updated"
        body.context.report(lower.BadValue(span=body.where("minimum"), problem=problem))
    elif stays and batch + stays > size:
        problem = f"{batch} of {size} members at a time leave {max(size - batch, 0)} in service, not {stays}"
        body.context.report(lower.BadValue(span=body.where("minimum"), problem=problem))
    return Update(batch=said, pause=body.value("pause"), minimum=stays)
