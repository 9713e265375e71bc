"""Tiers to groups: which tiers there are, what each asks of the others, its image and its first boot."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.types import ENDPOINT
from bpc.language.values import EndpointValue, TemplateValue
from bpc.lower import tiers
from bpc.lower.evaluate import evaluate
from bpc.lower.health import ready
from bpc.lower.images import template_name
from bpc.lower.parts import named
from bpc.lower.ports import tell_mixed
from bpc.lower.tags import tags
from bpc.model.resources import Fixed, Group, Readiness
from bpc.model.steps import Mount, Template
from bpc.model.values import VolumeDeviceHole
from bpc.record import Record
from bpc.syntax.tree import Connect
from bpc.vocabulary import BLOCKS, GIB, MIB, literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.lower.block_reader import BlockReader
    from bpc.lower.context import Touch
    from bpc.lower.directory import Tiers
    from bpc.lower.images import Built, Images
    from bpc.lower.tiers import TierOutline
    from bpc.model.resources import Machine, Tag, Volume
    from bpc.model.steps import Bake
    from bpc.source import Span

AS_THEY_ARE = tuple(
    name for name in BLOCKS["tier"].settings if name in Group._fields and name not in ("image", "bake", "tags", "was")
)
"""Settings of a tier that the model has by their names; the others are worked out."""
TIER, MEMBER, STEP = 200, 100, 50
"""Steps of what the targets make of each."""


BARE = 450 * MIB
"""Bytes of a release without anything of the blueprint's: a base of `bpc build` of Debian 12 has 465 MiB."""


class Lowered(Record):
    """A tier's group, and what it wants of endpoints."""

    group: Group
    touched: frozenset[Touch]


class Around(Record):
    """What the solution says for all tiers; `said` is where it says how they are baked."""

    bake: Bake | None
    said: Span
    tags: tuple[Tag, ...]


def outlined(tiers: Tiers, body: BlockReader) -> list[TierOutline]:
    """The outlines of all tiers; what two of their settings cannot be together is reported where both are sound."""
    outlines = []
    for name in list(tiers.spans):
        try:
            outlines.append(tiers.outline(name))
        except EvaluationError as wrong:
            body.context.fail(wrong)
    failures = body.context.failures
    private = {name for name, item in named(body, "network") if item.whole and not item.value("public")}
    if body.context.failures > failures:
        return outlines
    for outline in outlines:
        for endpoint in outline.endpoints.values() if outline.sound else ():
            if endpoint.public and endpoint.network in private:
                body.context.report(lower.NotPublicNetwork(span=endpoint.span, network=endpoint.network))
            elif endpoint.public and not endpoint.balancer and endpoint.network != outline.networks[0]:
                found = lower.PublicElsewhere(span=endpoint.span, endpoint=endpoint.name, tier=outline.name)
                body.context.report(found)
    return outlines


def groups(
    outlines: list[TierOutline], body: BlockReader, images: Images, bakes: Mapping[str, Bake], common: tuple[Tag, ...]
) -> dict[str, Lowered]:
    """The groups by their tiers' names. `bakes` are tiers that are baked otherwise than the blueprint says; all have `common` tags."""
    made = {}
    around = Around(bake=body.value("bake"), said=body.where("bake"), tags=common)
    for outline in outlines:
        try:
            lowered = _group(outline, around, bakes.get(outline.name), images)
        except EvaluationError as wrong:
            body.context.fail(wrong)
        else:
            if lowered is not None:
                made[outline.name] = lowered
    tell_mixed(body.context, ((lowered.touched, name) for name, lowered in made.items()))
    return made


