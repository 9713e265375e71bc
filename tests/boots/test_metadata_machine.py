"""A machine that starts, and starts again: its metadata service, which stands in a namespace of it, answers root and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from judges.machines import SIGNAL_HOST, Machine, Signals, fill
from test_bakes import DEADLINE, SHOP, VALUES

pytestmark = pytest.mark.images

REPORT = """#!/usr/bin/env python3
import glob, http.client, json, os, socket, stat, subprocess, sys, time, urllib.request

COUNT = "/root/starts"
start = int(open(COUNT).read()) + 1 if os.path.exists(COUNT) else 1
open(COUNT, "w").write(str(start))
for line in '''ip netns add cloud
ip link add meta type veth peer name eth0 netns cloud
ip netns exec cloud ip addr add 169.254.169.254/16 dev eth0
ip netns exec cloud ip link set eth0 up
ip addr add 169.254.1.1/32 dev meta
ip link set meta up
ip route add 169.254.169.254 dev meta src 169.254.1.1
ip netns exec cloud ip route add 169.254.1.1 dev eth0'''.splitlines():
    subprocess.run(line.split(), check=True)
server = subprocess.Popen("ip netns exec cloud python3 -m http.server 80".split(), cwd="/var/empty" if os.path.isdir("/var/empty") else "/srv")
time.sleep(15)


def ask(account):
    program = '''import socket
try:
    s = socket.create_connection(("169.254.169.254", 80), 20); s.sendall(b"GET / HTTP/1.0\\\\r\\\\n\\\\r\\\\n"); print(s.recv(99).split()[1].decode())
except OSError as error:
    print(type(error).__name__)'''
    command = ["setpriv", f"--reuid={account}", "--clear-groups", "python3", "-c", program]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def readable(path):
    mode = os.stat(path).st_mode
    above = [os.stat(path[:at]).st_mode for at, char in enumerate(path) if char == "/" and at]
    return bool(mode & 0o004) and all(m & 0o001 for m in above)


places = [os.path.join(f, n) for top in ("/var/lib/cloud", "/run/cloud-init", "/var/log", "/var/lib/bpc") for f, _, names in os.walk(top) for n in names]
told = [path for path in places if os.path.isfile(path) and b"Secret-of-the-test" in open(path, "rb").read() and readable(path)]
kept = [path for path in places if os.path.isfile(path) and b"Secret-of-the-test" in open(path, "rb").read()]
failed = subprocess.run(["systemctl", "is-failed", "bpc-metadata"], capture_output=True, text=True).stdout.strip()
body = {"machine": f"start-{start}", "root": ask(0), "www-data": ask(33), "nobody": ask(65534), "readable": told, "kept": kept, "unit": failed}
request = urllib.request.Request("http://@@host@@/inventory", json.dumps(body).encode(), {"Content-Type": "application/json"})
urllib.request.urlopen(request, timeout=60)
"""
UNIT = """#!/bin/sh
cp "$0" /root/make-report
cat >/root/report <<'END'
@@report@@
END
chmod 700 /root/report
printf '[Unit]\\nAfter=network-online.target multi-user.target\\n[Service]\\nType=oneshot\\nExecStart=/usr/bin/python3 /root/report\\n[Install]\\nWantedBy=graphical.target\\n' >/etc/systemd/system/report.service
systemctl set-default graphical.target
systemctl enable report.service
/root/report
systemctl --no-block reboot
"""


def test_the_service_answers_root_at_every_start(built, tmp_path):
    subprocess.run([sys.executable, "-m", "bpc", "compile", str(SHOP / "solution.bp"), "-o", str(tmp_path)], check=True)
    listed = json.loads((tmp_path / "heat" / "images.json").read_text())["images"]
    name = next(image["name"] for image in listed if "app" in image["tiers"])
    message = MIMEMultipart()
    with Signals() as signals:
        values = VALUES | {"db.0.back": "10.20.2.10", "public.web.http": "10.20.2.12"} | signals.values("app")
        message.attach(MIMEText(fill((tmp_path / "heat/user-data/app.yaml").read_text(), values), "cloud-config"))
        script = MIMEText(UNIT.replace("@@report@@", REPORT.replace("@@host@@", SIGNAL_HOST)), "x-shellscript")
        script.add_header("Content-Disposition", "attachment", filename="zz-report")
        message.attach(script)
        one = Machine("app", built / "images" / f"{name}.qcow2", message.as_string(), tmp_path / "app", signals=signals)
        one.command.remove("-no-reboot")
        with one:
            print(f"ready after {signals.wait(one, DEADLINE):.0f} s")
            for start in ("start-1", "start-2"):
                one.wait(lambda start=start: start in signals.inventories, DEADLINE, start)
                found = signals.inventories[start]
                asked = found["root"], found["www-data"], found["nobody"], found["unit"]
                assert asked == ("200", "PermissionError", "PermissionError", "active")
                assert found["kept"] and found["readable"] == [], "copies of user data are root's"
