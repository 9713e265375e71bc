"""Starting a program in namespaces of its own: what it sees, and what it is told. `bpc.imaging.confine` does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bpc.imaging import confine

TYPE_CHECKING = False
if TYPE_CHECKING:
    import contextlib

    from bpc.imaging.place import Folder

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
FILES = {
    "/etc/passwd": "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
OF_THE_MACHINE = ("/etc/os-release", "/etc/ld.so.conf")
WITH_NETWORK = ("/etc/resolv.conf", "/etc/hosts")


class Room:
    """What one confined program has: folders that are open here, memory, files, a network or none. Nothing else is there."""

    def __init__(self, stack: contextlib.ExitStack, *, network: bool) -> None:
        self.stack, self.network = stack, network
        self.folders: dict[str, dict[str, int | bool]] = {}
        self.memory: dict[str, int] = {}
        self.files = dict(FILES)
        self.command = ["/bin/true"]
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
        for path in OF_THE_MACHINE + (WITH_NETWORK if network else ()):
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    self.files[path] = file.read()
        if network:
            self.environment |= {name: os.environ[name] for name in PROXIES if name in os.environ}

    def show(self, target: str, folder: Folder, name: str, *, write: bool = False) -> None:
        """A folder within another one, which is open: whatever its path leads to by then."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._show(target, os.open(name, flags, dir_fd=folder.number), write=write)

    def show_path(self, target: str, path: str) -> None:
        """A folder that only root can exchange, read-only."""
        self._show(target, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), write=False)

    def _show(self, target: str, number: int, *, write: bool) -> None:
        self.stack.callback(os.close, number)
        self.folders[target] = {"number": number, "write": write}

    def start(self) -> subprocess.Popen[bytes]:
        """The program, its output in a pipe; it ends when the thread that called does, and all that it started with it."""
        plan = {
            name: getattr(self, name) for name in ("folders", "memory", "files", "network", "command", "environment")
        }
        return subprocess.Popen(
            [sys.executable, "-I", "-S", confine.__file__, json.dumps(plan)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[int(entry["number"]) for entry in self.folders.values()],
            env={},
            cwd="/",
        )


def unable() -> str:
    """Why this machine does not allow programs to be confined; "" where it does."""
    import contextlib

    with contextlib.ExitStack() as stack:
        process = Room(stack, network=False).start()
        said = process.communicate()[0].decode(errors="replace")
    return said.partition(confine.MARK)[2].strip() or said.strip() if process.returncode else ""
