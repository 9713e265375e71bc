"""mkosi and what it needs: found on the machine, or put into a folder of bpc's own on Debian and Ubuntu.

`get` takes mkosi from Debian's stable repository and a tree of the tools that it calls, both from the mirror that the
machine's own apt is configured for and checked by apt; nothing is installed. In the folder:

    bin/mkosi, bin/qemu-img       wrappers of a few lines
    mkosi/, programs/             the unpacked packages
    tools/                        the tree with the programs that mkosi calls: apt, systemd-repart, mke2fs, ...
    apt/                          apt's own state, private to this folder
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess

from bpc.errors import UsageError
from bpc.imaging.place import trusted
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bpc.imaging.confined import Room
    from bpc.imaging.place import Folder

    Say = Callable[[str], None]

MINIMUM = 25
HOME = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "bpc", "mkosi")
TOOLS_RELEASE = "trixie"
TREE = [
    "acl",
    "apt",
    "bash",
    "ca-certificates",
    "coreutils",
    "cpio",
    "debian-archive-keyring",
    "diffutils",
    "dosfstools",
    "e2fsprogs",
    "fdisk",
    "findutils",
    "gpgv",
    "grub-common",
    "grub-pc-bin",
    "gzip",
    "jq",
    "kmod",
    "libcryptsetup12",
    "mount",
    "mtools",
    "openssl",
    "passwd",
    "python3",
    "qemu-utils",
    "sed",
    "sqv",
    "systemd",
    "systemd-container",
    "systemd-repart",
    "tar",
    "udev",
    "util-linux",
    "xz-utils",
    "zstd",
]
"""What mkosi and its scripts call: a tenth of what `ToolsTree=default` brings."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Source(Record):
    """One suite of an apt configuration."""

    uri: str
    suite: str
    components: str

    def stanza(self, codename: str = "") -> str:
        """In the deb822 format, for this release or another one of the same mirror."""
        own, _, pocket = self.suite.partition("-")
        suite = f"{codename or own}{'-' if pocket else ''}{pocket}"
        return f"Types: deb\nURIs: {self.uri}\nSuites: {suite}\nComponents: {self.components}\nSigned-By: {KEYRING}\n"


class Tools(Record):
    """How mkosi is run. `home` is the folder of `get`, or "" where the machine has mkosi itself, as `program`."""

    home: str
    program: str = "mkosi"

    def mkosi(self, room: Room, spec: str, run: Folder) -> list[str]:
        """The command that builds the spec which the room shows; it gets what else mkosi needs. `run` is for files of ours."""
        options = ["--directory=/bpc/spec", "--output-directory=/bpc/out", "--workspace-directory=/bpc/workspace"]
        options += ["--package-cache-directory=/bpc/packages"]
        if self._sources(spec, run):
            room.show("/bpc/sources", run, "sources")
            options += ["--sandbox-tree=/bpc/sources"]
        if not self.home:
            return [self.program, *options, "--force", "build"]
        room.show_path("/bpc/mkosi", os.path.join(self.home, "mkosi"))
        room.show_path("/bpc/tools", os.path.join(self.home, "tools"))
        room.environment["PYTHONPATH"] = "/bpc/mkosi/usr/lib/python3/dist-packages"
        return ["/usr/bin/python3", "-m", "mkosi", *options, "--tools-tree=/bpc/tools", "--force", "build"]

    def _sources(self, spec: str, run: Folder) -> bool:
        """A tree with the apt sources of this machine, for the spec's release; not where the machine has none that fit."""
        with open(os.path.join(spec, "mkosi.conf"), encoding="utf-8") as file:
            conf = dict(line.strip().split("=", 1) for line in file if line.startswith(("Distribution=", "Release=")))
        sources = host_sources()
        if conf.get("Distribution") != "debian" or not sources:
            return False
        text = "\n".join(source.stanza(conf["Release"]) for source in sources)
        _write(os.path.join(run.reach, "sources/etc/apt/sources.list.d/mkosi.sources"), text)
        return True

    def convert(self, raw: int, target: int, form: str) -> None:
        """An image, which is open, in another format, into an empty file, which is open. Raises CalledProcessError."""
        paths = [f"/proc/self/fd/{raw}", f"/proc/self/fd/{target}"]
        if form == "raw":
            command = ["cp", "--sparse=always", *paths]
        else:
            options = ["-q", "-c", "-f", "raw", "-O", form, *self._compression(target)]
            command = [self._qemu_img(), "convert", *options, *paths]
        subprocess.run(command, check=True, capture_output=True, pass_fds=[raw, target])

    def _qemu_img(self) -> str:
        own = os.path.join(self.home, "bin", "qemu-img")
        return own if self.home and os.path.exists(own) else "qemu-img"

    def _compression(self, target: int) -> list[str]:
        """zstd where this machine's QEMU has it (5.1 and later), else what every QEMU has."""
        option = ["-o", "compression_type=zstd"]
        command = [self._qemu_img(), "create", "-q", "-f", "qcow2", *option, f"/proc/self/fd/{target}", "1M"]
        return [] if subprocess.run(command, capture_output=True, pass_fds=[target], check=False).returncode else option


