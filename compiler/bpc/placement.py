"""What a tier's image carries and what happens at first boot, and why: the same tier baked in each of the three modes, compared."""

from __future__ import annotations

from bpc.model.constraints import words
from bpc.model.index import Index
from bpc.model.resources import Fixed
from bpc.model.steps import (
    KINDS,
    Answers,
    Artifact,
    Configure,
    File,
    Mount,
    Packages,
    ReadyImage,
    Repository,
    Run,
    Service,
    Succeeds,
    User,
)
from bpc.model.values import (
    BalancerAddressHole,
    Hole,
    MemberAddressesHole,
    MemberAddressHole,
    NativeHole,
    ParamHole,
    PublicAddressHole,
    QuotedHole,
    SecretHole,
    VolumeDeviceHole,
    holes,
)
from bpc.record import Record, assert_never, fields
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

    from bpc.model.resources import Machine
    from bpc.model.solution import Solution
    from bpc.model.steps import Bake, Image, Kind, Step
    from bpc.model.values import Text

    Place = Literal["image", "first boot", "both", "refused"]

BAKES: tuple[Bake, ...] = ("base", "software", "full")
FILLED = 64
"""Bytes that a hole is counted with in the user data."""


class Cell(Record):
    """Where a step happens in one way to bake, and why."""

    bake: Bake
    place: Place
    why: str


class Row(Record):
    """One step: what it is, where it was declared, its bytes (None where they are not known), those of holes not counted.

    `needs` are the values in it that are known only when the stack runs, in words.
    """

    kind: Kind
    what: str
    source: str
    bytes: int | None
    needs: tuple[str, ...]
    cells: tuple[Cell, ...]


class Column(Record):
    """One way to bake: the image's name and the bytes of the first-boot data, or why it is refused.

    The bytes are those of what the machine is told, without the script that signals to the cloud; a hole counts as 64.
    """

    bake: Bake
    chosen: bool
    image: str
    user_data: int
    refused: str


class Offer(Record):
    """The machine type that a target chose."""

    target: str
    type: str


