"""Members that hold what only one machine can hold at a time: an interface of their own, a volume.

CloudFormation makes a new instance before it takes the old one away, so it cannot replace such a member in one update: the
interface or the volume is in use, and the update is rolled back. A parameter takes a tier's machines away and brings them back, in
two updates; their interfaces with the addresses, and their volumes, stay.
"""

from __future__ import annotations

from troposphere import Equals

from bpc.deployment import Parameter, Phase
from bpc.model.resources import Fixed
from bpc_targets.cloudformation.stack import ref
from bpc_targets.cloudformation.values import has_interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.resources import Group
    from bpc_targets.cloudformation.stack import Stack

ALL, NONE = "all", "none"
STEPS = 20
"""Batches in which a tier's members change where the blueprint says nothing; one member at a time in smaller tiers."""
CREATED = 60
"""Seconds within which EC2 makes an instance."""
README = """
   Where the change set would replace a machine of {tiers} ("Replacement": "True" or "Conditional"), do it in two updates: a machine holds
   its address and its volumes, and the new one cannot have them while the old one does. First with {none} in
   update-parameters.json, which takes the machines away and leaves addresses and volumes; then with "all" again.
"""


def holds(stack: Stack, group: Group) -> bool:
    """Whether the group's members cannot be replaced in one update."""
    return isinstance(group.members, Fixed) and has_interfaces(stack, group)


def batch(stack: Stack, group: Group) -> int:
    """How many members with an identity are made and changed at a time.

    Where the blueprint says nothing: members that hold something are not changed one by one, so nothing is won by making them
    one after the other; of the others, a twentieth at a time leaves most in service and takes an hour and not a day.
    """
    assert isinstance(group.members, Fixed)
    count = group.members.count
    return group.update.batch or (max(1, count) if holds(stack, group) else max(1, count // STEPS))


def parameter(stack: Stack, group: Group) -> str:
    return stack.tier("Present", group.name)


def add_switch(stack: Stack, group: Group) -> None:
    """The parameter and its condition."""
    name = parameter(stack, group)
    words = f"Machines of tier {group.name}: none takes them away, and leaves their addresses and volumes."
    asked = Parameter(name=name, source="switch", value=ALL, tiers=(group.name,), why=words)
    definition = {"Type": "String", "Description": words, "AllowedValues": [ALL, NONE], "Default": ALL}
    stack.ask(asked, definition)
    stack.conditions[condition(stack, group)] = Equals(ref(name), ALL).to_dict()


def condition(stack: Stack, group: Group) -> str:
    return stack.tier("Has", group.name)


def switched(stack: Stack, group: Group) -> dict[str, str]:
    """The attribute of a resource that comes and goes with the machine."""
    return {"Condition": condition(stack, group)} if holds(stack, group) else {}


def awaited(stack: Stack, group: Group, members: list[str], before: list[str]) -> tuple[list[str], int]:
    """(what a wait for the members begins after, seconds that it lasts longer).

    Nothing may depend on what a condition takes away. So the wait begins when the first member does, and the time in which
    members are made, a batch after the other, is added.
    """
    if not holds(stack, group):
        return members, 0
    batches = -(-len(members) // batch(stack, group))
    return [stack.tier("Template", group.name), *before], batches * CREATED


def phases(stack: Stack) -> tuple[Phase, ...]:
    """The updates in which they are replaced; nothing where there are none."""
    return tuple(
        Phase(parameter=parameter(stack, group), value=value, tiers=(group.name,))
        for group in stack.index.groups.values()
        if holds(stack, group)
        for value in (NONE, ALL)
    )


def readme(phases: tuple[Phase, ...]) -> str:
    """How to change them; nothing where there are none."""
    away = [phase for phase in phases if phase.value == NONE]
    if not away:
        return ""
    words = [f'{phase.parameter} = "{phase.value}"' for phase in away]
    return README.format(tiers=", ".join(tier for phase in away for tier in phase.tiers), none=" or ".join(words))
