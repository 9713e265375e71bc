"""What an image has, judged against what the tiers on it want: services, accounts and room.

The names come from the builder's log (`bpc.provision.listing`), into which a step can write, too: whatever it writes, it is told
of a blueprint's own image, and nothing else rests on it.
"""

from __future__ import annotations

from bpc.diagnostics.build import DiskTooSmall, NoAccount, NoService
from bpc.model.wanted import has_unit, may_bring, missing
from bpc.provision.listing import MARK
from bpc.record import Record
from bpc.syntax.places import setting
from bpc.vocabulary import GIB, literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.imaging.known import Store
    from bpc.imaging.plan import Job
    from bpc.model.resources import Group
    from bpc.model.steps import Image, Step
    from bpc.model.wanted import Want

KINDS = ("units", "scripts", "generators", "accounts", "groups", "sources")
GENERATORS = (
    "systemd-",
    "cloud-init",
    "ds-identify",
    "netplan",
    "lvm2-",
    "postgresql",
    "openvpn",
    "sshd-socket",
    "nfs-",
    "rpc-",
    "snapd",
)
"""What the names of generators begin with that make no services of a blueprint's; of others nobody knows."""
SOURCES = frozenset(("files", "systemd", "compat"))
"""Where accounts come from that a tree shows; with others (a directory service) nobody knows."""
MOST = 20_000
"""Names of one kind that are kept: a tree of a stranger's may have any number."""


class Tree(Record):
    """The names in an image, and the bytes that it takes, 0 where nobody has counted."""

    units: frozenset[str]
    accounts: frozenset[str]
    groups: frozenset[str]
    units_told: bool
    accounts_told: bool
    bytes: int


def taken(text: str) -> tuple[dict[str, list[str]], str]:
    """The names by kind that a log tells last, and the log without them."""
    told: dict[str, list[str]] = {}
    rest = []
    for line in text.splitlines(keepends=True):
        head, mark, names = line.partition(MARK)
        if mark and not head:
            kind, *found = names.split()[: MOST + 1] or [""]
            told[kind] = found
        else:
            rest.append(line)
    return told, "".join(rest)


def tree_of(told: Mapping[str, Any] | None) -> Tree | None:
    """The tree of what was told; None where nothing was, or nothing that makes one."""
    lists = {kind: (told or {}).get(kind) for kind in KINDS}
    if told is None or not all(isinstance(lists[kind], list) for kind in ("units", "accounts", "groups")):
        return None
    names = {kind: frozenset(str(name) for name in found or ()) for kind, found in lists.items()}
    counted = told.get("bytes") or ["0"]
    return Tree(
        units=names["units"] | {f"{name}.service" for name in names["scripts"]},
        accounts=names["accounts"],
        groups=names["groups"],
        units_told=all(name.startswith(GENERATORS) for name in names["generators"]),
        accounts_told=names["sources"] <= SOURCES,
        bytes=int(counted[0]) if str(counted[0]).isdecimal() else 0,
    )


def absent(group: Group, image: Image, tree: Tree | None) -> Iterator[Diagnostic]:
    """What a tier's steps want that its image does not have; nothing where first boot itself may still bring it."""
    steps = (*(step for layer in image.layers for step in layer.steps), *group.first_boot)
    if tree is not None and not may_bring(group.first_boot):
        yield from of_steps(steps, image.name, tree)


def of_steps(steps: tuple[Step, ...], image: str, tree: Tree) -> Iterator[Diagnostic]:
    """The same of these steps."""
    for want in missing(steps, tree.units, tree.accounts, tree.groups):
        place = setting(want.span, want.setting) if want.setting else want.span
        if want.what == "service" and tree.units_told and not has_unit(want.name, tree.units):
            hint = _near(want, (unit.removesuffix(".service") for unit in tree.units if "@" not in unit))
            yield NoService(span=place, name=want.name, image=image, hint=hint)
        elif want.what != "service" and tree.accounts_told:
            hint = _near(want, tree.accounts if want.what == "account" else tree.groups)
            yield NoAccount(span=place, what=want.what, name=want.name, image=image, hint=hint)


def _near(want: Want, known: Iterator[str] | frozenset[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(want.name.removesuffix(".service"), sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def too_large(group: Group, image: str, size: int) -> Iterator[Diagnostic]:
    """Whether a tier's disk has room for its image, which has this virtual size."""
    if size > group.machine.disk:
        hint = f"write `disk = {-(-size // GIB)}GiB`; or `bpc build --rebuild {group.name}` makes an image that fits, if what is in it does"
        yield small(group, image, size, hint)


def small(group: Group, image: str, size: int, hint: str) -> Diagnostic:
    place = setting(group.machine.span, "disk")
    disk, need = literal(group.machine.disk, "size"), f"{-(-size * 10 // GIB) / 10:g}GiB"
    return DiskTooSmall(span=place, tier=group.name, disk=disk, image=image, need=need, hint=hint)


def judged(store: Store, jobs: Sequence[Job], formats: Sequence[str]) -> list[Diagnostic]:
    """What is wrong with the images that are there, for the tiers that have them; each thing once."""
    found: dict[object, Diagnostic] = {}
    for job in jobs:
        known = store.recall(job.name)
        if job.image is None or known is None:
            continue
        tree, size = tree_of(known.get("tree")), max(store.size(job.name, form) for form in formats)
        for group in job.groups:
            for wrong in (*absent(group, job.image, tree), *too_large(group, job.name, size)):
                found.setdefault((wrong.code, wrong.span), wrong)
    return list(found.values())
