"""The metadata service is closed to all but root: the unit's own commands, run in network namespaces that stand for a machine,
the service beside it and a container on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

import bpc.api
from bpc.provision.metadata import ADDRESSES, NAME, PATH
from bpc.provision.runner import RUNNER

SOLUTION = """blueprint 1
image plain { from = debian("12") }
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = plain, network = n%s }
}
"""
SERVER = """
import http.server, socket
http.server.ThreadingHTTPServer.address_family = socket.AF_INET6
http.server.ThreadingHTTPServer(("::", 80), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
ASK = """
import encodings.idna, os, socket, sys  # what an ordinary account may have no right to read is read before
if sys.argv[2] != "0":
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    connection = socket.create_connection((sys.argv[1], 80), timeout=5)
    connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(connection.recv(100).split()[1].decode())
except OSError as error:
    print(type(error).__name__)
"""
NOBODY = 65534


def compiled(tmp_path: Path, target: str, setting: str) -> dict[str, object]:
    """The first boot of a tier as cloud-init reads it."""
    (tmp_path / "solution.bp").write_text(SOLUTION % setting)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=(target,))
    assert result.ok, [d.text for d in result.diagnostics]
    return yaml.safe_load(result.artifacts[target].files["user-data/t.yaml"])


def files(config: dict[str, object]) -> dict[str, str]:
    return {entry["path"]: entry["content"] for entry in config["write_files"]}


@pytest.mark.parametrize("target", ["heat", "cloudformation"])
def test_closed_unless_it_says_open(target, tmp_path):
    """The runner closes it before the first step, at a second run too; a later start does by the unit."""
    for setting in ("", ", metadata = closed"):
        written = files(compiled(tmp_path, target, setting))
        assert "WantedBy=sysinit.target" in written[PATH]
        commands = written[RUNNER].partition("if begin")[0]
        assert f"\nsystemctl enable --now {NAME}\n" in commands
    opened = files(compiled(tmp_path, target, ", metadata = open"))
    assert PATH not in opened and NAME not in opened[RUNNER]


def hops(tmp_path: Path, setting: str) -> int:
    (tmp_path / "solution.bp").write_text(SOLUTION % setting)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",), options=("json",))
    template = yaml.safe_load(result.artifacts["cloudformation"].files["stack.json"])
    [data] = [
        thing["Properties"]["LaunchTemplateData"]
        for thing in template["Resources"].values()
        if thing["Type"] == "AWS::EC2::LaunchTemplate"
    ]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    return int(data["MetadataOptions"]["HttpPutResponseHopLimit"])


def test_an_answer_of_aws_reaches_a_container_only_where_it_is_open(tmp_path):
    assert (hops(tmp_path, ""), hops(tmp_path, ", metadata = open")) == (1, 2)


# ---- run


