"""The runner: one readable script that does what cloud-init has no module for, and signals how it ended."""

from __future__ import annotations

from bpc.model.steps import Artifact, File, Mount, Packages, Run, Service, User
from bpc.model.values import concat
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.model.resources import Group
    from bpc.model.steps import Step
    from bpc.model.values import Text

RUNNER = "/var/lib/bpc/first-boot"
SIGNAL = "/var/lib/bpc/signal"
LOG = "/var/log/bpc-first-boot.log"

HEAD = f"""#!/bin/bash
# What this machine does when it first starts. Made by bpc; the log is {LOG}.
set -Eeuo pipefail
umask 077
exec >>{LOG} 2>&1
step="start"

begin() {{
  step=$1
  echo "== $(date -u +%FT%TZ) $step"
}}

finish() {{
  code=$?
  trap - EXIT
  if [ "$code" -eq 0 ]; then
    echo "== ready"
    echo "ready" | {SIGNAL} SUCCESS
  else
    echo "== failed with exit code $code: $step"
    {{ echo "exit code $code: $step"; tail -n 30 {LOG}; }} | {SIGNAL} FAILURE
  fi
  exit "$code"
}}
trap finish EXIT

mount_volume() {{  # device, path, filesystem: waits for the device, formats it only when it is empty
  for _ in $(seq 300); do [ -b "$1" ] && break; sleep 2; done
  [ -b "$1" ] || {{ echo "the volume's device $1 did not appear"; return 1; }}
  blkid "$1" >/dev/null || "mkfs.$3" "$1"
  mkdir -p "$2"
  grep -q " $2 " /etc/fstab || echo "$1 $2 $3 defaults,nofail 0 2" >>/etc/fstab
  mountpoint -q "$2" || mount "$2"
}}

unpack() {{  # file, path: an archive is unpacked, anything else is copied
  umask 022
  case $(basename "$3") in
    *.tar | *.tar.* | *.tgz) mkdir -p "$2" && tar -xf "$1" -C "$2" ;;
    *.zip) mkdir -p "$2" && python3 -m zipfile -e "$1" "$2" ;;
    *) install -D -m 0755 "$1" "$2" ;;
  esac
  umask 077
}}
"""


def runner(group: Group) -> Text:
    """The script of a group, as a text with holes."""
    steps = group.first_boot
    sections = [text for step in _ordered(steps) for text in _section(step)]
    return concat((HEAD,), *sections)


def _ordered(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Mounts first; services last, when their files are written."""
    yield from (step for step in steps if isinstance(step, Mount))
    yield from (step for step in steps if not isinstance(step, Mount | Service))
    yield from (step for step in steps if isinstance(step, Service))


def _section(step: Step) -> Iterator[Text]:
    match step:
        case Mount():
            yield (f"\nbegin {quote(f'mount {step.path}')}\nmount_volume ",)
            yield step.device
            yield (f" {quote(step.path)} {step.filesystem}\n",)
        case Packages():
            names = " ".join(quote(name.partition("=")[0]) for name in step.names)
            yield ("\nbegin 'packages'\n",)
            yield (f'for name in {names}; do dpkg -s "$name" >/dev/null 2>&1 || rpm -q --whatprovides "$name"; done\n',)
        case Artifact():
            yield (_artifact(step),)
        case Run():
            yield from _run(step)
        case Service():
            yield (_service(step),)
        case File() | User():
            pass  # cloud-init's own modules have done these
        case _:
            assert_never(step)


def _artifact(step: Artifact) -> str:
    place = artifact_place(step)
    fetch = ""
    if step.url is not None:
        code = "import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])"
        fetch = f'python3 -c "{code}" {quote(step.url)} {place}\n'
    return (
        f"\nbegin {quote(f'artifact {step.path}')}\n{fetch}"
        f"echo '{step.sha256}  {place}' | sha256sum -c -\n"
        f"unpack {place} {quote(step.path)} {quote(step.source)}\nrm -f {place}\n"
    )


def artifact_place(step: Artifact) -> str:
    """Where an artifact lies until it is unpacked."""
    return f"/var/lib/bpc/artifact-{step.sha256[:12]}"


def _run(step: Run) -> Iterator[Text]:
    yield (f"\nbegin {quote(step.title)}\n",)
    if step.creates:
        yield (f"if [ ! -e {quote(step.creates)} ]; then\n",)
    interpreter = "/bin/sh"
    first = step.script[0] if step.script else ""
    if isinstance(first, str) and first.startswith("#!"):
        interpreter = first[2:].partition("\n")[0].strip()
    mark = "BPC_SCRIPT"
    while any(isinstance(part, str) and mark in part for part in step.script):
        mark += "_"
    yield (f"cat >/var/lib/bpc/step <<'{mark}'\n",)
    yield step.script
    yield (f"\n{mark}\n(umask 022; {interpreter} /var/lib/bpc/step)\nrm -f /var/lib/bpc/step\n",)
    if step.creates:
        yield ("fi\n",)


def _service(step: Service) -> str:
    if not step.enabled:
        return f"\nbegin {quote(f'service {step.name}')}\nsystemctl disable --now {quote(step.name)}\n"
    reload = "systemctl daemon-reload\n" if step.unit else ""
    name = quote(step.name)
    return f"\nbegin {quote(f'service {step.name}')}\n{reload}systemctl enable {name}\nsystemctl restart {name}\n"


def quote(text: str) -> str:
    """A text as one word of the shell."""
    return "'" + text.replace("'", "'\\''") + "'"
