"""Machines in QEMU, started by their images' own boot loader, with the first boot that bpc wrote for their tier.

They are emulated: that /dev/kvm exists does not mean that a kernel starts on it (BPC_KVM=yes says that it does). All ports
are free ones of the loopback interface; a machine reaches nothing but the signal server and its solution's machines,
unless `outside` is true. When a `with` block ends, so has everything that it started.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable

MARKER = re.compile(r"@@([a-z_][\w.-]*)(?:~\d+)?@@")
SIGNAL_HOST = "10.0.2.100"
"""Where a machine finds the signal server: an address of QEMU's user network."""
EMULATED = ("-accel", "tcg,thread=multi,tb-size=128", "-cpu", "qemu64")
ACCELERATED = ("-accel", "kvm", "-cpu", "host")
RELAY = """
import os, socket, sys, threading
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def answer():
    while data := server.recv(65536): os.write(1, data)
    os._exit(0)
threading.Thread(target=answer, daemon=True).start()
while data := os.read(0, 65536): server.sendall(data)
server.shutdown(socket.SHUT_WR)
threading.Event().wait(30)
"""


class BootError(Exception):
    """A machine ended, failed or was not in time; the text has the end of its console."""


class Signal(NamedTuple):
    """What a machine said at the end of its first boot."""

    machine: str
    status: str
    reason: str


class Signals:
    """A server on the loopback interface in the place of Keystone and Heat: it keeps what the machines say."""

    def __init__(self) -> None:
        self.received: list[Signal] = []
        self.inventories: dict[str, dict[str, Any]] = {}
        received, inventories = self.received, self.inventories

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if "status" in body:
                    received.append(Signal(self.path.strip("/"), body["status"], body["reason"]))
                elif self.path == "/inventory":
                    inventories[body["machine"]] = body
                self.send_response(200)
                self.send_header("X-Subject-Token", "none")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def values(self, machine: str) -> dict[str, str]:
        """For the markers of a machine's user data."""
        account = {"auth_url": f"http://{SIGNAL_HOST}/v3", "alarm_url": f"http://{SIGNAL_HOST}/{machine}"}
        return {"signal": json.dumps(account | {"user_id": "u", "password": "p", "project_id": "p"})}

    def wait(self, machine: Machine, seconds: float) -> float:
        """Seconds until a machine was ready. Raises BootError where it tells of a failure."""
        spent = machine.wait(lambda: bool(self._of(machine)), seconds, "its signal")
        signal = self._of(machine)[0]
        if signal.status != "SUCCESS":
            raise BootError(f"{machine.name} signalled {signal.status}: {signal.reason}\n{machine.tail()}")
        return spent

    def _of(self, machine: Machine) -> list[Signal]:
        return [signal for signal in self.received if signal.machine == machine.name]


class Private(NamedTuple):
    """A network between machines: a multicast group of the loopback interface, and this machine's address with prefix."""

    group: str
    address: str


