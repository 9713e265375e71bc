"""The runner: one readable script that does what cloud-init has no module for, and signals how it ended."""

from __future__ import annotations

from bpc.digest import sha256
from bpc.model.steps import (
    Answers,
    Artifact,
    Configure,
    File,
    Mount,
    Packages,
    Repository,
    Run,
    Service,
    Succeeds,
    User,
)
from bpc.parts import QUOTE, escaped, joined, parts, plain
from bpc.provision import metadata, repositories
from bpc.provision.platforms import MODULE, section
from bpc.provision.readiness import ASK, seconds, until_ready, wanted
from bpc.quoting import shell as quote
from bpc.quoting import word
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.model.resources import Group
    from bpc.model.steps import Step
    from bpc.model.values import Text
    from bpc.parts import Parts

    Steps = tuple[Step, ...]

HOME = "/var/lib/bpc"
"""Root's own folder: cloud-init writes a file before it sets its mode, and in here nobody else sees it."""
RUNNER = f"{HOME}/first-boot"
SIGNAL = f"{HOME}/signal"
PREPARE = f"{HOME}/prepare"
SECRETS = f"{HOME}/secrets"
LOG = "/var/log/bpc-first-boot.log"
REASON = f"""reason = sys.stdin.buffer.read().decode(errors="replace")
try:
    for secret in open("{SECRETS}").read().split():
        reason = reason.replace(secret, "***")
except FileNotFoundError:
    pass  # this machine has none, or could not fetch them
if len(reason) > 3000:
    reason = reason[:1000] + "\\n...\\n" + reason[-2000:]
"""
"""What a signal says, as a part of its program: the beginning and the end of its input, without the machine's secrets."""

HEAD = f"""#!/bin/bash
# What this machine does when it first starts. Made by bpc; the log is {LOG}.
set -Eeuo pipefail
umask 077
exec >>{LOG} 2>&1
step="start"

begin() {{  # title, mark: false where an earlier run has done the step
  step=$1 mark={HOME}/done-$2
  echo "== $(date -u +%FT%TZ) $step"
  [ ! -e "$mark" ] || {{ echo "done before"; return 1; }}
}}

end() {{ touch "$mark"; }}

finish() {{
  code=$?
  trap - EXIT
  if [ "$code" -eq 0 ]; then
    echo "== ready"
    echo "ready" | {SIGNAL} SUCCESS
  else
    last=$(tail -n 1 {LOG})  # comes first: an event of Heat has 255 characters
    case $last in "== "*) last="" ;; *) last=": $last" ;; esac
    echo "== failed with exit code $code: $step"
    {{ echo "exit code $code: $step$last"; tail -n 30 {LOG}; }} | {SIGNAL} FAILURE
  fi
  exit "$code"
}}
trap finish EXIT
"""
STOP = """
stop_services() {  # names: also what is part of them, whose end systemctl would not wait for
  local parts
  read -ra parts -d '' < <(systemctl show --property=ConsistsOf --value "$@") || true
  systemctl stop "$@" "${parts[@]}" || true
}

"""
FORMAT = """mount_volume() {  # device, path, filesystem: waits for the device; one that is empty gets what the image has at the path
  for _ in $(seq 300); do [ -b "$1" ] && break; sleep 2; done
  [ -b "$1" ] || { echo "the volume's device $1 did not appear"; return 1; }
  local found=0
  blkid -p "$1" || found=$?
  (umask 022; mkdir -p "$2")
  if [ "$found" -eq 2 ]; then  # nothing on it; anything else is left alone
    "mkfs.$3" "$1"
    mkdir -p /run/bpc-volume
    mount "$1" /run/bpc-volume
    cp -a "$2/." /run/bpc-volume/
    umount /run/bpc-volume
  fi
"""
MOUNTED = """  local place=${2//\\\\/'\\134'}
  place=${place// /'\\040'}  # as fstab has it
  grep -qF " $place " /etc/fstab || echo "$1 $place $3 defaults,nofail,x-systemd.growfs 0 2" >>/etc/fstab
  mountpoint -q "$2" || mount "$2"
  case $3 in  # the volume may be larger than what is on it; at every later start systemd looks
    ext4) resize2fs "$1" ;;
    xfs) xfs_growfs "$2" ;;
  esac
}
"""
MOUNT = STOP + FORMAT + MOUNTED
ADOPT = """adopt_volume() {  # device, path, filesystem: waits for the device of a volume that exists, and never makes a file system on it
  for _ in $(seq 300); do [ -b "$1" ] && break; sleep 2; done
  [ -b "$1" ] || { echo "the volume's device $1 did not appear"; return 1; }
  local found
  found=$(blkid -p -s TYPE -o value "$1") || true
  [ "$found" = "$3" ] || { echo "the volume that exists has ${found:-no file system}, not $3: it is left as it is"; return 1; }
  (umask 022; mkdir -p "$2")
"""
UNPACK = """
unpack() (  # file, path, name: an archive is unpacked, anything else is copied
  umask 022
  case $(basename "$3") in
    *.tar | *.tar.* | *.tgz) mkdir -p "$2"; tar -xf "$1" -C "$2" ;;
    *.zip) mkdir -p "$2"; python3 -m zipfile -e "$1" "$2" ;;
    *) install -D -m 0755 "$1" "$2" ;;
  esac
)
"""


