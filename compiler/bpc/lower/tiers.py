"""Tiers: first a outline (members, networks, endpoints), which others may ask for; then the group, with its image and first boot."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import Note, did_you_mean
from bpc.diagnostics.check import MissingSetting
from bpc.language.values import Range
from bpc.lower.block_reader import same_path
from bpc.lower.endpoints import PART, Endpoints, network_names
from bpc.model.resources import Fixed, Machine, Scaling, Update, Volume
from bpc.record import Record
from bpc.vocabulary import BLOCKS, GIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.lower.block_reader import BlockReader
    from bpc.model.resources import Balancer, Endpoint, Peer

HOST_NAME = 63
"""Characters of a host name, as DNS and Linux have it."""


class TierOutline(Record):
    """What other tiers may ask of a tier before it is lowered. Not `sound` where something of it has a mistake.

    `audiences` are who may come from outside, by endpoint: of a private one, nobody. `peers` are endpoints on which the members
    reach one another.
    """

    name: str
    body: BlockReader
    members: Fixed | Scaling
    networks: tuple[str, ...]
    endpoints: dict[str, Endpoint]
    audiences: dict[str, tuple[Peer, ...]]
    balancers: tuple[Balancer, ...]
    peers: tuple[str, ...]
    sound: bool


def outline_tier(name: str, body: BlockReader) -> TierOutline:
    """The outline of a tier; what is wrong is reported, and a default stands in."""
    before = body.context.failures
    members = _members(name, body)
    networks = network_names(given := body.value("network"))
    if given == ():
        problem = f'tier "{name}" needs at least one network'
        body.context.report(lower.BadValue(span=body.where("network"), problem=problem))
    _check_host_name(name, members, body)
    made = Endpoints(name, body, members, networks)
    return TierOutline(
        name=name,
        body=body,
        members=members,
        networks=networks,
        endpoints=made.named,
        audiences=made.audiences,
        balancers=made.balancers,
        peers=_peers(name, made, body),
        sound=body.whole and body.context.failures == before,
    )


def _peers(name: str, endpoints: Endpoints, body: BlockReader) -> tuple[str, ...]:
    """The endpoints that `peers` names; one that the tier does not have is reported."""
    said: tuple[str, ...] = body.value("peers")
    for index, peer in enumerate(said):
        if peer not in endpoints.named and not body.scope.lowering.analysis.found.may_be_lost(peer, body.block.span):
            hint = did_you_mean(peer, endpoints.named) or "write the name of one of this tier's `expose`"
            span, what = body.where_item("peers", index), f'tier "{name}"'
            body.context.report(resolve.UnknownMember(span=span, what=what, name=peer, hint=hint))
    return said


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
    existing = body.value("existing")
    if existing:
        _check_existing(body)
    elif body.has("existing") and body.lacks("size"):
        doc = body.keyword.settings["size"].doc
        body.context.report(MissingSetting(span=body.span, block="volume", name="size", doc=doc))
    size = 0 if body.has("existing") and not body.has("size") else body.value("size")
    if size % GIB:
        problem = "the size of a volume must be a whole number of GiB"
        body.context.report(lower.BadValue(span=body.where("size"), problem=problem))
    return Volume(
        name=body.label(),
        size=size,
        existing=existing,
        mount=body.value("mount"),
        filesystem=body.value("filesystem"),
        keep=existing or body.value("keep"),
        type=body.value("type"),
        was=body.was(),
        span=body.span,
    )


def _check_existing(body: BlockReader) -> None:
    """A volume that is there is as its owner made it. An environment may adopt one in the place of a new one."""
    for name in ("size", "type", "keep"):
        if body.has(name) and not body.overrides("existing", name):
            body.context.report(lower.VolumeExists(span=body.where(name), name=body.label(), word=name))


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
