"""What it takes to deploy a stack, as data: README.txt is rendered from it, and whoever deploys can follow it."""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from bpc.model.index import Index
    from bpc.model.steps import Image

    Source = Literal[
        "blueprint",
        "image",
        "flavor",
        "network",
        "subnet",
        "router",
        "addresses",
        "zone",
        "security group",
        "volume",
        "public address",
        "key pair",
        "switch",
        "secret",
    ]

OUTSIDE = ("network", "subnet", "router", "security group", "volume", "public address", "image", "flavor")
"""Sources of values that must be in the cloud before the stack is, in the order in which they are listed."""


class Parameter(Record):
    """A parameter of the stack, and where its value comes from.

    `source`: a `param` of the blueprint, something that the cloud has under the value's name or id (an image, a flavor, a network,
    a subnet, a router, a security group, a volume, a public address, a key pair; `addresses` are those of a network that is
    there, `zone` is an availability zone), a switch that the target has beside what
    the blueprint says, or a secret, of which bpc has no value and takes none. `value` is what the stack is made with; None where whoever
    deploys must give it. `tiers` are those that it is for. `fixed`: an update leaves it as the stack was made.
    """

    name: str
    source: Source
    value: str | int | float | bool | None
    tiers: tuple[str, ...]
    why: str
    fixed: bool = False

    @property
    def kind(self) -> str:
        """What must be there or be given, in a word."""
        return "value" if self.source == "blueprint" else self.source


class Upload(Record):
    """An image that must be in the cloud: made by an image builder, put there under its name, or its id given to `parameters`."""

    image: str
    architecture: str
    parameters: tuple[str, ...]
    tiers: tuple[str, ...]


class Phase(Record):
    """One of the updates that replace members which one update cannot: the value that a parameter has in it.

    Those of one `step` are one update. In a value, V stands for the version that the tier's machines have before the first.
    """

    step: int
    parameter: str
    value: str
    tiers: tuple[str, ...]


class Awaited(Record):
    """The stack is complete when `signals` machines of a tier have signalled, within `timeout` milliseconds."""

    tier: str
    signals: int
    timeout: int


class Rolled(Record):
    """How an update replaces the machines of a tier: `batch` at a time, at most `minutes` long.

    `waits`: each new machine must be ready before the next batch begins. `adds`: new ones come first, beside the old. `stops`:
    no machine of the tier is in service meanwhile. `spread`: no two may share a host, so that one must be free. `follows`: tiers
    that scale, and whose members' addresses these machines have: an update after they have scaled replaces these without waiting.
    """

    tier: str
    batch: int
    minutes: int
    waits: bool
    adds: bool
    stops: bool
    spread: bool
    follows: tuple[str, ...]


class Kept(Record):
    """What stays when the stack is deleted, with its data: the volume of each member of a tier."""

    tier: str
    volume: str


class Deployment(Record):
    """`template` is the file to deploy. `phases` are in their order, step by step; empty where every change is one update."""

    template: str
    parameters: tuple[Parameter, ...]
    uploads: tuple[Upload, ...]
    phases: tuple[Phase, ...]
    awaited: tuple[Awaited, ...]
    kept: tuple[Kept, ...]
    rolled: tuple[Rolled, ...] = ()

    @property
    def needs(self) -> tuple[Parameter, ...]:
        """What must be there, or be given, before the stack is created."""
        outside = [item for source in OUTSIDE for item in self.parameters if item.source == source]
        return (*outside, *(item for item in self.parameters if item.source not in OUTSIDE and item.value is None))


def upload(index: Index, image: Image, parameter: Callable[[str], str]) -> Upload:
    """What becomes of a built image: `parameter` gives the name of the one in which a tier has its image."""
    users = index.users(image)
    return Upload(
        image=image.name,
        architecture=users[0].machine.architecture,
        parameters=tuple(parameter(group.name) for group in users),
        tiers=tuple(group.name for group in users),
    )


def awaited(index: Index) -> tuple[Awaited, ...]:
    """What completes the stack."""
    return tuple(
        Awaited(tier=group.name, signals=group.readiness.signals, timeout=group.readiness.timeout)
        for group in index.groups.values()
        if group.readiness.signals
    )


def kept(index: Index) -> tuple[Kept, ...]:
    """The volumes that outlive the stack."""
    return tuple(Kept(tier=g.name, volume=v.name) for g in index.groups.values() for v in g.volumes if v.keep)
