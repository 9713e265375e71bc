"""Texts with holes as CloudFormation: a plain string, one function, or a join of both."""

from __future__ import annotations

import re

from troposphere import GetAtt, Join, Ref, Split, Sub

from bpc.model.resources import Fixed
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
from bpc.parts import Own, ordered
from bpc.parts import parts as parts_of
from bpc.record import assert_never
from bpc_targets.cloudformation.names import logical
from bpc_targets.cloudformation.stack import attr, ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.values import Hole, Text
    from bpc.parts import Place
    from bpc_targets.cloudformation.stack import Stack


def value(text: Text, stack: Stack) -> Any:
    """A text as a property's value."""
    return joined([part if isinstance(part, str) else filled(part, stack) for part in parts_of(text)])


def filled(place: Place, stack: Stack) -> Any:
    """What gives a place's text. Only a string may have a character that must be escaped."""
    assert not isinstance(place.hole, Own), "filled by its own program's writer"
    made = function(place.hole, stack)
    hole = place.hole
    if isinstance(hole, NativeHole) or (
        isinstance(hole, ParamHole) and stack.index.params[hole.param].type == "string"
    ):
        for old, new in ordered(place.escapes):
            made = Join(new, Split(old, made))
    return made


def joined(parts: list[Any]) -> Any:
    """Strings and functions as one value: a text with the functions' names in it."""
    if len(parts) == 1:
        return parts[0]
    text: list[str] = []
    other: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, str):
            text.append(_literal(part))
            if "${Dollar}" in text[-1]:
                other["Dollar"] = "$"
        elif isinstance(part, Ref | GetAtt):
            text.append(f"${{{'.'.join(_names(part))}}}")
        else:
            same = (name for name, known in other.items() if name != "Dollar" and known.to_dict() == part.to_dict())
            name = next(same, f"Value{len(other)}")
            other[name] = part
            text.append(f"${{{name}}}")
    return Sub("".join(text), other) if other else Sub("".join(text)) if len(parts) > 1 else ""


def _literal(text: str) -> str:
    """A literal inside `Fn::Sub`, which has an escape for what looks like a variable. Any other `${` gets its dollar from one."""
    return re.sub(r"\$\{(?:([^${}!\n]+)\})?", lambda m: f"${{!{m[1]}}}" if m[1] else "${Dollar}{", text)


def _names(part: Ref | GetAtt) -> list[str]:
    [found] = part.data.values()
    return [found] if isinstance(found, str) else found


def parameter(name: str) -> str:
    """The id of a declared `param`: no resource has such an id."""
    return logical("Param", name)


def function(hole: Hole, stack: Stack) -> Any:
    """The function that gives a hole's value; of a secret, its ARN: the value itself is for machines alone."""
    match hole:
        case ParamHole():
            return ref(parameter(hole.param))
        case SecretHole():
            return stack.arn(hole.secret)
        case MemberAddressHole():
            return _address(stack, hole.group, hole.network, hole.member)
        case MemberAddressesHole():
            return Join(hole.separator, _addresses(stack, hole))
        case BalancerAddressHole():
            return attr(stack.balancer("Balancer", stack.index.balancer_of(hole.endpoint).name), "DNSName")
        case PublicAddressHole():
            if hole.member is None:
                return attr(stack.balancer("Balancer", hole.owner), "DNSName")
            if stack.index.groups[hole.owner].existing_address:
                from bpc_targets.cloudformation.adopted import address

                return address(stack, hole.owner, hole.member)
            return ref(stack.tier("Address", hole.owner, hole.member))
        case NativeHole():
            from bpc_targets.cloudformation.natives import output

            return output(stack, hole)
        case VolumeDeviceHole() | QuotedHole():
            raise AssertionError("filled by the machine, or taken apart before")
        case _:
            assert_never(hole)


def has_interfaces(stack: Stack, group: Group) -> bool:
    """Whether members have interfaces of their own, which keep their addresses.

    An interface is on one instance at a time, so CloudFormation cannot make a new instance beside the old one. Members have
    one where they need it: they keep data, have several networks or an address outside, or their addresses are known before
    they exist.
    """
    return bool(group.volumes or len(group.networks) > 1 or group.public_address or group.name in stack.known_early)


def _address(stack: Stack, group: str, network: str, member: int) -> Any:
    if has_interfaces(stack, stack.index.groups[group]):
        return attr(stack.interface(group, network, member), "PrimaryPrivateIpAddress")
    return attr(stack.tier("Instance", group, member), "PrivateIp")


def _addresses(stack: Stack, hole: MemberAddressesHole) -> list[Any]:
    members = stack.index.groups[hole.group].members
    assert isinstance(members, Fixed), "refused before"
    return [_address(stack, hole.group, hole.network, number) for number in range(members.count)]
