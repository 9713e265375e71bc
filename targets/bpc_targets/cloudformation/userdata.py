"""First-boot data on AWS: user data of a launch template, the same for all members of a tier.

What only one machine knows it fetches itself, from the instance metadata service (version 2) and from Secrets Manager; so no
secret is in user data, and four hundred members share one text.
"""

from __future__ import annotations

import json

from troposphere import Base64

from bpc.model.index import known_as
from bpc.model.resources import Fixed
from bpc.model.values import MemberAddressesHole, MemberAddressHole, SecretHole, VolumeDeviceHole, bare
from bpc.parts import Own, Place
from bpc.parts import joined as text_of
from bpc.provision.deferred import Fetching
from bpc.provision.userdata import portions
from bpc.provision.userdata import user_data as cloud_config
from bpc_targets.cloudformation import diagnostics
from bpc_targets.cloudformation.programs import BESIDE, PREPARE, PREPARE_HEAD, signal
from bpc_targets.cloudformation.stack import ref
from bpc_targets.cloudformation.values import filled, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.values import Text
    from bpc.parts import Part, Parts
    from bpc.source import Span
    from bpc_targets.cloudformation.stack import Stack

LARGEST = 16_384
"""Bytes of user data that EC2 takes, before base64."""
FILLED, ADDRESS, ARN, URL = 64, 15, 128, 700
"""Bytes that a filled hole, each address of a list, a secret's name and the address for the signal are counted with."""
LATE = (SecretHole, VolumeDeviceHole)


def user_data(stack: Stack, group: Group) -> Any:
    """The value of a launch template's `UserData`. Its text, with markers, is written beside the stack for people to read."""
    text = _text(stack, group)
    if _size(stack, text) > LARGEST:
        text = _text(stack, group, compress=True)
    if scaling_members(stack, text, group.span):
        return ""
    _check(stack, group, text)
    stack.files[f"user-data/{group.name}.yaml"] = "".join(
        p if isinstance(p, str) else f"@@{type(p.hole).__name__}@@" for p in text
    )
    return Base64(joined([_piece(stack, group, part) for part in text]))


def _text(stack: Stack, group: Group, *, compress: bool = False) -> Parts:
    """The text, with the program that brings what the machine fetches itself."""

    def program(mark: str, files: Sequence[str], numbers: Mapping[Place, int]) -> Parts:
        head = f"NAMED = {isinstance(group.members, Fixed)}\nMARK = {mark!a}\nFILES = {json.dumps(files)}\n"
        volumes = {volume.name: known_as(volume) for volume in group.volumes}
        values = [_value(volumes, place) for place in numbers]
        return text_of((PREPARE_HEAD, head, "VALUES = [\n"), *values, ("]\n", PREPARE))

    fetching = Fetching(late=LATE, program=program, beside=BESIDE)
    pause = 0 if isinstance(group.members, Fixed) else group.update.pause // 1000
    return cloud_config(group, signal(pause), fetching, compress=compress)


def _value(volumes: Mapping[str, str], place: Place) -> Parts:
    """One line of the program's values; by the names that things had at first: another text would replace the machines."""
    escapes = json.dumps(dict(place.escapes))
    if isinstance(place.hole, SecretHole):
        return ('    ("secret", "', Place(hole=Own(name=f"arn:{place.hole.secret}")), f'", {escapes}),\n')
    assert isinstance(place.hole, VolumeDeviceHole)
    name = volumes.get(place.hole.volume, place.hole.volume)
    return (f'    ("volume", {json.dumps(name)}, {escapes}),\n',)


def secrets(stack: Stack, group: Group) -> list[str]:
    """The secrets that a group's machines read, by name, in order. Found once: its whole first boot is composed for it."""
    if group.name not in stack.read:
        found = (part.hole for part in cloud_config(group, ()) if isinstance(part, Place))
        held = (hole.secret for hole in found if isinstance(hole, SecretHole))
        stack.read[group.name] = list(dict.fromkeys(held))
    return stack.read[group.name]


def _piece(stack: Stack, group: Group, part: Part) -> Any:
    """A part of the text, with a function in the place of what the stack fills."""
    if isinstance(part, str):
        return part
    if not isinstance(part.hole, Own):
        return filled(part, stack)
    kind, _, name = part.hole.name.partition(":")
    return stack.arn(name) if kind == "arn" else ref(stack.tier("Handle", group.name))


def scaling_members(stack: Stack, text: Text | Parts, span: Span) -> bool:
    """Whether a text wants the addresses of a scaling tier's members, which nobody knows: reported."""
    found = [part.hole if isinstance(part, Place) else bare(part) for part in text if not isinstance(part, str)]
    wanted = [hole.group for hole in found if isinstance(hole, MemberAddressHole | MemberAddressesHole)]
    unknown = dict.fromkeys(name for name in wanted if not isinstance(stack.index.groups[name].members, Fixed))
    stack.found += [diagnostics.ScalingMembers(span=span, tier=name) for name in unknown]
    return bool(unknown)


def _size(stack: Stack, text: Parts) -> int:
    """Bytes of the filled text."""
    return sum(len(part.encode()) if isinstance(part, str) else _filled_size(stack, part.hole) for part in text)


def _filled_size(stack: Stack, hole: object) -> int:
    """A list of addresses is as long as its tier has members; any other value is short."""
    if isinstance(hole, Own):
        return ARN if hole.name != "signal" else URL
    if not isinstance(hole, MemberAddressesHole):
        return FILLED
    members = stack.index.groups[hole.group].members
    return (ADDRESS + len(hole.separator.encode())) * members.count if isinstance(members, Fixed) else FILLED


def _check(stack: Stack, group: Group, text: Parts) -> None:
    size = _size(stack, text)
    if size > LARGEST:
        largest = ", ".join(f"{part.title} ({part.size:,} bytes)" for part in portions(group)[:3]) or "packages"
        stack.found.append(diagnostics.UserDataTooLarge(span=group.span, tier=group.name, size=size, largest=largest))
