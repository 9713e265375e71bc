"""A program in namespaces of its own: it sees a few folders and no others, and is root of nothing but what it makes.

Run as a program, by root: `python -I -S confine.py '<a plan as JSON>'`; it imports nothing of bpc. Three processes:

    keeper   waits outside; writes the map of accounts, which only a process outside may, and ends when bpc does
    first    process 1 of the new process namespace: makes the file system, gives up the machine's root, then waits
    program  what the plan's `command` says, with the plan's `environment` and nothing of ours

Exit code: the program's, or `UNABLE` with a line on the standard error where the machine does not allow one of the steps.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

UNABLE = 77
MARK = "bpc-confine: "
"""Before the reason, where a machine does not allow a step."""
ACCOUNTS = 1_900_019_712
"""The machine's number of the confined root; 65,536 from here on are the confined accounts. Beyond those that systemd gives
to its containers, and far from what /etc/subuid begins with.
"""
COUNT = 65_536
KEPT = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 18, 19, 21, 27, 29, 31)
"""Capabilities within the user namespace, by number: files (0 to 4, 27, 31), accounts (5 to 8), network of its own (10, 12, 13),
chroot (18), ptrace (19), mounts (21), audit (29). The rest, over the machine, counts for nothing there, and is dropped too.
"""
CONFIGURATION = ("etc/alternatives", "etc/ssl/certs", "etc/ld.so.cache")
NODES = ("null", "zero", "full", "random", "urandom", "tty")
HIDDEN = ("kcore", "keys", "key-users", "kmsg", "sysrq-trigger", "timer_list", "sched_debug", "latency_stats")
READ_ONLY = ("sys", "irq", "bus", "fs", "acpi", "scsi", "asound", "driver", "mtrr")

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
REC, PRIVATE = 16384, 1 << 18
DETACH = 2
EMPTY_PATH, RECURSIVE, OPEN_TREE_CLONE, CLOEXEC, MOVE_EMPTY_PATH = 0x1000, 0x8000, 1, 0o2000000, 4
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
KEYCTL = {"x86_64": 250, "aarch64": 219}
PR_DEATH, PR_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)


class Unable(Exception):
    """The machine does not allow a step."""


def call(what: str, result: int) -> int:
    """The result of a system call. Raises `Unable` with what it was for."""
    if result < 0:
        raise Unable(f"{what}: {os.strerror(ctypes.get_errno()).lower()}")
    return result


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = [word.encode() or None for word in (source, target, kind)]
    what = f"mounting {kind or 'a folder'} on {target}"
    call(what, libc.mount(words[0], words[1], words[2], flags, options.encode() or None))


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def clone(number: int, *, write: bool) -> int:
    """A folder that is open, as a mount that stands nowhere yet; whatever its path leads to meanwhile."""
    words = (ctypes.c_int(number), b"", ctypes.c_uint(OPEN_TREE_CLONE | EMPTY_PATH | CLOEXEC))
    tree = call("taking a folder", libc.syscall(ctypes.c_long(OPEN_TREE), *words))
    attributes = Attributes(NODEV | (0 if write else RDONLY | NOSUID), 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    words = (ctypes.c_int(tree), b"", ctypes.c_uint(EMPTY_PATH), ctypes.byref(attributes), size)  # type: ignore[assignment]
    call("making a mount read-only", libc.syscall(ctypes.c_long(MOUNT_SETATTR), *words))
    return tree


def move(tree: int, target: str) -> None:
    words = (ctypes.c_int(tree), b"", ctypes.c_int(-100), target.encode(), ctypes.c_uint(MOVE_EMPTY_PATH))
    call(f"mounting a folder on {target}", libc.syscall(ctypes.c_long(MOVE_MOUNT), *words))


# ---- the file system


def file_system(plan: dict[str, Any], trees: dict[str, int]) -> None:
    """A root with the machine's programs, the plan's folders and little else; then the old one is let go."""
    root = "/tmp" if os.path.isdir("/tmp") else "/mnt"
    mount("", "/", flags=REC | PRIVATE)
    mount("bpc", root, "tmpfs", NOSUID | NODEV, "mode=0755,size=64m")
    os.umask(0o022)
    for name in ("proc", "dev", "etc", "tmp", "run", "sys", "var/tmp", "root", "old"):
        os.makedirs(f"{root}/{name}")
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", *CONFIGURATION):
        programs(root, name)
    for name, text in plan["files"].items():
        os.makedirs(os.path.dirname(root + name), exist_ok=True)
        with open(root + name, "w", encoding="utf-8") as file:
            file.write(text)
    for name in ("/tmp", "/run"):
        mount("bpc", root + name, "tmpfs", NODEV, f"mode=1777,uid={ACCOUNTS},gid={ACCOUNTS}")
    devices(f"{root}/dev")
    processes(f"{root}/proc")
    for target, tree in trees.items():
        os.makedirs(root + target, exist_ok=True)
        move(tree, root + target)
    for target, size in plan["memory"].items():
        os.makedirs(root + target, exist_ok=True)
        mount("bpc", root + target, "tmpfs", NODEV, f"size={size},mode=0755,uid={ACCOUNTS},gid={ACCOUNTS}")
    os.chdir(root)
    call("leaving the old root", libc.pivot_root(b".", b"old"))
    os.chdir("/")
    call("letting the old root go", libc.umount2(b"/old", DETACH))
    os.rmdir("/old")


def programs(root: str, name: str) -> None:
    """A folder of the machine's programs, or the link that it is; or a file, read-only."""
    path = f"/{name}"
    if os.path.islink(path):
        os.symlink(os.readlink(path), root + path)
    elif os.path.exists(path):
        if os.path.isdir(path):
            os.makedirs(root + path, exist_ok=True)
        else:
            os.close(os.open(root + path, os.O_CREAT | os.O_EXCL))
        mount(path, root + path, flags=BIND)
        mount("", root + path, flags=BIND | REMOUNT | RDONLY | NOSUID | NODEV)