def runner(group: Group) -> Parts:
    """The script of a group."""
    steps = group.first_boot
    volumes, stops = mounted(steps), " ".join(quote(step.name) for step in steps if isinstance(step, Service))
    sections = [_once(number, step, volumes, stops) for number, step in enumerate(_ordered(steps))]
    needed = {
        Repository: repositories.CHECK,
        Mount: _mounting(steps),
        Artifact: UNPACK,
        Configure: MODULE,
        Answers: ASK,
        Answers | Succeeds: until_ready(HOME),
    }
    functions = [text for kind, text in needed.items() if any(isinstance(step, kind) for step in steps)]
    awaited = [part for step in steps if isinstance(step, Answers | Succeeds) for part in _ready(step)]
    closing = (metadata.CLOSE,) if group.metadata == "closed" else ()
    return joined((HEAD, *closing, *functions), *sections, _reloads(steps), *awaited)


def _mounting(steps: Steps) -> str:
    """What mounts volumes; what makes file systems is there only where a volume may get one."""
    kinds = {step.existing for step in steps if isinstance(step, Mount)}
    adopting = ("\n" if False in kinds else STOP) + ADOPT + MOUNTED if True in kinds else ""
    return MOUNT * (False in kinds) + adopting


def _reloads(steps: Steps) -> Parts:
    """Services of which only files are declared: those that run read them anew. Declared ones were started after them."""
    started = {step.name.removesuffix(".service") for step in steps if isinstance(step, Service)}
    names = dict.fromkeys(name for step in steps if isinstance(step, File) for name in step.reload)
    lines = [
        f"systemctl try-reload-or-restart {quote(n)}\n" for n in names if n.removesuffix(".service") not in started
    ]
    return ("".join(("\nstep='reload services'\n", *lines)),) if lines else ()


def _once(number: int, step: Step, volumes: frozenset[str], stops: str) -> Parts:
    """A step's part of the script, which a second run leaves out where the first has ended it; empty where it has none.

    `stops` are the services that are stopped before a volume is filled.
    """
    title, body = _title(step), joined(*_section(step, volumes, stops))
    if not body:
        return ()
    literal = "".join(part for part in body if isinstance(part, str))  # what comes in is no part of the step
    mark = sha256(f"{number}\n{title}\n{literal}".encode())[:12]
    return joined((f"\nif begin {quote(title)} {mark}; then\n",), body, ("end\nfi\n",))


def _ordered(steps: Steps) -> Iterator[Step]:
    """Mounts first, then files; the platform that configures the rest, and services last."""
    yield from (step for step in steps if isinstance(step, Mount))
    yield from (step for step in steps if isinstance(step, File))
    yield from (step for step in steps if not isinstance(step, NOT_IN_ORDER))
    yield from (step for step in steps if isinstance(step, Configure))
    yield from (step for step in steps if isinstance(step, Service))


NOT_IN_ORDER = Mount | File | Configure | Service | Answers | Succeeds


def _title(step: Step) -> str:
    match step:
        case Mount() | Artifact() | File():
            return f"{type(step).__name__.lower()} {step.path}"
        case Packages():
            return "packages"
        case Repository():
            return f"repository {step.name}"
        case Run():
            return step.title
        case Configure():
            return f"configure with {step.platform}"
        case Service() | User():
            return f"{type(step).__name__.lower()} {step.name}"
        case Answers() | Succeeds():
            return f"ready: {wanted(step)}"
        case _:
            assert_never(step)


def _section(step: Step, volumes: frozenset[str], stops: str) -> Iterator[Parts]:
    match step:
        case Mount():
            # services may already run, with files open below the path
            way = "adopt_volume" if step.existing else "mount_volume"
            yield ((f"stop_services {stops}\n" if stops else "") + f'{way} "',)
            yield parts(step.device)
            yield (f'" {quote(step.path)} {step.filesystem}\n',)
        case Repository():
            yield (repositories.check(step),)
        case Packages():
            names = " ".join(quote(name.partition("=")[0]) for name in step.names)
            yield (f'for name in {names}; do dpkg -s "$name" >/dev/null 2>&1 || rpm -q --whatprovides "$name"; done\n',)
        case Artifact():
            yield (artifact(step),)
        case Run():
            yield from run(step)
        case Configure():
            yield (section(step, HOME, LOG),)
        case Service():
            yield (_service(step),)
        case File():
            if is_placed(step, volumes):
                yield (_place(step),)
        case User():
            pass  # cloud-init's own module has done it, and other files too
        case Answers() | Succeeds():
            pass  # asked at the end, in each run
        case _:
            assert_never(step)