class Explanation(Record):
    """A tier: what it starts from, what it needs, its steps in each way to bake."""

    solution: str
    version: str
    environment: str
    tier: str
    template: str
    origin: str
    machine: Machine
    offers: tuple[Offer, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def explain(
    solution: Solution, tier: str, others: Mapping[Bake, Solution | str], offers: tuple[Offer, ...]
) -> Explanation:
    """`others` are the solution with the tier baked in each way, or why it cannot be. Raises KeyError for an unknown tier."""
    index = Index(solution)
    group = index.groups[tier]
    image = index.image(group)
    baked = {bake: other if isinstance(other, str) else Index(other) for bake, other in others.items()}
    columns = [_column(bake, other, tier, chosen=bake == group.bake) for bake, other in baked.items()]
    found = {bake: _Found(other, tier) for bake, other in baked.items() if not isinstance(other, str)}
    steps = {key: step for each in found.values() for key, step in each.steps.items()}
    rows = [_row(index, step, key, columns, found) for key, step in steps.items()]
    return Explanation(
        solution=solution.name,
        version=solution.version,
        environment=solution.environment,
        tier=tier,
        template=f"{group.template.name} ({where(group.template.span)})",
        origin=_origin(image),
        machine=group.machine,
        offers=offers,
        columns=tuple(columns),
        rows=tuple(sorted(rows, key=lambda row: KINDS.index(row.kind))),
    )


def _origin(image: Image) -> str:
    if isinstance(image.origin, ReadyImage):
        return f'the ready image "{image.origin.name}"'
    return f"{image.origin.distribution} {image.origin.version}"


def _column(bake: Bake, other: Index | str, tier: str, *, chosen: bool) -> Column:
    if isinstance(other, str):
        return Column(bake=bake, chosen=chosen, image="", user_data=0, refused=other)
    from bpc.provision.userdata import user_data

    group = other.groups[tier]
    told = sum(len(part.encode()) if isinstance(part, str) else FILLED for part in user_data(group, ()))
    return Column(bake=bake, chosen=chosen, image=group.image, user_data=told, refused="")


# ---- rows

Key = tuple[str, str, int]


class _Found:
    """The steps of a tier in one way to bake: which are in the image, and which happen at first boot."""

    def __init__(self, index: Index, tier: str) -> None:
        group = index.groups[tier]
        baked = [step for layer in index.image(group).layers for step in layer.steps]
        self.image = _keyed(baked)
        self.first_boot = _keyed(group.first_boot)
        self.steps = self.image | self.first_boot | {k: s for k, s in self.image.items() if k in self.first_boot}


def _keyed(steps: list[Step] | tuple[Step, ...]) -> dict[Key, Step]:
    """Each step by what it is and where it was declared; the same of a loop by its number."""
    found: dict[Key, Step] = {}
    for step in steps:
        key = (title(step), f"{where(step.span)}:{step.span.start}", 0)
        while key in found:
            key = (key[0], key[1], key[2] + 1)
        found[key] = step
    return found


def _row(index: Index, step: Step, key: Key, columns: list[Column], found: Mapping[Bake, _Found]) -> Row:
    needs = tuple(dict.fromkeys(meaning(hole, index) for hole in _holes(step)))
    cells = []
    for column in columns:
        if column.refused:
            cells.append(Cell(bake=column.bake, place="refused", why=column.refused))
            continue
        steps = found[column.bake]
        place: Place = (
            "both"
            if key in steps.image and key in steps.first_boot
            else "image"
            if key in steps.image
            else "first boot"
        )
        cells.append(Cell(bake=column.bake, place=place, why=_why(step, place, column.bake, needs)))
    content = _bytes(step)
    return Row(
        kind=step.kind, what=title(step), source=where(step.span), bytes=content, needs=needs, cells=tuple(cells)
    )


def _why(step: Step, place: Place, bake: Bake, needs: tuple[str, ...]) -> str:
    if place == "both":
        return "it is off in the image, and starts when first boot has brought the rest"
    if place == "image":
        return "known when you compile" if bake == "full" else f"{step.kind} is part of the image"
    if isinstance(step, Mount):
        return "a volume that exists is never formatted" if step.existing else "a volume belongs to a machine"
    if isinstance(step, Answers | Succeeds):
        return "the machine says that it is ready when all else has run"
    if isinstance(step, Configure):
        told = f", with {'; '.join(needs)}" if needs else ""
        return f"{step.platform} configures the machine when it runs{told}"
    if KINDS.index(step.kind) <= BAKES.index(bake):
        if not needs:
            return "nothing is baked into a ready image"
        return f"known only when the stack runs: {'; '.join(needs)}"
    return f"{step.kind} comes at first boot"


def title(step: Step) -> str:
    """A step in a few words."""
    match step:
        case Repository():
            return f"repository {step.name} {step.url}, key {', '.join(step.fingerprints)}"
        case Packages():
            return f"packages {', '.join(step.names)}"
        case Artifact():
            return f"artifact {step.path} {step.version}"
        case Run():
            return f"run {step.title}"
        case File():
            return f"file {step.path}"
        case Service():
            return f"service {step.name}"
        case User():
            return f"user {step.name}"
        case Mount():
            return f"volume {step.volume} at {step.path}"
        case Configure():
            return f"configure with {step.platform}"
        case Answers():
            return f"ready when {step.endpoint} answers"
        case Succeeds():
            return f"ready when {step.source} succeeds"
        case _:
            assert_never(step)


def _bytes(step: Step) -> int | None:
    """Bytes of what a step brings from the project; None where they are a repository's or a server's."""
    match step:
        case File():
            return _size(step.content)
        case Artifact():
            return None if step.content is None else len(step.content)
        case Run() | Succeeds():
            return _size(step.script)
        case Service():
            return _size(step.unit) if step.unit else None
        case Configure():
            return sum(_size(file.content) for file in step.files)
        case Repository():
            return len(step.key)
        case Packages() | User() | Mount() | Answers():
            return None
        case _:
            assert_never(step)


def _size(content: Text | bytes) -> int:
    if isinstance(content, bytes):
        return len(content)
    return sum(len(part.encode()) for part in content if isinstance(part, str))


# ---- what is known only when the stack runs


def _holes(value: object) -> Iterator[Hole]:
    """The holes anywhere in a step."""
    if isinstance(value, tuple):
        own: list[Hole] = [part for part in value if isinstance(part, Hole)]
        found: tuple[Hole, ...] = holes(tuple(own))
        yield from found
        for item in value:
            if not isinstance(item, Hole):
                yield from _holes(item)
    elif isinstance(value, Record):
        for name, item in fields(value):
            if name != "span":
                yield from _holes(item)


def meaning(hole: Hole, index: Index) -> str:
    """What fills a hole, in words."""
    match hole:
        case ParamHole():
            constraints, kind = index.params[hole.param].constraints, index.params[hole.param].type
            asked = f": {words(kind, constraints)}" if constraints else ""
            return f'param "{hole.param}", asked for at deployment{asked}'
        case SecretHole():
            given = index.secrets[hole.secret].given
            return f'secret "{hole.secret}", {"given at deployment" if given else "generated by the cloud"}'
        case MemberAddressHole():
            members = index.groups[hole.group].members
            one = isinstance(members, Fixed) and members.count == 1
            return f"the address of {'the machine' if one else f'member {hole.member}'} of tier {hole.group}"
        case MemberAddressesHole():
            return f"the addresses of all members of tier {hole.group}"
        case BalancerAddressHole():
            return f"the address of the balancer of {hole.endpoint}"
        case PublicAddressHole():
            return f"the public address of {hole.owner}"
        case NativeHole():
            return f"the output {hole.output} of native {hole.native}"
        case VolumeDeviceHole():
            return f"the device of volume {hole.volume}"
        case QuotedHole():
            return meaning(hole.hole, index)
        case _:
            assert_never(hole)
