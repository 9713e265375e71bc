"""What steps want to be there, services and accounts, and what they bring themselves."""

from __future__ import annotations

from bpc.model.steps import Artifact, Configure, File, Packages, Run, Service, User
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from bpc.model.steps import Step
    from bpc.source import Span

KINDS = ("service", "timer", "socket", "path", "mount", "target")
UNITS = ("/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/", "/usr/local/lib/systemd/system/")
MAKE_UNITS = ("/containers/systemd/", "/system-generators/", "/init.d/")
"""Folders of files from which a generator makes units at each start."""
MAKE_ACCOUNTS = ("/sysusers.d/", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/cloud/")


class Want(Record):
    """A service, account or group that must be there; `setting` is where it stands in its block, "" for the block's own name."""

    what: Literal["service", "account", "group"]
    name: str
    setting: str
    span: Span


class Brought(Record):
    """What steps bring by name. Not `told` for units or accounts where they bring some that nobody can name."""

    units: frozenset[str]
    accounts: frozenset[str]
    groups: frozenset[str]
    units_told: bool
    accounts_told: bool


def unit_name(name: str) -> str:
    """A unit's file name: a bare name is a service."""
    return name if name.rpartition(".")[2] in KINDS else f"{name}.service"


def may_bring(steps: Iterable[Step]) -> bool:
    """Whether a step may bring services and accounts that only its work shows."""
    return any(isinstance(step, Packages | Artifact | Run | Configure) for step in steps)


def wants(steps: Iterable[Step]) -> Iterator[Want]:
    for step in steps:
        if isinstance(step, Service) and not step.unit:
            yield Want(what="service", name=step.name, setting="", span=step.span)
        elif isinstance(step, File):
            if not step.owner.isdecimal():
                yield Want(what="account", name=step.owner, setting="owner", span=step.span)
            if not step.group.isdecimal():
                yield Want(what="group", name=step.group, setting="group", span=step.span)
            for name in step.reload:
                yield Want(what="service", name=name, setting="reload", span=step.span)


def brought(steps: Iterable[Step]) -> Brought:
    users = [step for step in steps if isinstance(step, User)]
    paths = [step.path for step in steps if isinstance(step, File)]
    units = {unit_name(step.name) for step in steps if isinstance(step, Service) and step.unit}
    units |= {path.rpartition("/")[2] for path in paths if path.startswith(UNITS)}
    accounts = {user.name for user in users}
    return Brought(
        units=frozenset(units),
        accounts=frozenset(accounts),
        groups=frozenset(accounts.union(*(user.groups for user in users))),
        units_told=not any(folder in path for path in paths for folder in MAKE_UNITS),
        accounts_told=not any(folder in path for path in paths for folder in MAKE_ACCOUNTS),
    )


def missing(
    steps: Iterable[Step], units: frozenset[str], accounts: frozenset[str], groups: frozenset[str]
) -> Iterator[Want]:
    """What is wanted and neither brought nor there. An owner's group of the same name is not told besides."""
    own, lacking = brought(steps), set()
    for want in wants(steps):
        match want.what:
            case "service":
                there = not own.units_told or has_unit(want.name, own.units | units)
            case "account":
                there = not own.accounts_told or want.name in own.accounts or want.name in accounts
            case _:
                there = not own.accounts_told or want.name in own.groups or want.name in groups
        if not there and (want.what != "group" or (want.span, want.name) not in lacking):
            lacking.add((want.span, want.name))
            yield want


def has_unit(name: str, units: frozenset[str]) -> bool:
    """Whether a unit is there, or the template of an instance. Mounts are made from fstab too."""
    unit = unit_name(name)
    template, at, rest = unit.partition("@")
    instance = f"{template}@.{rest.rpartition('.')[2]}"
    return unit in units or unit.endswith(".mount") or (bool(at) and instance in units)