def devices(folder: str) -> None:
    """Those that every program expects, and none that is a disk."""
    mount("bpc", folder, "tmpfs", NOSUID, "mode=0755,size=1m")
    for name in NODES:
        with open(f"{folder}/{name}", "wb"):
            pass
        mount(f"/dev/{name}", f"{folder}/{name}", flags=BIND)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{folder}/{name}")
    os.mkdir(f"{folder}/shm")
    mount("bpc", f"{folder}/shm", "tmpfs", NOSUID | NODEV, "mode=1777")


def processes(folder: str) -> None:
    """/proc of the new process namespace: its own processes only, the kernel's settings read-only."""
    mount("bpc", folder, "proc", NOSUID | NODEV | NOEXEC)
    for name in READ_ONLY:
        if os.path.exists(f"{folder}/{name}"):
            mount(f"{folder}/{name}", f"{folder}/{name}", flags=BIND | REC)
            mount("", f"{folder}/{name}", flags=BIND | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC)
    for name in HIDDEN:
        if os.path.exists(f"{folder}/{name}"):
            mount(f"{folder.removesuffix('/proc')}/dev/null", f"{folder}/{name}", flags=BIND)


# ---- the processes


def first(plan: dict[str, Any], ready: int, mapped: int) -> NoReturn:
    """Process 1: ends with its program's exit code, and with it everything that the program has left running."""
    binds: dict[str, Any] = plan["folders"]
    trees = {target: clone(entry["number"], write=entry["write"]) for target, entry in sorted(binds.items())}
    if platform := KEYCTL.get(os.uname().machine):
        libc.syscall(ctypes.c_long(platform), ctypes.c_int(1), None)  # a keyring of its own; none is as well
    call("a mount namespace", libc.unshare(NEW_MOUNTS))
    file_system(plan, trees)
    network = 0 if plan["network"] else NEW_NET
    flags = NEW_USER | NEW_MOUNTS | NEW_IPC | NEW_UTS | NEW_CGROUP | network
    call("a user namespace", libc.unshare(flags))
    os.write(ready, b"+")
    if os.read(mapped, 1) != b"+":
        raise Unable("the accounts of a user namespace: not permitted")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    with open("/proc/sys/kernel/cap_last_cap", "rb") as file:  # Python could no longer load a decoder
        last = int(file.read())
    for number in range(last + 1):
        if number not in KEPT:
            call("dropping a capability", libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0))
    libc.prctl(PR_DUMPABLE, 1, 0, 0, 0)  # package scripts ask /proc/1 whether they are in a chroot
    name = b"bpc"
    call("a host name", libc.sethostname(name, len(name)))
    libc.prctl(PR_DEATH, signal.SIGKILL, 0, 0, 0)
    os.write(ready, b"+")
    if os.read(mapped, 1) != b"+":  # the keeper is gone
        os._exit(UNABLE)
    os.close(ready)
    os.close(mapped)
    for entry in binds.values():
        os.close(entry["number"])
    child = os.fork()
    if child == 0:
        os.chdir("/")
        try:
            os.execve(plan["command"][0], plan["command"], plan["environment"])
        except OSError as error:
            os.write(2, f"{plan['command'][0]}: {error.strerror}\n".encode())
        os._exit(127)
    while True:  # what the program leaves behind becomes a child of process 1
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def keep(plan: dict[str, Any]) -> int:
    """The keeper: everything in the namespaces ends when it does."""
    libc.prctl(PR_DEATH, signal.SIGKILL, 0, 0, 0)
    ready, mapped = os.pipe(), os.pipe()
    call("a process namespace", libc.unshare(NEW_PID))
    child = os.fork()
    if child == 0:
        os.close(ready[0])
        os.close(mapped[1])
        try:
            first(plan, ready[1], mapped[0])
        except (Unable, OSError) as error:
            tell(error)
        os._exit(UNABLE)
    os.close(ready[1])
    os.close(mapped[0])
    if os.read(ready[0], 1) == b"+":
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "wb") as file:
                file.write(b"0 %d %d" % (ACCOUNTS, COUNT))
        os.write(mapped[1], b"+")
        if os.read(ready[0], 1) == b"+":
            os.write(mapped[1], b"+")
    os.close(mapped[1])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def tell(error: Exception) -> None:
    said = f"{error.strerror} ({error.filename})".lower() if isinstance(error, OSError) else str(error)
    print(f"{MARK}{said}", file=sys.stderr, flush=True)


def main() -> int:
    try:
        return keep(json.loads(sys.argv[1]))
    except (Unable, OSError) as error:
        tell(error)
        return UNABLE


if __name__ == "__main__":
    sys.exit(main())
