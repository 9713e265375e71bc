"""What a running machine is, told by itself: packages, files, services; and how two machines differ.

The machine is asked by a script that its user data brings besides what bpc wrote: a multipart message, as cloud-init takes it.
The script runs after first boot and posts its findings to the signal server.
"""

from __future__ import annotations

import re
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any, NamedTuple

from judges.machines import SIGNAL_HOST

ASK = """#!/usr/bin/env python3
import glob, grp, hashlib, json, os, pwd, socket, stat, subprocess, urllib.request

SKIP = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/lost+found", "/media", "/mnt")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()


def name(find, number):
    try:
        return find(number)[0]
    except KeyError:
        return str(number)


def entry(path):
    # what the packages have brought below /usr is told by their versions: of it the sizes will do
    found = os.lstat(path)
    owner = f"{name(pwd.getpwuid, found.st_uid)}:{name(grp.getgrgid, found.st_gid)}"
    if stat.S_ISLNK(found.st_mode):
        content = "-> " + os.readlink(path)
    elif stat.S_ISREG(found.st_mode) and path.startswith("/usr/") and not path.startswith("/usr/local/"):
        content = f"{found.st_size} bytes"
    elif stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(open(path, "rb").read()).hexdigest()
    else:
        content = ""
    return [stat.filemode(found.st_mode), owner, content]


def files():
    found = {}
    for folder, inner, names in os.walk("/"):
        inner[:] = [n for n in inner if os.path.join(folder, n) not in SKIP]
        for path in (os.path.join(folder, n) for n in inner + names):
            try:
                found[path] = entry(path)
            except OSError:
                pass
    return found


received = {n: int(open(n + "/statistics/rx_bytes").read()) for n in glob.glob("/sys/class/net/e*")}
body = {
    "machine": "@@machine@@",
    "received": max(received.values(), default=0),
    "packages": sorted(run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package} ${Version} ${Architecture}\\\\n")),
    "services": sorted(line.split()[0] for line in run("systemctl", "list-unit-files", "--state=enabled", "--no-legend")),
    "active": sorted(line.split()[0] for line in run("systemctl", "list-units", "--type=service", "--state=active", "--no-legend", "--plain")),
    "failed": sorted(line.split()[0] for line in run("systemctl", "list-units", "--state=failed", "--no-legend", "--plain")),
    "files": files(),
}
request = urllib.request.Request("http://@@host@@/inventory", json.dumps(body).encode(), {"Content-Type": "application/json"})
urllib.request.urlopen(request, timeout=60)
"""


def asked(user_data: str, machine: str) -> str:
    """User data that also asks the machine what it is. The script's name sorts after that of `runcmd`."""
    message = MIMEMultipart()
    message.attach(MIMEText(user_data, "cloud-config"))
    script = MIMEText(ASK.replace("@@machine@@", machine).replace("@@host@@", SIGNAL_HOST), "x-shellscript")
    script.add_header("Content-Disposition", "attachment", filename="zz-inventory")
    message.attach(script)
    return message.as_string()


class Difference(NamedTuple):
    """One thing that two machines do not have alike: `what` is "package", "file", "service" or "active"."""

    what: str
    name: str
    left: str
    right: str


def differences(left: dict[str, Any], right: dict[str, Any]) -> list[Difference]:
    """All, in order."""
    found = []
    for what, key in (("package", "packages"), ("service", "services"), ("active", "active"), ("failed", "failed")):
        ours, theirs = set(left[key]), set(right[key])
        found += [Difference(what, n, "yes" * (n in ours), "yes" * (n in theirs)) for n in sorted(ours ^ theirs)]
    for path in sorted({*left["files"], *right["files"]}):
        ours, theirs = left["files"].get(path), right["files"].get(path)
        if ours != theirs:
            found.append(Difference("file", path, " ".join(ours or ()), " ".join(theirs or ())))
    return found


def unexplained(found: list[Difference], causes: dict[str, str]) -> tuple[list[Difference], dict[str, list[str]]]:
    """Those without a cause, and the paths of the others by cause. `causes`: pattern of the whole `what name` → cause."""
    rest, known = [], {}
    for item in found:
        cause = next((cause for form, cause in causes.items() if re.fullmatch(form, f"{item.what} {item.name}")), None)
        if cause is None:
            rest.append(item)
        else:
            known.setdefault(cause, []).append(item.name)
    return rest, known