def _ready(step: Answers | Succeeds) -> Iterator[Parts]:
    """What is asked at the end, also in a second run: it leaves no mark."""
    title = _title(step)
    yield (f"\nstep={quote(title)}\n" + 'echo "== $(date -u +%FT%TZ) $step"\n',)
    within = seconds(step.within)
    if isinstance(step, Answers):
        asked = " ".join(map(quote, (step.protocol, str(step.port), step.path, step.codes)))
        yield (f"until_ready {within} ask {asked}\n",)
        return
    yield from _written(parts(step.script))
    yield ("succeed() { (umask 022; ",)
    for variable in step.environment:  # before the command: in its arguments everybody could read them
        yield joined((f"{variable.name}='",), escaped(parts(variable.value), QUOTE), ("' ",))
    yield (
        f"timeout {max(within // 10, 1)} {_interpreter(step.script)} {HOME}/step); }}\nuntil_ready {within} succeed\n",
    )


def mounted(steps: Steps) -> frozenset[str]:
    """The folders at which volumes are mounted; once for all files of a group."""
    return frozenset(step.path.rstrip("/") for step in steps if isinstance(step, Mount))


def is_placed(step: File, volumes: frozenset[str]) -> bool:
    """Whether the runner puts a file into its place: one with a secret, or one on a volume, which is mounted only then."""
    return step.sensitive or (bool(volumes) and any(folder in volumes for folder in _above(step.path)))


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _place(step: File) -> str:
    """The file comes from the private folder, and is never open to others on its way."""
    place, owner = private_place(step), f"-o {quote(step.owner)} -g {quote(step.group)}"
    return f"install -D -m {step.mode} {owner} {place} {quote(step.path)}\nrm -f {place}\n"


def private_place(step: File) -> str:
    """Where a file lies until it is put into its place."""
    return f"{HOME}/file-{sha256(step.path.encode())[:12]}"


def artifact(step: Artifact) -> str:
    """Fetches an artifact where it is at an URL, verifies it and unpacks it."""
    place = artifact_place(step)
    fetch = ""
    if step.url is not None:
        code = "import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])"
        fetch = f'python3 -c "{code}" {quote(step.url)} {place}\n'
    return (
        f"{fetch}echo '{step.sha256}  {place}' | sha256sum -c -\n"
        f"unpack {place} {quote(step.path)} {quote(step.source)}\nrm -f {place}\n"
    )


def artifact_place(step: Artifact) -> str:
    """Where an artifact lies until it is unpacked."""
    return f"{HOME}/artifact-{step.sha256[:12]}"


def run(step: Run, before: str = "") -> Iterator[Parts]:
    """A script with its own interpreter and variables, unless what it creates is there; `before` is put before the interpreter."""
    if step.creates:
        yield (f"if [ ! -e {quote(step.creates)} ]; then\n",)
    interpreter = _interpreter(step.script)
    yield from _written(parts(step.script))
    if step.environment:
        yield ("(umask 022\n",)
        for variable in step.environment:
            yield joined((f"export {variable.name}='",), escaped(parts(variable.value), QUOTE), ("'\n",))
        yield (f"{before}{interpreter} {HOME}/step)\n",)
    else:
        yield (f"(umask 022; {before}{interpreter} {HOME}/step)\n",)
    yield (f"rm -f {HOME}/step\n" + ("fi\n" if step.creates else ""),)


def _interpreter(script: Text) -> str:
    """What runs a script: what its first line names, or the shell."""
    first = script[0] if script else ""
    if isinstance(first, str) and first.startswith("#!"):
        return " ".join(map(word, first[2:].partition("\n")[0].split())) or "/bin/sh"
    return "/bin/sh"


def _written(script: Parts) -> Iterator[Parts]:
    """Puts a script into its file. What comes in could have any line, also the one at which a here-document ends."""
    text = plain(script)
    if text is None:
        yield joined(("printf %s '",), escaped(script, QUOTE), (f"\n' >{HOME}/step\n",))
        return
    mark = "BPC_SCRIPT"
    while mark in text:
        mark += "_"
    yield (f"cat >{HOME}/step <<'{mark}'\n{text}\n{mark}\n",)


def _service(step: Service) -> str:
    if not step.enabled:
        return f"systemctl disable --now {quote(step.name)}\n"
    reload = "systemctl daemon-reload\n" if step.unit else ""
    name = quote(step.name)
    return f"{reload}systemctl enable {name}\nsystemctl restart {name}\n"
