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
from bpc.provision.runner import REASON
from bpc.provision.userdata import portions
from bpc.provision.userdata import user_data as cloud_config
from bpc_targets.cloudformation import diagnostics
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

SIGNAL_URL = Place(hole=Own(name="signal"))
SIGNAL: Parts = (
    '''#!/usr/bin/env python3
"""Tells CloudFormation how the first boot ended: `signal SUCCESS|FAILURE`, the reason on the standard input. Made by bpc."""
import json, socket, sys, time, urllib.request

url = r"''',
    SIGNAL_URL,
    """"
"""
    + REASON
    + """name = socket.gethostname() + "-" + open("/etc/machine-id").read().strip()  # host names may be cut
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
""",
)

PREPARE_HEAD = '''#!/usr/bin/env python3
"""Brings what this machine must fetch itself into the files of this folder, and then runs first boot. Made by bpc."""
import datetime, hashlib, hmac, json, os, re, subprocess, sys, time, traceback, urllib.request

'''
PREPARE = r'''

HOME = "/var/lib/bpc"


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


def late(kind, name, escapes):
    if kind == "secret":
        value = secret(name)
    else:  # a volume: its id without the dash is the serial number of the device
        value = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"
        value += metadata("tags/instance/bpc:volume:" + name).replace("-", "")
    return "".join(escapes.get(char, char) for char in value)


def prepare():
    if NAMED:
        subprocess.run(["hostnamectl", "set-hostname", metadata("tags/instance/Name")], check=True)
    values = [late(*value) for value in VALUES]
    paths = [os.path.join(HOME, name) for name in FILES if not os.path.exists(HOME + "/prepared")]
    for path in paths:  # what is to be filled stays until all is: a value may look like a mark
        if not os.path.exists(path + ".empty"):
            os.rename(path, path + ".empty")
        text = open(path + ".empty", "rb").read().decode()
        text = re.sub(MARK + "([0-9]*)" + MARK, lambda m: values[int(m[1])] if m[1] else MARK, text)
        mode = os.stat(path + ".empty").st_mode & 0o777
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(text.encode())
    open(HOME + "/prepared", "w").close()
    for path in paths:
        os.remove(path + ".empty")


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

    return cloud_config(group, SIGNAL, Fetching(late=LATE, program=program), compress=compress)


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
    return ref(stack.secret(name)) if kind == "arn" else ref(stack.tier("Handle", group.name))


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
