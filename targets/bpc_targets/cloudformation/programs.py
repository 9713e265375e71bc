"""What machines on AWS run beside first boot: programs that fetch values and tell how it ended. Images have no AWS library."""

from __future__ import annotations

from bpc.parts import Own, Place
from bpc.provision.runner import REASON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.parts import Parts

LIBRARY = '''"""What a machine asks of AWS, by its role. Made by bpc."""
import datetime, hashlib, hmac, json, urllib.request


def fetch(url, body=None, headers={}, method=None):
    return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10).read().decode()


def metadata(path):
    base = "http://169.254.169.254/latest/"
    token = fetch(base + "api/token", None, {"X-aws-ec2-metadata-token-ttl-seconds": "300"}, "PUT")
    return fetch(base + "meta-data/" + path, None, {"X-aws-ec2-metadata-token": token})


def call(service, region, body, headers):
    """A request as the instance's role, signed by hand (AWS Signature Version 4)."""
    role = metadata("iam/security-credentials/").split()[0]
    keys = json.loads(metadata("iam/security-credentials/" + role))
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    host = f"{service}.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    headers = headers | {"host": host, "x-amz-date": now, "x-amz-security-token": keys["Token"]}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\\n" for name in sorted(headers))
    request = f"POST\\n/\\n\\n{lines}\\n{names}\\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\\n{now}\\n{scope}\\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 {credential}"
    return fetch(f"https://{host}/", body, headers)
'''
BESIDE: dict[str, Parts] = {"aws.py": (LIBRARY,), "handle": (Place(hole=Own(name="signal")),)}
"""What stands beside the two programs in root's own folder: what both import, and the signed address of the wait condition, which alone
of the programs' texts is known only when the stack runs."""


def signal(pause: int) -> Parts:
    """The program that tells how first boot ended; `pause` are seconds after which CloudFormation hears that all is well.

    The address of the wait condition takes a reason, and counts while the stack is made. An update waits for
    SignalResource, which takes none. A failure has a minute's lead with its reason: whichever is heard first ends the creation.
    """
    settings = f"PAUSE = {pause}  # seconds between the batches of an update\n"
    return (SIGNAL_HEAD + settings + REASON + SIGNAL,)


SIGNAL_HEAD = '''#!/usr/bin/env python3
"""Tells CloudFormation how the first boot ended: `signal SUCCESS|FAILURE`, the reason on the standard input. Made by bpc."""
import json, socket, sys, time, urllib.parse, urllib.request

import aws

url = open("/var/lib/bpc/handle").read().strip()
'''
SIGNAL = '''status = sys.argv[1]


def condition():
    """The stack's wait condition, with the reason."""
    name = socket.gethostname() + "-" + open("/etc/machine-id").read().strip()  # host names may be cut
    body = {"Status": status, "UniqueId": name, "Reason": reason, "Data": ""}
    while len(json.dumps(body)) > 4000:  # CloudFormation allows 4096 bytes in total
        body["Reason"] = body["Reason"][100:]
    # the signed address is for requests without a content type
    aws.fetch(url, json.dumps(body).encode(), {"Content-Type": ""}, "PUT")


def resource():
    """What awaits this machine in an update, and while the stack is made."""
    stack = aws.metadata("tags/instance/bpc:stack")
    form = {"Action": "SignalResource", "Version": "2010-05-15", "StackName": stack, "Status": status}
    form |= {"LogicalResourceId": aws.metadata("tags/instance/bpc:signal"), "UniqueId": aws.metadata("instance-id")}
    kind = {"content-type": "application/x-www-form-urlencoded"}
    aws.call("cloudformation", stack.split(":")[3], urllib.parse.urlencode(form).encode(), kind)


def sent(send, final):
    """Whether it was heard; None where nobody answered. A refusal fails nothing: nobody may be waiting."""
    heard = None
    for attempt in range(20):
        try:
            send()
            return True
        except Exception as error:
            said = f"{error} {error.read().decode(errors='replace')}" if hasattr(error, "read") else str(error)
            print("signal:", said, file=sys.stderr)
            heard = False if hasattr(error, "code") else heard
            if final in said:
                break
            time.sleep(15)
    return heard


if status == "FAILURE":
    try:
        with open("/dev/console", "w", errors="replace") as console:
            console.write("bpc: first boot failed: " + reason)
    except OSError as error:
        print("signal:", error, file=sys.stderr)
first = sent(condition, "Error 403")  # the address is valid for a day
time.sleep(PAUSE if status == "SUCCESS" else 60 * bool(first))
second = sent(resource, "ValidationError")  # nobody waits: a scaling group made this machine by itself
if first is None or second is None:
    sys.exit("signal: nobody answered")
'''

PREPARE_HEAD = '''#!/usr/bin/env python3
"""Brings what this machine must fetch itself into the files of this folder, and then runs first boot. Made by bpc."""
import json, os, re, subprocess, sys, time, traceback

import aws

'''
PREPARE = r"""

HOME = "/var/lib/bpc"


def secret(arn):
    kind = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
    body = json.dumps({"SecretId": arn}).encode()
    return json.loads(aws.call("secretsmanager", arn.split(":")[3], body, kind))["SecretString"]


def late(kind, name, escapes):
    if kind == "secret":
        value = secret(name)
    else:  # a volume: its id without the dash is the serial number of the device
        value = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"
        value += aws.metadata("tags/instance/bpc:volume:" + name).replace("-", "")
    return "".join(escapes.get(char, char) for char in value)


def prepare():
    if NAMED:
        subprocess.run(["hostnamectl", "set-hostname", aws.metadata("tags/instance/bpc:member")], check=True)
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
"""
