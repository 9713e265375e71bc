"""First-boot data on AWS: user data of a launch template, the same for all members of a tier.

What only one machine knows it fetches itself, from the instance metadata service (version 2) and from Secrets Manager; so no
secret is in user data, and four hundred members share one text.
"""

from __future__ import annotations

import re

from troposphere import Base64

from bpc.firstboot.late import marked
from bpc.firstboot.userdata import parts
from bpc.firstboot.userdata import user_data as cloud_config
from bpc.model.resources import Fixed
from bpc.model.values import MemberAddressesHole, MemberAddressHole, SecretHole, VolumeDeviceHole, concat
from bpc_targets.cloudformation import diagnostics
from bpc_targets.cloudformation.stack import ref
from bpc_targets.cloudformation.values import function, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.values import Hole, Text
    from bpc.source import Span
    from bpc_targets.cloudformation.stack import Stack

LARGEST = 16_384
"""Bytes of user data that EC2 takes, before base64."""
FILLED, ADDRESS, URL = 64, 15, 700
"""Bytes that a filled hole, each address of a list, and the address for the signal, are counted with."""
LATE = SecretHole | VolumeDeviceHole
STACK = re.compile(r"@@(signal|arn:[^@]+)@@")
"""What the stack fills: the address for the signal, and the names of secrets."""

SIGNAL = '''#!/usr/bin/env python3
"""Tells CloudFormation how the first boot ended: `signal SUCCESS|FAILURE`, the reason on the standard input. Made by bpc."""
import json, socket, sys, time, urllib.request

url = r"@@signal@@"
reason = sys.stdin.buffer.read()[-3000:].decode(errors="replace")
name = socket.gethostname() + "-" + open("/etc/machine-id").read().strip()  # host names may be cut
body = {"Status": sys.argv[1], "UniqueId": name, "Reason": reason, "Data": ""}
while len(json.dumps(body)) > 4000:  # CloudFormation allows 4096 bytes in total
    body["Reason"] = body["Reason"][100:]
for attempt in range(20):
    try:  # the signed address is for requests without a content type
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": ""}, method="PUT")
        urllib.request.urlopen(request, timeout=30)
        break
    except OSError as error:
        print("signal:", error, file=sys.stderr)
        if getattr(error, "code", 0) == 403:  # the address is valid for a day: nobody waits for a machine that comes later
            break
        time.sleep(15)
else:
    sys.exit("signal: nobody heard it")
'''

PREPARE = r'''#!/usr/bin/env python3
"""Brings what this machine must fetch itself into the files of this folder, and then runs first boot. Made by bpc."""
import datetime, hashlib, hmac, json, os, re, subprocess, sys, time, traceback, urllib.request

HOME = "/var/lib/bpc"
NAMED = @@named@@
SECRETS = {@@secrets@@}


def fetch(url, body=None, headers={}, method=None):
    return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10).read().decode()


def metadata(path):
    base = "http://169.254.169.254/latest/"
    token = fetch(base + "api/token", None, {"X-aws-ec2-metadata-token-ttl-seconds": "300"}, "PUT")
    return fetch(base + "meta-data/" + path, None, {"X-aws-ec2-metadata-token": token})


def secret(arn):
    """GetSecretValue as the instance's role, signed by hand (AWS Signature Version 4): images have no AWS library."""
    region = arn.split(":")[3]
    role = metadata("iam/security-credentials/").split()[0]
    keys = json.loads(metadata("iam/security-credentials/" + role))
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    host = f"secretsmanager.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    body = json.dumps({"SecretId": arn}).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": now}
    headers |= {"x-amz-security-token": keys["Token"], "x-amz-target": "secretsmanager.GetSecretValue"}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{now[:8]}/{region}/secretsmanager/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 {credential}"
    return json.loads(fetch(os.environ.get("SECRETS_MANAGER", f"https://{host}/"), body, headers))["SecretString"]


def late(match):
    kind, _, name = match[1].partition(":")
    if kind == "secret":
        return secret(SECRETS[name])
    # a volume: its id without the dash is the serial number of the device
    return "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_" + metadata("tags/instance/bpc:volume:" + name).replace("-", "")


def prepare():
    if NAMED:
        subprocess.run(["hostnamectl", "set-hostname", metadata("tags/instance/Name")], check=True)
    for name in os.listdir(HOME):
        path = os.path.join(HOME, name)
        content = open(path, "rb").read() if os.path.isfile(path) and name not in ("prepare", "signal") else b""
        filled = re.sub(rb"@@late:([^@]+)@@", lambda m: late([m[0], m[1].decode()]).encode(), content)
        if filled != content:
            mode = os.stat(path).st_mode & 0o777
            with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
                file.write(filled)
            os.replace(path + ".new", path)


for attempt in range(20):
    try:
        prepare()
        break
    except Exception:
        reason = traceback.format_exc()
        print(reason, file=sys.stderr)
        time.sleep(6)
else:
    subprocess.run([HOME + "/signal", "FAILURE"], input=("values of this machine: " + reason).encode())
    sys.exit(1)
os.execv(sys.argv[1], sys.argv[1:])
'''


