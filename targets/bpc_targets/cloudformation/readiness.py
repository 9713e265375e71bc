"""What is awaited: each machine by the resource that it signals, and a tier by a wait condition while the stack is made.

A wait condition takes the reason of a failure, and is done with when the stack is: CloudFormation updates none. A signal to a
resource takes no reason, and counts whenever the resource is made or replaced. Machines send both.
"""

from __future__ import annotations

from troposphere import Select, cloudformation
from troposphere.policies import CreationPolicy, ResourceSignal

from bpc.deployment import Parameter
from bpc.model.resources import Fixed
from bpc.source_map import origin_of
from bpc_targets.cloudformation import diagnostics, network
from bpc_targets.cloudformation.batches import batches, holds, last, switched
from bpc_targets.cloudformation.stack import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc_targets.cloudformation.stack import Stack

LONGEST = 43_200
"""Seconds that CloudFormation may wait for a resource."""
CREATED = 60
"""Seconds within which EC2 makes an instance."""
HOSTS = 7
"""Instances of a spread placement group in one zone."""


def duration(seconds: int) -> str:
    """As policies have it (ISO 8601)."""
    minutes, rest = divmod(seconds, 60)
    return f"PT{minutes}M{rest}S" if rest else f"PT{minutes}M"


def policy(group: Group, count: int = 1) -> Any:
    """A resource is complete when `count` machines have signalled it."""
    seconds = min(LONGEST, group.readiness.timeout // 1000 + group.update.pause // 1000 + CREATED)
    return CreationPolicy(ResourceSignal=ResourceSignal(Count=count, Timeout=duration(seconds))).to_dict()


def signalled(stack: Stack, group: Group, number: int) -> str:
    """The resource that a member signals: its instance, or a wait condition where that has volumes.

    They are attached when the instance is complete, and first boot waits for them.
    """
    return stack.tier("Wait" if group.volumes else "Instance", group.name, number)


def awaited(stack: Stack, group: Group) -> dict[str, Any]:
    """The attribute of an instance that is complete when it has signalled."""
    return {} if group.volumes else {"CreationPolicy": policy(group)}


def add_wait(stack: Stack, group: Group, number: int) -> None:
    """What a member with volumes signals. It comes and goes with the machine, so that each new one is awaited."""
    if not group.volumes:
        return
    name = signalled(stack, group, number)
    begins = {"DependsOn": [stack.tier("Template", group.name), *before(stack, group)]}
    stack.add(
        name,
        cloudformation.WaitCondition,
        origin_of(group, number),
        CreationPolicy=policy(group),
        **switched(stack, group, number),
        **begins,
    )
    stack.owner[name] = (group.name, number)


def before(stack: Stack, group: Group) -> list[str]:
    """What must be there before a machine starts: its way to the outside, and the tiers that it needs."""
    way = "WayOutside" if group.public_address else "WayInside"
    ways = [] if network.there(stack) else [way]
    return [*ways, *(name for other in group.starts_after for name in _complete(stack, stack.index.groups[other]))]


def _complete(stack: Stack, group: Group) -> list[str]:
    """What is complete when a tier is: its wait condition, its machines, which an update awaits, and the way to them."""
    served = [listener.endpoint for _, listener in stack.index.fronts_of(group.name)]
    way = [stack.endpoint(kind, group.name, name) for name in served for kind in ("Targets", "Listener")]
    return [stack.tier("Ready", group.name), *last(stack, group), *way]


def add_ready(stack: Stack, group: Group) -> None:
    """The wait for a tier's machines, from the moment when the first is made.

    CloudFormation updates no wait condition: what it awaits is a parameter that keeps its value.
    """
    limit = HOSTS * (1 if group.zone else len(network.ZONES))
    most = group.members.count if isinstance(group.members, Fixed) else group.members.maximum
    if group.spread == "hosts" and most > limit:
        stack.found.append(diagnostics.SpreadTooWide(span=group.span, tier=group.name, count=most, limit=limit))
    awaits = stack.tier("Awaits", group.name)
    words = f"Machines of tier {group.name} that must be ready, and seconds that they have: as when it was made."
    said = f"{group.readiness.signals},{_seconds(stack, group)}"
    asked = Parameter(name=awaits, source="switch", value=said, tiers=(group.name,), why=words, fixed=True)
    stack.ask(asked, {"Type": "CommaDelimitedList", "Description": words, "Default": said})
    stack.add(
        stack.tier("Ready", group.name),
        cloudformation.WaitCondition,
        group,
        Handle=ref(stack.tier("Handle", group.name)),
        Count=Select(0, ref(awaits)),
        Timeout=Select(1, ref(awaits)),
        DependsOn=[stack.tier("Template", group.name), *before(stack, group)],
    )


def _seconds(stack: Stack, group: Group) -> int:
    """As long as the tier's machines may take, one batch after the other, and as CloudFormation can wait: each has its own time."""
    own = max(1, group.readiness.timeout // 1000)
    if own > LONGEST:
        found = diagnostics.WaitTooLong(
            span=group.span, what=f'tier "{group.name}"', hours=-(-own // 3600), most=LONGEST // 3600
        )
        stack.found.append(found)
    together = not isinstance(group.members, Fixed) or holds(stack, group)
    return min(LONGEST, (own + CREATED) * (1 if together else batches(stack, group)))
