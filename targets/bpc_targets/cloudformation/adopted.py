"""What is there already beside networks: parameters for security groups, volumes and public addresses of someone else.

Nothing of it is a resource of the stack, so that the stack can neither change nor delete it.
"""

from __future__ import annotations

from troposphere import elasticloadbalancingv2 as elb

from bpc.deployment import Parameter
from bpc.model.index import known_as
from bpc_targets.cloudformation import network
from bpc_targets.cloudformation.names import logical
from bpc_targets.cloudformation.stack import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.deployment import Source
    from bpc.model.resources import Balancer, Group, Volume
    from bpc_targets.cloudformation.stack import Stack

ALLOCATION = {"AllowedPattern": "eipalloc-.+", "ConstraintDescription": "the allocation id of an Elastic IP address"}
ADDRESS = {"AllowedPattern": "[0-9.]+", "ConstraintDescription": "an IPv4 address"}


def security_group(stack: Stack, name: str) -> Any:
    """A security group that is there; all rules that call it by one name share the parameter."""
    words = f'The security group called "{name}", whose machines may come.'
    return _ask(stack, logical("Existing", name), "security group", words, "AWS::EC2::SecurityGroup::Id")


def volume(stack: Stack, group: Group, item: Volume, number: int, zone: int) -> str:
    """The parameter of a member's volume that is there, named as the volume would be."""
    name = stack.tier("Volume", group.name, known_as(item), number)
    where = f"in the zone of that member, {zone + 1} of 2"
    words = f"The volume {item.name} of member {number} of tier {group.name}, {where}."
    _ask(stack, name, "volume", words, "AWS::EC2::Volume::Id", group.name)
    return name


def allocation(stack: Stack, group: Group, number: int) -> Any:
    """The Elastic IP address of a member that is there."""
    words = f"The allocation id of the Elastic IP address of member {number} of tier {group.name}."
    name = stack.tier("Allocation", group.name, number)
    return _ask(stack, name, "public address", words, "String", group.name, **ALLOCATION)


def mappings(stack: Stack, item: Balancer) -> list[Any]:
    """A Network Load Balancer's places, each with an Elastic IP address that is there."""
    places = network.subnets(stack, item.network, public=True)
    made = []
    for zone, place in zip(network.ZONES, places, strict=True):
        words = f"The allocation id of the Elastic IP address of balancer {item.name} in zone {zone}."
        name = f"{stack.balancer('Allocation', item.name)}{zone.upper()}"
        given = _ask(stack, name, "public address", words, "String", item.group, **ALLOCATION)
        made.append(elb.SubnetMapping(AllocationId=given, SubnetId=place))
    return made


def address(stack: Stack, tier: str, number: int) -> Any:
    """The address itself, which no function tells of an allocation that is not a resource's: asked for where somebody uses it."""
    words = f"The Elastic IP address of member {number} of tier {tier}, in digits."
    return _ask(stack, stack.tier("Address", tier, number), "public address", words, "String", tier, **ADDRESS)


def _ask(stack: Stack, name: str, source: Source, words: str, kind: str, *tiers: str, **more: str) -> Any:
    if name not in stack.parameters:
        asked = Parameter(name=name, source=source, value=None, tiers=tiers, why=words)
        stack.ask(asked, {"Type": kind, "Description": words, **more})
    return ref(name)
