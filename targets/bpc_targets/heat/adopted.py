"""What is there already beside networks: parameters for security groups, volumes and public addresses of someone else.

Nothing of it is a resource of the stack, so that the stack can neither change nor delete it. Names of its parameters have dots where
they are made of several names, so that no two things share one.
"""

from __future__ import annotations

from bpc.model.index import known_as
from bpc.model.resources import Fixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Balancer, Group, Volume
    from bpc_targets.heat.stack import Stack

    Json = dict[str, Any]

ID = {
    "allowed_pattern": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "description": "its id, not its name",
}
"""An id: the machine knows its volume by it, and an address has no name."""


def security_group(stack: Stack, name: str) -> Json:
    """A security group that is there; all rules that call it by one name share the parameter."""
    constraint = {"custom_constraint": "neutron.security_group"}
    return stack.needed("security group", f"security_group_{name}", f'called "{name}"', constraint)


def volume_names(stack: Stack, group: Group, volume: Volume) -> list[str]:
    """The parameters of a volume that is there, one for each member."""
    assert isinstance(group.members, Fixed)
    known = f"volume.{stack.tier(group.name)}.{known_as(volume)}"
    return [f"{known}.{number}" for number in range(group.members.count)]


def volumes(stack: Stack, group: Group) -> Json:
    """The parameters of a member template that have the volumes of all members."""
    given: Json = {}
    for volume in group.volumes:
        if volume.existing:
            given[given_as(volume)] = [
                stack.needed(
                    "volume",
                    name,
                    f"{volume.name} of member {number} of tier {group.name}, by its id",
                    ID,
                    {"custom_constraint": "cinder.volume"},
                    tiers=(group.name,),
                )
                for number, name in enumerate(volume_names(stack, group, volume))
            ]
    return given


def given_as(volume: Volume) -> str:
    """The member template's parameter of a volume that is there."""
    return f"volumes_{known_as(volume)}"


def address_names(stack: Stack, group: Group) -> list[str]:
    """The parameters of members' public addresses that are there."""
    assert isinstance(group.members, Fixed)
    return [f"floating_ip.{stack.tier(group.name)}.{number}" for number in range(group.members.count)]


def addresses(stack: Stack, group: Group) -> list[Json]:
    """The ids of members' floating IPs that are there."""
    tiers = (group.name,)
    return [
        stack.needed("public address", name, f"of member {number} of tier {group.name}, by its id", ID, tiers=tiers)
        for number, name in enumerate(address_names(stack, group))
    ]


def balancer_address(stack: Stack, item: Balancer) -> Json:
    """The id of a balancer's floating IP that is there."""
    use, tiers = f"of balancer {item.name}, by its id", (item.group,)
    return stack.needed("public address", f"floating_ip.{stack.balancer(item.name)}", use, ID, tiers=tiers)


def address_text(stack: Stack, owner: str, member: int | None) -> Json:
    """The address itself, which no function tells of an id that is not a resource's: asked for where somebody uses it."""
    of = f"balancer {owner}" if member is None else f"member {member} of tier {owner}"
    return stack.there("public address", text_name(stack, owner, member), f"{of}, as text", "ip_addr")


def text_name(stack: Stack, owner: str, member: int | None) -> str:
    """The parameter of an address itself."""
    return f"floating_ip_address.{stack.balancer(owner) if member is None else f'{stack.tier(owner)}.{member}'}"