def _group(outline: TierOutline, around: Around, instead: Bake | None, images: Images) -> Lowered | None:
    """A tier's group. Raises `EvaluationError`. The tier's own settings win over those around it, and the bake `instead` over both."""
    body, context = outline.body, outline.body.context
    parts = 1 + sum(1 for _ in body.all("volume"))
    context.steps(TIER + MEMBER * _largest(outline) * parts + context.weight(body.block), body.span)
    with body.context.recording() as touched:
        template = body.value("image")
    connected = _connected(outline)
    volumes = tiers.volumes(outline)
    machine = tiers.machine(body)
    update = tiers.update(outline)
    signals = outline.members.count if isinstance(outline.members, Fixed) else outline.members.minimum
    readiness = Readiness(signals=signals, timeout=body.value("ready_within"))
    awaited = ready(outline, readiness.timeout)
    plain = {name: body.value(name) for name in AS_THEY_ARE}
    if plain["zone"] and plain["spread"] == "zones":
        _tell_zones(outline, plain["zone"])
    was, chosen = body.was(), instead or body.value_or("bake", around.bake)
    if not isinstance(template, TemplateValue):
        return None  # told where it was evaluated
    where = body.where("bake") if body.has("bake") else around.said
    built, baked = images.build(template, chosen, where, machine.architecture, volumes=bool(volumes))
    touched |= built.touched
    if not volumes:
        _check_disk(outline, machine, built)
    context.steps(STEP * len(built.first_boot) + len(touched), body.span)
    context.room(built.size, body.span)
    waits = {tier for tier, endpoint, _ in touched if endpoint and (tier, endpoint) not in connected} - {outline.name}
    group = Group(
        name=outline.name,
        doc=body.block.doc,
        members=outline.members,
        machine=machine,
        image=images.shared(built.image).name,
        template=Template(name=template_name(template), span=template.block.span),
        bake=baked,
        networks=outline.networks,
        endpoints=tuple(outline.endpoints.values()),
        volumes=volumes,
        update=update,
        readiness=readiness,
        public_address=any(e.public and not e.balancer for e in outline.endpoints.values()),
        existing_address=any(e.existing_address and not e.balancer for e in outline.endpoints.values()),
        starts_after=tuple(sorted(waits)),
        first_boot=tuple(_mount(outline.name, volume) for volume in volumes) + built.first_boot + awaited,
        tags=tags(body, around.tags),
        was=was,
        span=body.span,
        **plain,
    )
    return Lowered(group=group, touched=frozenset(touched | {(*target, "") for target in connected}))


def _tell_zones(outline: TierOutline, zone: str) -> None:
    problem = f'the members of tier "{outline.name}" are in zone "{zone}", so they cannot be spread over zones'
    found = lower.BadValue(span=outline.body.where("zone"), problem=problem, hint="leave out `zone` or `spread`")
    outline.body.context.report(found)


def _check_disk(outline: TierOutline, machine: Machine, built: Built) -> None:
    """Reports a disk that is smaller than what is known of its image; what lies on a volume would not count."""
    need = built.size + (BARE if built.image.base is not None else 0)
    if machine.disk < need:
        block = outline.body.only("machine")
        disk, least = literal(machine.disk, "size"), f"{-(-need * 10 // GIB) / 10:g}GiB"
        hint = f"write `disk = {-(-need // GIB) + 1}GiB`, so that packages and the machine's own data have room"
        place = outline.body.span if block is None else block.where("disk")
        found = lower.SmallDisk(span=place, tier=outline.name, disk=disk, need=least, hint=hint)
        outline.body.context.report(found)


def _largest(outline: TierOutline) -> int:
    """Members that a target writes down one by one."""
    return outline.members.count if isinstance(outline.members, Fixed) else 1


def _connected(outline: TierOutline) -> set[tuple[str, str]]:
    """The endpoints of `connect`: reached, and not waited for."""
    connected = set()
    for statement, scope in outline.body.rest:
        if not isinstance(statement, Connect):
            continue
        try:
            value = coerce(evaluate(statement.endpoint, scope), ENDPOINT, statement.endpoint.span)
        except EvaluationError as wrong:
            outline.body.context.fail(wrong)
        else:
            assert isinstance(value, EndpointValue)
            connected.add((value.tier, value.name))
    return connected


def _mount(tier: str, volume: Volume) -> Mount:
    hole = VolumeDeviceHole(group=tier, volume=volume.name)
    return Mount(
        volume=volume.name,
        device=(hole,),
        path=volume.mount,
        filesystem=volume.filesystem,
        existing=volume.existing,
        kind="configuration",
        span=volume.span,
    )