def check_root() -> None:
    """Raises `UsageError` where we are not root."""
    if os.geteuid() != 0:
        raise UsageError("images are built by root: run `sudo bpc build`")


def find() -> Tools:
    """mkosi of the machine, or of `get`. Raises `UsageError` where there is none that is new enough."""
    program = shutil.which("mkosi")
    if program is not None:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        number = re.search(r"\d+", said)
        if number and int(number.group()) >= MINIMUM and shutil.which("qemu-img"):
            return Tools(home="", program=_visible(program))
    if os.path.exists(os.path.join(HOME, "bin", "mkosi")):
        if os.stat(HOME).st_uid not in trusted():
            raise UsageError(f"{HOME} belongs to another user: what is in it is not run as root")
        return Tools(home=HOME)
    why = "is not there" if program is None else "is older, or qemu-img is not there"
    raise UsageError(
        f"mkosi {MINIMUM} or later {why}: install it and qemu-utils, or, on Debian, run `bpc build --get-mkosi`"
    )


@functools.cache
def _visible(program: str) -> str:
    """The machine's mkosi where a confined program finds it. Raises `UsageError`."""
    found = os.path.realpath(program)
    if not found.startswith("/usr/"):
        raise UsageError(
            f"{found} is not below /usr, and a confined build sees nothing else: run `bpc build --get-mkosi`"
        )
    return found


def host_sources() -> list[Source]:
    """The suites of Debian that this machine's apt is configured for; none where it has no apt."""
    if shutil.which("apt-get") is None:
        return []
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    codename = _codename()
    found: dict[tuple[str, str], list[str]] = {}
    for line in said.splitlines():
        uri, suite, component = line.split()
        if codename and suite in (codename, f"{codename}-updates", f"{codename}-security"):
            found.setdefault((uri, suite), []).append(component)
    return [Source(uri=uri, suite=suite, components=" ".join(parts)) for (uri, suite), parts in found.items()]


def _codename() -> str:
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            found = dict(line.strip().partition("=")[::2] for line in file)
    except OSError:
        return ""
    return found.get("VERSION_CODENAME", "") if found.get("ID") == "debian" else ""


# ---- getting them


def get(home: str = HOME, say: Say = print) -> None:
    """Puts mkosi, its tools and qemu-img into a folder; what is there stays. Raises `UsageError`."""
    sources = host_sources()
    if not sources:
        raise UsageError(
            "--get-mkosi works on Debian whose apt is configured: elsewhere, install mkosi 25 or later and qemu-utils"
        )
    os.makedirs(home, exist_ok=True)
    newer = "\n".join(source.stanza(TOOLS_RELEASE) for source in sources)
    if not os.path.exists(os.path.join(home, "mkosi")):
        say("mkosi: downloading")
        apt = Apt(os.path.join(home, "apt", TOOLS_RELEASE), newer, status=None)
        unpack(apt.fetch("mkosi", alone=True), os.path.join(home, "mkosi"))
    line = f'PYTHONPATH={home}/mkosi/usr/lib/python3/dist-packages exec /usr/bin/python3 -m mkosi "$@"'
    write_program(os.path.join(home, "bin", "mkosi"), line)
    if not os.path.exists(os.path.join(home, "tools")):
        say("the tools that mkosi calls: about a minute")
        _get_tree(home, newer)
    if shutil.which("qemu-img") is None:
        get_programs(home, ("qemu-utils",), ("qemu-img",), say)