class Machine:
    """A machine that runs inside the `with` block. `memory` in MiB, `disk` in GiB, `volumes`: serial → GiB."""

    def __init__(
        self,
        name: str,
        image: Path,
        user_data: str,
        folder: Path,
        *,
        ports: tuple[int, ...] = (),
        signals: Signals | None = None,
        volumes: dict[str, int] | None = None,
        private: Private | None = None,
        memory: int = 512,
        disk: int = 6,
        outside: bool = False,
    ) -> None:
        self.name, self.folder, self.console = name, folder, folder / "console.log"
        self.ports = {port: free_port() for port in ports}
        self.private = private
        folder.mkdir(parents=True, exist_ok=True)
        root = folder / "root.qcow2"
        output(
            program("qemu-img"), "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.resolve(), root, f"{disk}G"
        )
        self.command = [
            *("setpriv", "--pdeathsig", "KILL"),  # no machine outlives a test run that was killed
            program("qemu-system-x86_64"),
            *("-name", name, "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-serial", f"file:{self.console}", "-device", "virtio-rng-pci"),
            *("-drive", f"file={root},format=qcow2,if=none,id=root,cache=unsafe"),
            *("-device", "virtio-blk-pci,drive=root,bootindex=1"),
            *("-drive", f"file={self._seed(user_data)},format=raw,if=none,id=seed,readonly=on"),
            *("-device", "virtio-blk-pci,drive=seed"),
            *(word for serial, size in (volumes or {}).items() for word in self._volume(serial, size)),
            *("-netdev", self._user(signals, outside), "-device", f"virtio-net-pci,netdev=user,mac={self.mac('user')}"),
            *self._private(),
            *(ACCELERATED if os.environ.get("BPC_KVM") else EMULATED),
        ]
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def mac(self, network: str) -> str:
        """A locally administered address that belongs to the machine's name."""
        digits = hashlib.sha256(f"{self.name} {network}".encode()).hexdigest()
        return f"52:54:00:{digits[0:2]}:{digits[2:4]}:{digits[4:6]}"

    def _seed(self, user_data: str) -> Path:
        """A NoCloud seed; cloud-init looks for its label on ISO 9660."""
        tree, image = self.folder / "seed", self.folder / "seed.iso"
        tree.mkdir(exist_ok=True)
        cards: dict[str, object] = {"user": {"match": {"macaddress": self.mac("user")}, "dhcp4": True}}
        if self.private is not None:
            cards["private"] = {"match": {"macaddress": self.mac("private")}, "addresses": [self.private.address]}
        (tree / "user-data").write_text(user_data)
        (tree / "meta-data").write_text(json.dumps({"instance-id": f"bpc-{self.name}", "local-hostname": self.name}))
        (tree / "network-config").write_text(json.dumps({"version": 2, "ethernets": cards}))
        output(program("genisoimage"), "-quiet", "-volid", "cidata", "-joliet", "-rock", "-output", image, tree)
        return image

    def _volume(self, serial: str, size: int) -> tuple[str, ...]:
        path = self.folder / f"{serial}.raw"
        with path.open("wb") as file:
            file.truncate(size * 1024**3)
        drive = f"file={path},format=raw,if=none,id=v{serial},cache=unsafe"
        return ("-drive", drive, "-device", f"virtio-blk-pci,drive=v{serial},serial={serial}")

    def _user(self, signals: Signals | None, outside: bool) -> str:
        options = ["user", "id=user"] if outside else ["user", "id=user", "restrict=on"]
        options += [f"hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in self.ports.items()]
        if signals is not None:
            relay = self.folder / "relay.py"
            relay.write_text(RELAY)
            options.append(f"guestfwd=tcp:{SIGNAL_HOST}:80-cmd:{sys.executable} {relay} {signals.port}")
        return ",".join(options)

    def _private(self) -> tuple[str, ...]:
        if self.private is None:
            return ()
        network = f"socket,id=private,mcast={self.private.group},localaddr=127.0.0.1"
        return ("-netdev", network, "-device", f"virtio-net-pci,netdev=private,mac={self.mac('private')}")

    def __enter__(self) -> Self:
        with (self.folder / "qemu.log").open("wb") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def url(self, port: int, path: str = "") -> str:
        """Where this machine answers, seen from here."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def elapsed(self) -> float:
        """Seconds since the machine was started."""
        return time.monotonic() - self.started

    def wait(self, done: Callable[[], bool], seconds: float, what: str) -> float:
        """Waits for something to be so; seconds since the start. Raises BootError where the machine ends or time runs out."""
        assert self.process is not None
        while not done():
            if self.process.poll() is not None:
                raise BootError(f"{self.name} ended with {self.process.returncode} before {what}:\n{self.tail()}")
            if self.elapsed() > seconds:
                raise BootError(f"{self.name} had {seconds:.0f} s for {what}:\n{self.tail()}")
            time.sleep(0.5)
        return self.elapsed()

    def tail(self) -> str:
        """The last lines of QEMU's own messages and of the console."""
        texts = [file.read_text(errors="replace") for file in (self.folder / "qemu.log", self.console) if file.exists()]
        return "\n".join(line for text in texts for line in text.splitlines()[-30:])


def fill(user_data: str, values: dict[str, str]) -> str:
    """The user data with its markers replaced, as Heat's str_replace does it. Raises BootError where one has no value."""
    missing = sorted(set(MARKER.findall(user_data)) - set(values))
    if missing:
        raise BootError(f"no value for {', '.join(missing)}")
    return MARKER.sub(lambda match: values[match[1]], user_data)


def free_port() -> int:
    """A port of the loopback interface that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def body(url: str) -> str:
    """What an HTTP server answers with 200, or ""."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode(errors="replace")) if answer.status == 200 else ""
    except OSError:
        return ""


def postgresql_answers(port: int) -> bool:
    """Whether PostgreSQL answers to a request for TLS. That a connection opens says nothing: QEMU opens it for the machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.settimeout(5)
            connection.sendall(bytes.fromhex("0000000804d2162f"))
            return connection.recv(1) in (b"S", b"N")
    except OSError:
        return False


def program(name: str) -> str:
    """One of QEMU's programs: of the machine, or of BPC_QEMU, a folder."""
    found = shutil.which(name, path=os.environ.get("BPC_QEMU")) or shutil.which(name)
    if found is None:
        raise BootError(f"{name} is missing: apt-get install qemu-system-x86 qemu-utils genisoimage")
    return found


def output(*command: str | Path) -> str:
    """What a command prints. Raises BootError with its messages where it fails."""
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if done.returncode:
        raise BootError(f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout
