"""First-boot data in HOT: a file with placeholders, which `str_replace` fills in, all at once: no value is searched for them."""

from __future__ import annotations

from bpc.model.index import known_as
from bpc.model.resources import GIVEN, Scaling
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
from bpc.parts import Own, Place, placeholders, written
from bpc.provision.runner import REASON
from bpc.provision.userdata import portions
from bpc.provision.userdata import user_data as cloud_config
from bpc.record import Record, assert_never, replace
from bpc_targets.heat import diagnostics, limits
from bpc_targets.heat.values import filled, varied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.parts import Parts
    from bpc_targets.heat.stack import Stack

LARGEST = 49_149
"""Bytes: Nova takes 65,535 after base64."""
FILLED = 64
"""Bytes that a filled marker is counted with."""

SETTINGS = 700
"""Bytes that take the place of the signal."""

SIGNAL_ACCOUNT = Place(hole=Own(name="signal"))
SIGNAL: Parts = (
    '''#!/usr/bin/env python3
"""Tells Heat how the first boot ended: `signal SUCCESS|FAILURE`, the reason on the standard input. Made by bpc."""
import json, socket, sys, time, urllib.request

# An account that may do nothing but signal to this stack; a token would expire before the tier grows next year.
account = json.loads(r\'\'\'''',
    SIGNAL_ACCOUNT,
    """\'\'\')
"""
    + REASON
    + """

def post(url, body, **headers):
    headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=30)


def signal():
    user = {"id": account["user_id"], "password": account["password"]}
    scope = {"project": {"id": account["project_id"]}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    address = account["auth_url"].rstrip("/")
    address += "/auth/tokens" if address.endswith("/v3") else "/v3/auth/tokens"
    token = post(address, {"auth": auth}).headers["X-Subject-Token"]
    # Nova cuts long host names, and equal ids would count once
    name = socket.gethostname() + "-" + open("/etc/machine-id").read().strip()
    body = {"status": sys.argv[1], "reason": reason, "data": reason, "id": name}
    post(account["alarm_url"], body, **{"X-Auth-Token": token})


for attempt in range(20):
    try:
        signal()
        break
    except OSError as error:
        print("signal:", error, file=sys.stderr)
        time.sleep(15)
else:
    sys.exit("signal: nobody heard it")
""",
)


class FirstBoot(Record):
    """A first boot with its placeholders; tiers with the same steps share it."""

    text: Parts
    written: str
    marks: tuple[tuple[Place, str], ...]


def alike(group: Group) -> tuple[int, str]:
    """What tiers whose machines do the same have in common: the steps, which images share, and what is said beside them."""
    return id(group.first_boot), group.metadata


def first_boot(stack: Stack, group: Group) -> FirstBoot:
    """What a tier's machines do when they first start."""
    boot = stack.first_boots.get(alike(group)) or _first_boot(stack, group)
    stack.first_boots[alike(group)] = boot
    _check_size(stack, group, boot.text)
    lists = [place.hole for place, _ in boot.marks if isinstance(place.hole, MemberAddressesHole)]
    if isinstance(group.members, Scaling) and any(hole.group == group.name for hole in lists):
        stack.found.append(diagnostics.OwnMembers(span=group.span, tier=group.name))
    return boot


def user_data(stack: Stack, group: Group, boot: FirstBoot, signal: Any) -> Any:
    """The value of the servers' `user_data`; the text itself goes into a file. `signal` is what stands for their account."""
    name = f"user-data/{stack.tier(group.name)}.yaml"
    devices = {volume.name: known_as(volume) for volume in group.volumes}
    stack.files[name] = boot.written
    params = {mark: _value(place, stack, signal, devices) for place, mark in boot.marks}
    return {"str_replace": {"template": {"get_file": name}, "params": params}}


def _first_boot(stack: Stack, group: Group) -> FirstBoot:
    text = cloud_config(group, SIGNAL)
    if _size(stack, text) > LARGEST:
        text = cloud_config(group, SIGNAL, compress=True)
    text = tuple(
        part if isinstance(part, str) or not part.escapes or varied(part, stack) else replace(part, escapes=())
        for part in text
    )
    marks, order = placeholders(text, _name)
    said = [_said(place, mark) for place, mark in marks]
    return FirstBoot(text=text, written=written(text, [said[number] for number in order]), marks=marks)


def _said(place: Place, mark: str) -> str:
    """What stands in the file for a place."""
    if isinstance(place.hole, VolumeDeviceHole):
        return f"$(printf %.43s /dev/disk/by-id/virtio-{mark})"  # the serial ends after 20 characters
    return mark


def _value(place: Place, stack: Stack, signal: Any, devices: dict[str, str]) -> Any:
    if isinstance(place.hole, Own):
        return signal
    if isinstance(place.hole, VolumeDeviceHole):
        return device_mark(devices.get(place.hole.volume, place.hole.volume))
    return filled(place, stack)


SIGNAL_MARK = "\x1fsignal\x1f"
"""What stands for the account of a member's own handle until the member fills it in: the stack's values have no such character."""


def device_mark(volume: str) -> str:
    """The same for a volume's id."""
    return f"\x1fvolume.{volume}\x1f"


def _name(place: Place) -> str:
    """What a placeholder is called."""
    hole = place.hole
    match hole:
        case Own(name=own):
            return own
        case ParamHole():
            return f"param.{hole.param}"
        case SecretHole():
            return f"secret.{hole.secret}"
        case MemberAddressHole():
            return f"{hole.group}.{hole.member}.{hole.network}"
        case MemberAddressesHole():
            return f"{hole.group}.all.{hole.network}.{hole.separator.encode().hex()}"
        case BalancerAddressHole():
            return f"{hole.endpoint}.host"
        case PublicAddressHole():
            return f"public.{hole.owner}.{'' if hole.member is None else hole.member}"
        case NativeHole():
            return f"native.{hole.native}.{hole.output}"
        case VolumeDeviceHole():
            return f"volume.{hole.volume}"
        case QuotedHole():
            raise AssertionError("taken apart before")
        case _:
            assert_never(hole)


def _size(stack: Stack, text: Parts) -> int:
    return sum(limits.size(part) if isinstance(part, str) else _filled_size(stack, part) for part in text)


def _filled_size(stack: Stack, place: Place) -> int:
    """Only a given secret may be long: a key, a certificate."""
    if isinstance(place.hole, SecretHole) and stack.index.secrets[place.hole.secret].given:
        return GIVEN
    return SETTINGS if isinstance(place.hole, Own) else FILLED


def _check_size(stack: Stack, group: Group, text: Parts) -> None:
    size = _size(stack, text)
    if size > LARGEST:
        largest = ", ".join(f"{part.title} ({part.size:,} bytes)" for part in portions(group)[:3])
        found = diagnostics.UserDataTooLarge(span=group.span, tier=group.name, size=size, largest=largest or "packages")
        stack.found.append(found)