def able() -> bool:
    """Whether this machine lets us make network namespaces."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "unshare", "sysctl"))):
        return False
    return not subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode


class Room:
    """Network namespaces: `machine`, with `cloud` beside it and `container` behind it."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack, self.holders = stack, {}
        for name in ("machine", "cloud", "container"):
            holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
            stack.callback(lambda holder=holder: (holder.kill(), holder.wait()))
            self.holders[name] = holder.pid
        self._await_namespaces()
        for line in self._links().splitlines():
            self.run(*line.split())

    def _await_namespaces(self) -> None:
        ours = os.readlink("/proc/self/ns/net")
        for pid in self.holders.values():
            while os.readlink(f"/proc/{pid}/ns/net") == ours:
                time.sleep(0.01)

    def _links(self) -> str:
        pids = self.holders
        return f"""cloud ip link set lo up
machine ip link add eth0 type veth peer name eth0 netns {pids["cloud"]}
machine ip link add veth0 type veth peer name eth0 netns {pids["container"]}
cloud ip addr add 169.254.169.254/32 dev eth0
cloud ip addr add fd00:ec2::254/64 dev eth0 nodad
cloud ip addr add fe80::a9fe:a9fe/64 dev eth0 nodad
cloud ip link set eth0 up
cloud ip route add 10.0.0.0/8 dev eth0
machine ip addr add 10.0.0.5/24 dev eth0
machine ip addr add fd00:ec2::5/64 dev eth0 nodad
machine ip link set eth0 up
machine ip route add 169.254.169.254 dev eth0
machine ip addr add 10.1.0.1/24 dev veth0
machine ip link set veth0 up
machine sysctl -qw net.ipv4.ip_forward=1
machine sysctl -qw net.ipv4.conf.eth0.proxy_arp=1
container ip addr add 10.1.0.2/24 dev eth0
container ip link set eth0 up
container ip route add default via 10.1.0.1"""

    def command(self, name: str, *words: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.holders[name]}/ns/net", *words]

    def run(self, name: str, *words: str) -> str:
        return subprocess.run(self.command(name, *words), capture_output=True, text=True, check=True).stdout.strip()

    def serve(self) -> None:
        server = subprocess.Popen(self.command("cloud", sys.executable, "-c", SERVER), stderr=subprocess.DEVNULL)
        self.stack.callback(lambda: (server.kill(), server.wait()))
        deadline = time.monotonic() + 30
        while self.ask("machine", ADDRESSES[0], 0) != "200":
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def ask(self, name: str, address: str, account: int) -> str:
        zone = "%eth0" if address.startswith("fe80") else ""
        return self.run(name, sys.executable, "-c", ASK, address + zone, str(account))

    def answers(self) -> dict[tuple[str, int], str]:
        """What each address says to root and to an ordinary account of the machine, and to a container's root."""
        found = {(to, account): self.ask("machine", to, account) for to in ADDRESSES for account in (0, NOBODY)}
        return found | {("container", 0): self.ask("container", ADDRESSES[0], 0)}

    def start(self, unit: str) -> None:
        """As systemd does it: lines that are continued are one, `$$` is one dollar."""
        [line] = [line for line in unit.replace("\\\n", " ").splitlines() if line.startswith("ExecStart=")]
        shell, options, script = line.removeprefix("ExecStart=").split(maxsplit=2)
        self.run("machine", shell, options, script.strip("'").replace("$$", "$"))


@pytest.mark.skipif(not able(), reason="network namespaces need root and iproute2")
@pytest.mark.parametrize("filter", ["0", "1"], ids=["", "with a strict reverse path filter"])
def test_root_and_nobody_else(filter, tmp_path):
    unit = files(compiled(tmp_path, "heat", ""))[PATH]
    with ExitStack() as stack:
        room = Room(stack)
        room.run("machine", "sysctl", "-qw", f"net.ipv4.conf.all.rp_filter={filter}")
        room.serve()
        assert set(room.answers().values()) == {"200"}, "before first boot everybody reaches it"
        for _ in range(2):  # the second start changes nothing
            room.start(unit)
            rules = room.run("machine", "ip", "rule"), room.run("machine", "ip", "-6", "rule")
            assert [text.count("\n") for text in rules] == [4, 5], rules
            assert room.answers() == {
                **{(to, 0): "200" for to in ADDRESSES},
                **{(to, NOBODY): "PermissionError" for to in ADDRESSES},
                ("container", 0): "OSError",  # no route to host, as the machine tells it
            }
        assert room.run("machine", "ip", "-details", "rule").count("proto kernel") >= 2, "systemd-networkd leaves them"


def test_tiers_of_one_image_are_each_as_they_say(tmp_path):
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage base { from = debian("12") }\nsolution s {\n  version = "1"\n'
        '  network n { cidr = "10.0.0.0/24" }\n  tier a { image = base, network = n, metadata = open }\n'
        "  tier b { image = base, network = n }\n}\n"
    )
    for target in ("heat", "cloudformation"):
        files = bpc.api.compile(tmp_path / "solution.bp", targets=(target,)).artifacts[target].files
        closed = [name for name in ("a", "b") if PATH in files[f"user-data/{name}.yaml"]]
        assert closed == ["b"], target
