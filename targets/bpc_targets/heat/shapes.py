"""What a tier becomes: whether its members have ports, a template, a wait of their own, and what comes first in an update.

A member that is awaited takes four resources, a plain server takes one. Heat counts them all, also those of nested stacks.
Where the whole stack would exceed the limit, the tiers that save most are awaited at creation only.
"""

from __future__ import annotations

from bpc.model.resources import Fixed
from bpc_targets.heat import diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.resources import Group
    from bpc_targets.heat.stack import Stack

WAIT = 2
"""Resources of a wait: the handle that the machine signals to, and the condition."""


def has_ports(group: Group) -> bool:
    """Whether members have ports of their own: somebody may ask for their addresses, or they are more than plain servers."""
    return bool(group.endpoints or group.volumes or len(group.networks) > 1 or group.public_address)


def has_template(group: Group) -> bool:
    """Whether members have a template of their own though nobody awaits them: a ResourceGroup tells only that their number."""
    return has_ports(group) or group.spread == "zones"


def adds_first(group: Group) -> bool:
    """Whether an update makes the new members beside the old ones, which go when the new ones are ready.

    Only where there may be a single one, which would be out of service otherwise, and where nothing is its own that a second
    one cannot have at the same time: a port that others know, a volume, a public address.
    """
    if isinstance(group.members, Fixed):
        return group.members.count == 1 and not has_ports(group)
    return group.members.minimum < 2 and not group.update.batch and not group.volumes and not group.public_address


def largest(group: Group) -> int:
    """Members at most."""
    return group.members.count if isinstance(group.members, Fixed) else group.members.maximum


def members(stack: Stack, group: Group, *, awaited: bool) -> int:
    """Resources in the nested stacks of a tier at its largest, also while an update makes new members beside the old."""
    own = 1
    if awaited or has_template(group):
        # the member itself, its server, and what hangs on that
        volumes = sum(1 if volume.existing else 2 for volume in group.volumes)
        own += 1 + volumes + group.public_address + len(stack.index.fronts_of(group.name))
        own += WAIT * awaited
        if has_ports(group) and not isinstance(group.members, Fixed):
            own += len(group.networks)
    return largest(group) * own * (1 + (awaited and adds_first(group)))


def choose_awaited(stack: Stack, limit: int) -> frozenset[str]:
    """The tiers of which each new member is awaited; what is left out is told."""
    groups = stack.index.groups
    costs = {name: members(stack, group, awaited=True) for name, group in groups.items()}
    saved = {name: costs[name] - members(stack, group, awaited=False) for name, group in groups.items()}
    total = len(stack.resources) + sum(costs.values()) + sum(_around(stack, group) for group in groups.values())
    chosen = set(groups)
    for name in sorted(groups, key=lambda name: (-saved[name], name)):
        if total <= limit or not chosen:
            break
        chosen.remove(name)
        total -= saved[name] - WAIT
    for name in groups if total <= limit else ():  # else nothing fits, which is told as a whole
        if name not in chosen:
            found = diagnostics.NotAwaited(
                span=groups[name].span, tier=name, members=largest(groups[name]), resources=costs[name], limit=limit
            )
            stack.found.append(found)
    return frozenset(chosen)


def _around(stack: Stack, group: Group) -> int:
    """Resources of a tier in the root template."""
    apart = group.spread in ("hosts", "prefer_hosts")
    if not isinstance(group.members, Fixed):
        return 2 + apart + 4
    ports = group.members.count * len(group.networks) if has_ports(group) else 0
    return 2 + apart + ports