def get_programs(home: str, packages: Sequence[str], programs: Sequence[str], say: Say) -> None:
    """Programs of this machine's own release, run from their unpacked packages."""
    if all(os.path.exists(os.path.join(home, "bin", name)) for name in programs):
        return
    say(f"{', '.join(programs)}: downloading")
    own = "\n".join(source.stanza() for source in host_sources())
    apt = Apt(os.path.join(home, "apt", "host"), own, status="/var/lib/dpkg/status")
    folder = os.path.join(home, "programs", packages[0])
    unpack(apt.fetch(*packages), folder)
    machine = f"{os.uname().machine}-linux-gnu"
    libraries = f"{folder}/usr/lib/{machine}:{folder}/lib/{machine}"
    for name in programs:
        data = f"-L {folder}/usr/share/qemu -L {folder}/usr/share/seabios" if "system" in name else ""
        environment = f"LD_LIBRARY_PATH={libraries} QEMU_MODULE_DIR={folder}/usr/lib/{machine}/qemu"
        write_program(os.path.join(home, "bin", name), f'{environment} exec {folder}/usr/bin/{name} {data} "$@"')


def _get_tree(home: str, sources: str) -> None:
    """The tools tree, made by mkosi itself with the machine's apt and dpkg."""
    sandbox, part = os.path.join(home, "sandbox"), os.path.join(home, "tools.part")
    _write(os.path.join(sandbox, "etc/apt/sources.list.d/mkosi.sources"), sources)
    cache = os.path.join(home, "packages")
    os.makedirs(cache, exist_ok=True)
    _run(
        os.path.join(home, "bin", "mkosi"),
        "--directory=",
        "--distribution=debian",
        f"--release={TOOLS_RELEASE}",
        f"--sandbox-tree={sandbox}",
        "--format=directory",
        "--output=tools",
        f"--output-directory={part}",
        f"--package-cache-directory={cache}",
        f"--workspace-directory={home}",
        "--bootable=no",
        "--with-docs=no",
        "--manifest-format=json",
        "--clean-package-metadata=no",
        *(f"--package={name}" for name in TREE),
        "--force",
        "build",
    )
    os.rename(os.path.join(part, "tools"), os.path.join(home, "tools"))
    shutil.rmtree(part)


class Apt:
    """apt-get with a state of its own: it neither reads nor changes what the machine's apt knows."""

    def __init__(self, folder: str, sources: str, status: str | None) -> None:
        self.archives = os.path.join(folder, "cache", "archives")
        for inner in ("lists/partial", "cache/archives/partial", "preferences.d"):
            os.makedirs(os.path.join(folder, inner), exist_ok=True)
        if status is None:
            status = os.path.join(folder, "empty-status")
            _write(status, "")
        _write(os.path.join(folder, "debian.sources"), sources)
        _write(
            os.path.join(folder, "apt.conf"),
            f'Dir::State "{folder}";\nDir::State::lists "lists";\nDir::State::status "{status}";\n'
            f'Dir::Cache "{folder}/cache";\nDir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{folder}";\n'
            f'Dir::Etc::preferencesparts "{folder}/preferences.d";\nAPT::Sandbox::User "root";\n'
            'Acquire::Languages "none";\nAcquire::Retries "3";\nDebug::NoLocking "true";\n',
        )
        self.environment = {**os.environ, "APT_CONFIG": os.path.join(folder, "apt.conf"), "LC_ALL": "C.UTF-8"}

    def fetch(self, *names: str, alone: bool = False) -> list[str]:
        """The packages' files, with all that they need (or `alone`), downloaded and checked."""
        self._run("update")
        for old in os.listdir(self.archives):
            if old.endswith(".deb"):
                os.remove(os.path.join(self.archives, old))
        if alone:
            _run("apt-get", "-q", "download", *names, environment=self.environment, folder=self.archives)
        else:
            self._run("install", "--no-install-recommends", "--download-only", *names)
        return sorted(os.path.join(self.archives, name) for name in os.listdir(self.archives) if name.endswith(".deb"))

    def _run(self, *arguments: str) -> None:
        _run("apt-get", "-q", "-y", *arguments, environment=self.environment)


def unpack(packages: Sequence[str], folder: str) -> None:
    """Unpacks packages beside their place, and moves them there when they are whole."""
    part = f"{folder}.part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    for package in packages:
        _run("dpkg-deb", "--extract", package, part)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(part, folder)


def write_program(path: str, line: str) -> None:
    _write(path, f"#!/bin/sh\n{line}\n")
    os.chmod(path, 0o755)


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _run(*command: str, environment: dict[str, str] | None = None, folder: str | None = None) -> None:
    """Runs a command. Raises `UsageError` with the end of its output where it fails."""
    done = subprocess.run(
        command, env=environment, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise UsageError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:].strip()}")
