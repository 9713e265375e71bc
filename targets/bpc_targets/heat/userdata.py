"""First-boot data in HOT: a file with markers, which `str_replace` fills in."""

from __future__ import annotations

from bpc.firstboot.userdata import parts
from bpc.firstboot.userdata import user_data as cloud_config
from bpc.model.resources import Scaling
from bpc.model.values import (
    BalancerAddressHole,
    MemberAddressesHole,
    MemberAddressHole,
    ParamHole,
    PublicAddressHole,
    SecretHole,
    VolumeDeviceHole,
)
from bpc.record import assert_never
from bpc_targets.heat import diagnostics, limits
from bpc_targets.heat.stack import attr
from bpc_targets.heat.values import function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.values import Hole, Text
    from bpc_targets.heat.stack import Stack

LARGEST = 49_149
"""Bytes: Nova takes 65,535 after base64."""
FILLED = 64
"""Bytes that a filled marker is counted with."""

SETTINGS = 700
"""Bytes that take the place of `@@signal@@`."""

SIGNAL = '''#!/usr/bin/env python3
"""Tells Heat how the first boot ended: `signal SUCCESS|FAILURE`, the reason on the standard input. Made by bpc."""
import json, socket, sys, time, urllib.request

# An account that may do nothing but signal to this stack; a token would expire before the tier grows next year.
account = json.loads(r\'\'\'@@signal@@\'\'\')
reason = sys.stdin.buffer.read()[-3000:].decode(errors="replace")


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
'''


def user_data(stack: Stack, group: Group, tier: str) -> Any:
    """The value of the servers' `user_data`; the text itself goes into a file. Markers that members fill stay in."""
    text = stack.first_boots.get(id(group.first_boot))
    if text is None:  # tiers with the same steps share one text
        text = cloud_config(group, (SIGNAL,))
        if _size(text) > LARGEST:
            text = cloud_config(group, (SIGNAL,), compress=True)
        stack.first_boots[id(group.first_boot)] = text
    _check_size(stack, group, text)
    own = [part for part in text if isinstance(part, MemberAddressesHole) and part.group == group.name]
    if isinstance(group.members, Scaling) and own:
        stack.found.append(diagnostics.OwnMembers(span=group.span, tier=group.name))
    written = "".join(part if isinstance(part, str) else marker(part) for part in text)
    name = f"user-data/{tier}.yaml"
    stack.files[name] = written
    params: dict[str, Any] = {
        marker(part): function(part, stack) for part in text if not isinstance(part, str | VolumeDeviceHole)
    }
    params["@@signal@@"] = attr(f"handle.{tier}", "signal")
    return {"str_replace": {"template": {"get_file": name}, "params": params}}


def marker(hole: Hole) -> str:
    """What stands for a hole in the file."""
    match hole:
        case ParamHole():
            name = f"param.{hole.param}"
        case SecretHole():
            name = f"secret.{hole.secret}"
        case MemberAddressHole():
            name = f"{hole.group}.{hole.member}.{hole.network}"
        case MemberAddressesHole():
            name = f"{hole.group}.all.{hole.network}.{hole.separator.encode().hex()}"
        case BalancerAddressHole():
            name = f"{hole.balancer}.host"
        case PublicAddressHole():
            name = f"public.{hole.owner}.{'' if hole.member is None else hole.member}"
        case VolumeDeviceHole():
            return f"$(printf %.43s /dev/disk/by-id/virtio-{device_marker(hole.volume)})"  # the serial ends after 20 characters
        case _:
            assert_never(hole)
    return f"@@{name}@@"


def device_marker(volume: str) -> str:
    """The marker of a volume's id."""
    return f"@@volume.{volume}@@"


def _size(text: Text) -> int:
    return SETTINGS + sum(limits.size(part) if isinstance(part, str) else FILLED for part in text)


def _check_size(stack: Stack, group: Group, text: Text) -> None:
    size = _size(text)
    if size > LARGEST:
        largest = ", ".join(f"{part.title} ({part.size:,} bytes)" for part in parts(group)[:3])
        found = diagnostics.UserDataTooLarge(span=group.span, tier=group.name, size=size, largest=largest or "packages")
        stack.found.append(found)
