"""Texts with holes as HOT: a plain string, one function, or a join of both."""

from __future__ import annotations

from bpc.model.resources import Fixed, Group
from bpc.model.values import (
    BalancerAddressHole,
    MemberAddressesHole,
    MemberAddressHole,
    NativeHole,
    ParamHole,
    PublicAddressHole,
    QuotedHole,
    SecretHole,
    VolumeDeviceHole,
)
from bpc.parts import Own
from bpc.parts import parts as parts_of
from bpc.record import assert_never
from bpc_targets.heat.adopted import address_text
from bpc_targets.heat.stack import Stack, attr, param

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.values import Hole, Text
    from bpc.parts import Place


TEXTS = ("string", "cidr", "bool")
"""Types of which `filled` gives a string."""


def value(text: Text, stack: Stack) -> Any:
    """A text as a property's value."""
    if len(text) < 2:
        return next((part if isinstance(part, str) else function(part, stack) for part in text), "")
    return {"list_join": ["", [part if isinstance(part, str) else _joinable(part, stack) for part in parts_of(text)]]}


def _joinable(place: Place, stack: Stack) -> Any:
    """What gives a place's text as a string, which is all that `list_join` takes."""
    made = filled(place, stack)
    if isinstance(place.hole, ParamHole) and stack.index.params[place.hole.param].type not in TEXTS:
        return {"str_replace": {"template": "value", "params": {"value": made}}}
    return made


def varied(place: Place, stack: Stack) -> bool:
    """Whether a value may have a character that must be escaped: a string, a given secret or what a native gives; Heat makes its own of letters."""
    if isinstance(place.hole, NativeHole):
        return True
    if isinstance(place.hole, SecretHole):
        return stack.index.secrets[place.hole.secret].given
    return isinstance(place.hole, ParamHole) and stack.index.params[place.hole.param].type == "string"


def filled(place: Place, stack: Stack) -> Any:
    """What gives a place's text."""
    assert not isinstance(place.hole, Own), "filled by its own program's writer"
    made = function(place.hole, stack)
    if isinstance(
        place.hole, NativeHole
    ):  # which has no value yet when Heat validates the stack: `str_replace` wants a text
        made = {"list_join": ["", [made]]}
    if place.escapes and varied(place, stack):
        return {"str_replace": {"template": made, "params": dict(place.escapes)}}
    if isinstance(place.hole, ParamHole) and stack.index.params[place.hole.param].type == "bool":
        written = {"str_replace": {"template": "value", "params": {"value": made}}}
        return {"str_replace": {"template": written, "params": {"True": "true", "False": "false"}}}
    return made


def function(hole: Hole, stack: Stack) -> Any:
    """The HOT function that gives a hole's value, in the root template."""
    match hole:
        case ParamHole():
            return param(hole.param)
        case SecretHole():
            if stack.index.secrets[hole.secret].given:
                return param(stack.secret_parameter(hole.secret))
            return attr(f"secret.{stack.secret(hole.secret)}", "value")
        case MemberAddressHole():
            return _address(stack, stack.index.groups[hole.group], hole.network, hole.member)
        case MemberAddressesHole():
            return {"list_join": [hole.separator, _addresses(stack, stack.index.groups[hole.group], hole.network)]}
        case BalancerAddressHole():
            return attr(f"balancer.{stack.balancer(stack.index.balancer_of(hole.endpoint).name)}", "vip_address")
        case PublicAddressHole():
            if stack.is_reserved(hole):
                return address_text(stack, hole.owner, hole.member)
            if hole.member is None:
                return attr(f"address.{stack.balancer(hole.owner)}", "floating_ip_address")
            return attr(f"tier.{stack.tier(hole.owner)}", f"resource.{hole.member}.public_address")
        case NativeHole():
            from bpc_targets.heat.natives import output

            return output(stack, hole)
        case VolumeDeviceHole() | QuotedHole():
            raise AssertionError("filled by the member, or taken apart before")
        case _:
            assert_never(hole)


def _address(stack: Stack, group: Group, network: str, member: int) -> Any:
    return attr(port(stack, group, network, member), "fixed_ips", 0, "ip_address")


def _addresses(stack: Stack, group: Group, network: str) -> Any:
    if isinstance(group.members, Fixed):
        return [_address(stack, group, network, member) for member in range(group.members.count)]
    return attr(f"tier.{stack.tier(group.name)}", "outputs_list", f"address_{stack.network(network)}")


def port(stack: Stack, group: Group, network: str, member: int) -> str:
    """The id of the port that a member with an identity has on a network."""
    return f"port.{stack.tier(group.name)}.{stack.network(network)}.{member}"
