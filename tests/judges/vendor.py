"""A vendor's apt repository, made here: packages of a line each, an index, a signature by a key of its own, and a server on loopback."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = ("gpg", "dpkg-deb", "apt-get")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
KINDS = {"rsa": "rsa2048", "ed25519": "ed25519"}


class Key:
    """A signing key in a folder of its own; `public` is what a vendor publishes."""

    def __init__(self, folder: Path, name: str, kind: str = "rsa") -> None:
        self.home = folder / f"gpg-{name}"
        self.home.mkdir(mode=0o700, parents=True)
        self.gpg("--passphrase", "", "--quick-generate-key", f"{name} <{name}@example.com>", KINDS[kind], "sign", "0")
        self.public = self.gpg("--armor", "--export").decode()
        self.binary = self.gpg("--export")
        self.private = self.gpg("--armor", "--passphrase", "", "--pinentry-mode", "loopback", "--export-secret-keys")
        listed = self.gpg("--list-keys", "--with-colons").decode().splitlines()
        self.fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=True)

    def gpg(self, *words: str, text: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", *words]
        return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def package(folder: Path, name: str, version: str) -> Path:
    """A package with one file that says its version."""
    tree = folder / f"{name}_{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/bpc-test").mkdir(parents=True)
    (tree / "usr/share/bpc-test" / name).write_text(f"{version}\n")
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: made by a test\n"
    (tree / "DEBIAN/control").write_text(control)
    made = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, made], check=True, capture_output=True)
    return made


def publish(folder: Path, key: Key, packages: dict[str, str], suite: str = "stable", component: str = "main") -> None:
    """Packages (name → version) as a repository below `folder`, signed; what was published before is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pool").mkdir(parents=True)
    entries = [_entry(package(folder / "pool", name, version), folder) for name, version in packages.items()]
    flat = suite == "./"
    root = folder if flat else folder / "dists" / suite
    index = "Packages" if flat else f"{component}/binary-amd64/Packages"
    (root / index).parent.mkdir(parents=True, exist_ok=True)
    (root / index).write_text("\n".join(entries))
    content = (root / index).read_bytes()
    release = (
        f"Origin: test\nSuite: {suite}\nCodename: {suite}\nDate: {formatdate(usegmt=True)}\nArchitectures: all amd64\n"
    )
    release += f"Components: {component}\nSHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} {index}\n"
    (root / "InRelease").write_bytes(key.gpg("--clear-sign", text=release.encode()))
    subprocess.run(["gpgconf", "--homedir", key.home, "--kill", "all"], check=True)


def _entry(deb: Path, folder: Path) -> str:
    control = subprocess.run(["dpkg-deb", "--field", deb], capture_output=True, text=True, check=True).stdout
    content = deb.read_bytes()
    place = deb.relative_to(folder)
    return f"{control}Filename: {place}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[int]:
    """A server of the folder on this machine's loopback address; its port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


# ---- a machine

SETUP = """set -eu
mount -t tmpfs tmpfs {room}
mkdir {room}/upper {room}/work {room}/machine
mount -t overlay overlay -o lowerdir=/,upperdir={room}/upper,workdir={room}/work {room}/machine
mount -t proc proc {room}/machine/proc
mount --rbind /dev {room}/machine/dev
rm -rf {room}/machine/etc/apt/sources.list {room}/machine/etc/apt/sources.list.d/* {room}/machine/var/lib/apt/lists/*
cp -a {files}/. {room}/machine/
exec chroot {room}/machine bash -c "$1"
"""
"""This machine's own programs, with its real apt and dpkg, and a layer over its files that goes when the script ends."""


def possible() -> bool:
    """Whether such a machine can be had: root, and a kernel with overlays."""
    if os.geteuid() != 0 or MISSING:
        return False
    command = "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m"
    return subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, check=False).returncode == 0


def on_machine(
    folder: Path, files: dict[str, tuple[str | bytes, str]], script: str
) -> subprocess.CompletedProcess[str]:
    """Runs a script on a machine that has some files, each with its mode."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, (content, mode) in files.items():
        place = folder / "files" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(int(mode, 8))
    (folder / "room").mkdir(parents=True)
    setup = SETUP.format(room=folder / "room", files=folder / "files")
    environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LC_ALL": "C.UTF-8", "no_proxy": "*"}
    return subprocess.run(
        ["unshare", "-m", "bash", "-c", setup, "setup", script],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
