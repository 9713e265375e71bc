"""What a member boots from, as a digest.

A member's wait and its handle are named by it, so that a new make has a new handle, which nobody has signalled yet: Heat then
awaits it. Whatever replaces a server must be in it, and nothing that leaves it running, as a new handle replaces the server, too.
"""

from __future__ import annotations

from bpc.digest import sha256
from bpc.model.index import known_as
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
from bpc.parts import Own
from bpc.record import assert_never
from bpc_targets.heat.adopted import text_name, volume_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.resources import Group, Volume
    from bpc.model.values import Hole
    from bpc_targets.heat.stack import Stack
    from bpc_targets.heat.userdata import FirstBoot

LENGTH = 8
"""Hexadecimal digits of a digest: names of nested stacks, which a cloud may cut, contain it."""


def short(text: str) -> str:
    """The digest of a text, as names have it."""
    return sha256(text.encode())[:LENGTH]


def make(stack: Stack, group: Group, boot: FirstBoot) -> str:
    """The digest of what a tier's members boot from."""
    tier = stack.tier(group.name)
    machine = [stack.asked[name].value for name in (f"image_{tier}", f"flavor_{tier}", "key_name")]
    networks = [_network(stack, name) for name in group.networks]
    volumes = [_volume(stack, group, volume) for volume in group.volumes]
    devices = {volume.name: known_as(volume) for volume in group.volumes}
    text = (part if isinstance(part, str) else repr(_value(part.hole, stack, devices)) for part in boot.text)
    parts = [repr((machine, networks, volumes, group.spread, *_zones(stack, group))), *text]
    if stack.overrides:
        from bpc_targets.heat.natives import make_of

        parts.append(make_of(stack, tier))
    return short("".join([f"{len(part)}:{part}" for part in parts]))


def _zones(stack: Stack, group: Group) -> list[object]:
    """The zones in which members are: a server in another one is another server."""
    names = (group.zone,) if group.zone else stack.index.zones if group.spread == "zones" else ()
    return [(name, stack.options.parameters.get(f"zone_{name}")) for name in names]


def _value(hole: Hole | Own, stack: Stack, devices: dict[str, str]) -> object:
    """What decides what a deploy-time value is: another one means another value."""
    match hole:
        case ParamHole():
            return stack.asked[hole.param].value
        case SecretHole():
            return stack.secret(hole.secret), stack.index.secrets[hole.secret].length
        case MemberAddressHole():
            return stack.tier(hole.group), hole.member, _network(stack, hole.network)
        case MemberAddressesHole():
            members = stack.index.groups[hole.group].members
            count = members.count if isinstance(members, Fixed) else 0
            return stack.tier(hole.group), count, _network(stack, hole.network)
        case BalancerAddressHole():
            balancer = stack.index.balancer_of(hole.endpoint)
            return stack.balancer(balancer.name), _network(stack, balancer.network)
        case PublicAddressHole():
            if stack.is_reserved(hole):
                return stack.options.parameters.get(text_name(stack, hole.owner, hole.member))
            owner = stack.balancer(hole.owner) if hole.member is None else stack.tier(hole.owner)
            return owner, hole.member
        case VolumeDeviceHole():
            return devices.get(hole.volume, hole.volume)
        case NativeHole():
            return hole.native, hole.output, *_native(stack, hole)
        case Own():
            return hole.name
        case QuotedHole():
            raise AssertionError("taken apart before")
        case _:
            assert_never(hole)


def _volume(stack: Stack, group: Group, volume: Volume) -> object:
    known = known_as(volume)
    if volume.existing:
        return known, [stack.options.parameters.get(name) for name in volume_names(stack, group, volume)]
    return known


def _native(stack: Stack, hole: NativeHole) -> tuple[object, ...]:
    """What a native is made of on Heat; nothing where its file is missing, which is reported."""
    files = stack.index.natives[hole.native].files
    return next(((file.resources, file.outputs) for file in files if file.cloud == "heat"), ())


def _network(stack: Stack, name: str) -> tuple[str, str]:
    known, item = stack.network(name), stack.index.networks[name]
    if item.existing:
        return known, repr([stack.options.parameters.get(f"{kind}_{known}") for kind in ("network", "subnet")])
    return known, item.cidr