def user_data(stack: Stack, group: Group) -> Any:
    """The value of a launch template's `UserData`. Its text, with markers, is written beside the stack for people to read."""
    text = _text(stack, group)
    if _size(stack, text) > LARGEST:
        text = _text(stack, group, compress=True)
    if scaling_members(stack, text, group.span):
        return ""
    _check(stack, group, text)
    stack.files[f"user-data/{group.name}.yaml"] = "".join(
        p if isinstance(p, str) else f"@@{type(p).__name__}@@" for p in text
    )
    return Base64(joined([piece for part in text for piece in _pieces(stack, group, part)]))


def _text(stack: Stack, group: Group, *, compress: bool = False) -> Text:
    """With a marker for what the machine fetches itself; what `marked` has left of it is in files of root's own folder."""

    volumes = {volume.name: volume.was or volume.name for volume in group.volumes}

    def marker(hole: Hole) -> str:
        """By the names that things had at first: another text would replace the machines."""
        match hole:
            case SecretHole(secret=name):
                return f"@@late:secret:{stack.secrets[name].was or name}@@"
            case VolumeDeviceHole(volume=name):
                return f"@@late:volume:{volumes.get(name, name)}@@"
            case _:
                return ""

    text = cloud_config(marked(group, marker), (SIGNAL,), (_prepare(stack, group),), compress=compress)
    return concat(*((part if isinstance(part, str) else marker(part) or part,) for part in text))


def secrets(stack: Stack, group: Group) -> list[str]:
    """The secrets that a group's machines read, by name, in order. Found once: its whole first boot is composed for it."""
    if group.name not in stack.read:
        held = (hole.secret for hole in cloud_config(group, ()) if isinstance(hole, SecretHole))
        stack.read[group.name] = list(dict.fromkeys(held))
    return stack.read[group.name]


def _prepare(stack: Stack, group: Group) -> str:
    known = ", ".join(f'"{stack.secrets[name].was or name}": "@@arn:{name}@@"' for name in secrets(stack, group))
    named = str(isinstance(group.members, Fixed))
    return PREPARE.replace("@@named@@", named).replace("@@secrets@@", known)


def _pieces(stack: Stack, group: Group, part: str | Hole) -> list[Any]:
    """A part of the text, with functions in the place of what the stack fills."""
    if not isinstance(part, str):
        return [function(part, stack)]
    pieces = STACK.split(part)
    return [_filled(stack, group, piece) if index % 2 else piece for index, piece in enumerate(pieces) if piece]


def _filled(stack: Stack, group: Group, mark: str) -> Any:
    kind, _, name = mark.partition(":")
    return ref(stack.secret(name)) if kind == "arn" else ref(stack.tier("Handle", group.name))


def scaling_members(stack: Stack, text: Text, span: Span) -> bool:
    """Whether a text wants the addresses of a scaling tier's members, which nobody knows: reported."""
    wanted = [part.group for part in text if isinstance(part, MemberAddressHole | MemberAddressesHole)]
    unknown = dict.fromkeys(name for name in wanted if not isinstance(stack.groups[name].members, Fixed))
    stack.found += [diagnostics.ScalingMembers(span=span, tier=name) for name in unknown]
    return bool(unknown)


def _size(stack: Stack, text: Text) -> int:
    """Bytes of the filled text."""
    return URL + sum(len(part.encode()) if isinstance(part, str) else _filled_size(stack, part) for part in text)


def _filled_size(stack: Stack, hole: Hole) -> int:
    """A list of addresses is as long as its tier has members; any other value is short."""
    if not isinstance(hole, MemberAddressesHole):
        return FILLED
    members = stack.groups[hole.group].members
    return (ADDRESS + len(hole.separator.encode())) * members.count if isinstance(members, Fixed) else FILLED


def _check(stack: Stack, group: Group, text: Text) -> None:
    size = _size(stack, text)
    if size > LARGEST:
        largest = ", ".join(f"{part.title} ({part.size:,} bytes)" for part in parts(group)[:3]) or "packages"
        stack.found.append(diagnostics.UserDataTooLarge(span=group.span, tier=group.name, size=size, largest=largest))
