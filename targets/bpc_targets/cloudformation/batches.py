"""How a change goes through members with an identity, a batch after the other.

CloudFormation makes a new instance before it takes the old one away. So members that can be replaced change in one update, in the
order of their dependencies, and none is missing meanwhile: the old ones go when all the new ones are ready.

What only one machine can hold at a time, an interface of its own or a volume, the new one cannot have while the old one does:
the update would be rolled back. Such members take several updates of one template, in which a parameter has an entry for each
batch: `all` is a batch as the template says, `none` takes its machines away and leaves what they hold, and a number keeps them at
the version of the launch template that they have.
"""

from __future__ import annotations

from troposphere import Equals, If, Not, Select, Split, Sub

from bpc.deployment import Parameter, Phase
from bpc.model.resources import Fixed, Scaling
from bpc_targets.cloudformation import diagnostics
from bpc_targets.cloudformation.stack import attr, ref
from bpc_targets.cloudformation.values import has_interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc_targets.cloudformation.stack import Stack

ALL, NONE, VERSION = "all", "none", "V"
"""Entries of the parameter; `VERSION` stands for the number, which only the stack knows."""
ENTRIES = "(all|none|[0-9]+)(,(all|none|[0-9]+))*"
STEPS = 20
"""Batches in which a tier's members change where the blueprint says nothing; one member at a time in smaller tiers."""
LONGEST = 4096
"""Bytes of a parameter's value."""


def holds(stack: Stack, group: Group) -> bool:
    """Whether the group's members cannot be replaced in one update."""
    return isinstance(group.members, Fixed) and has_interfaces(stack, group)


def batch(stack: Stack, group: Group) -> int:
    """How many members with an identity are changed at a time.

    Where the blueprint says nothing: a twentieth leaves few new ones in doubt and takes an hour and not a day. Of those that are
    missing meanwhile it is a minority, so that a cluster keeps its majority, in as few updates as that takes.
    """
    assert isinstance(group.members, Fixed)
    count = group.members.count
    return group.update.batch or max(1, (count - 1) // 2 if holds(stack, group) else count // STEPS)


def batches(stack: Stack, group: Group) -> int:
    assert isinstance(group.members, Fixed)
    return max(1, -(-group.members.count // batch(stack, group)))


def previous(stack: Stack, group: Group, number: int) -> list[str]:
    """The members that must be ready before this one is made: those of the batch before.

    In batches of more than `STEPS`, the one that is a batch before: each of all the others would be too much for a template.
    Members that hold something are made together, since a cluster may wait for its members; their order is that of the updates.
    """
    size = batch(stack, group)
    if holds(stack, group) or number < size:
        return []
    start = number // size * size
    numbers = range(start - size, start) if size <= STEPS else (number - size,)
    return [stack.tier("Instance", group.name, before) for before in numbers]


def last(stack: Stack, group: Group) -> list[str]:
    """What is ready when all members are: those of the last batch, or the scaling group; nothing that a condition takes away."""
    if not isinstance(group.members, Fixed):
        return [stack.tier("Members", group.name)]
    if holds(stack, group):
        return []
    count, size = group.members.count, batch(stack, group)
    first = max(0, count - size) if size > STEPS else (batches(stack, group) - 1) * size
    return [stack.tier("Instance", group.name, number) for number in range(first, count)]


# ---- members that hold something


def parameter(stack: Stack, group: Group) -> str:
    return stack.tier("Present", group.name)


def add_switch(stack: Stack, group: Group) -> None:
    """The parameter and its conditions."""
    name, count = parameter(stack, group), batches(stack, group)
    value = ALL if _short(count) else ",".join([ALL] * count)
    if len(value) > LONGEST:
        what = f"bytes in the value of {name}"
        found = diagnostics.TooMuch(
            span=group.span, actual=len(value), what=what, limit=LONGEST, largest="batches of one member"
        )
        stack.found.append(found)
        return
    words = f"Machines of tier {group.name}, for each batch: all, none, or the version that they keep (README.txt)."
    asked = Parameter(name=name, source="switch", value=value, tiers=(group.name,), why=words)
    stack.ask(asked, {"Type": "String", "Description": words, "AllowedPattern": ENTRIES, "Default": value})
    for number in range(count):
        entry = _entry(stack, group, number)
        stack.conditions[stack.tier("Has", group.name, number)] = Not(Equals(entry, NONE)).to_dict()
        stack.conditions[stack.tier("Newest", group.name, number)] = Equals(entry, ALL).to_dict()


def _short(count: int) -> bool:
    """Whether entries need not be given that are `all`: each batch repeats them."""
    return count <= STEPS


def _entry(stack: Stack, group: Group, number: int) -> Any:
    """The parameter's entry for a batch."""
    name = parameter(stack, group)
    more = f",{ALL}" * number if _short(batches(stack, group)) else ""
    return Select(number, Split(",", Sub(f"${{{name}}}{more}") if more else ref(name)))


def condition(stack: Stack, group: Group, member: int) -> str:
    """The condition under which a member is there."""
    return stack.tier("Has", group.name, member // batch(stack, group))


def switched(stack: Stack, group: Group, member: int) -> dict[str, str]:
    """The attribute of a resource that comes and goes with the machine."""
    return {"Condition": condition(stack, group, member)} if holds(stack, group) else {}


def version(stack: Stack, group: Group, member: int) -> Any:
    """The version of the launch template that a member is made from."""
    latest = attr(stack.tier("Template", group.name), "LatestVersionNumber")
    if not holds(stack, group):
        return latest
    number = member // batch(stack, group)
    return If(stack.tier("Newest", group.name, number), latest, _entry(stack, group, number))


def phases(stack: Stack) -> tuple[Phase, ...]:
    """The updates in which such members are replaced, all tiers at once; nothing where there are none."""
    tiers = {group.name: batches(stack, group) for group in stack.index.groups.values() if holds(stack, group)}
    return tuple(
        Phase(step=step, parameter=stack.tier("Present", tier), value=_value(step, count), tiers=(tier,))
        for step in range(max(tiers.values(), default=0) + 1)
        for tier, count in tiers.items()
        if step <= count
    )


def _value(step: int, count: int) -> str:
    """In each step a batch comes back, new, and the next one goes."""
    if step == count and _short(count):
        return ALL
    entries = [ALL] * step + [NONE] + [VERSION] * count
    return ",".join(entries[:count])


def interrupted(stack: Stack, group: Group) -> bool:
    """Whether no member of a tier is there for a while in an update."""
    if isinstance(group.members, Scaling):
        return group.members.maximum == 1 and group.members.minimum < 1
    return holds(stack, group) and batches(stack, group) == 1
