"""Steps as a script that runs while an image is made, in its tree: what cloud-init and the runner would do at first boot.

Builders copy `trees(steps)` into the image after its packages, and then run `script(steps)` in it.
"""

from __future__ import annotations

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
from bpc.model.wanted import unit_name
from bpc.parts import plain
from bpc.provision import repositories
from bpc.provision.runner import HOME, UNPACK, artifact, artifact_place, run
from bpc.quoting import shell as quote
from bpc.quoting import visible
from bpc.record import assert_never
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bpc.model.steps import Step
    from bpc.model.values import Text

MARK = "bpc-step: "
"""Before each step the script prints this and where the step was declared, so that a failure can be reported at its line."""

HEAD = f"""#!/bin/bash
# What the image gets besides packages and files. Made by bpc.
set -Eeuo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive
install -d -m 0700 {HOME}
"""

FILES = f"{HOME}/image"
"""Below it lie the files to be placed, at their paths: a package may have a link there, and to write through it takes the
whole tree of the image.
"""
PLACE = f"""
place() {{  # path, owner, mode: through a link where there is one, as cloud-init does it
  mkdir -p "$(dirname "$1")"
  cat "{FILES}$1" >"$1"
  chown "$2" "$1"
  chmod "$3" "$1"
}}
"""


def packages(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """(package, where it was declared), each once."""
    found: dict[str, str] = {}
    for step in steps:
        if isinstance(step, Packages):
            for name in step.names:
                found.setdefault(name, where(step.span))
    return list(found.items())


def trees(steps: Iterable[Step]) -> dict[str, str | bytes]:
    """Files to copy into the image, by their path without the first slash. `script` places them."""
    made: dict[str, str | bytes] = {}
    for step in steps:
        match step:
            case File():
                content = step.content if isinstance(step.content, bytes) else _plain(step.content)
                made[f"{FILES}{step.path}".lstrip("/")] = content
            case Service() if step.unit:
                made[f"etc/systemd/system/{unit_name(step.name)}"] = _plain(step.unit)
            case Artifact() if step.content is not None:
                made[artifact_place(step).lstrip("/")] = step.content
            case Repository():
                made |= repositories.files(step)
    return made


def needs_network(step: Step) -> bool:
    """Whether a step needs a network when it is done. Packages are installed before the script."""
    return step.url is not None if isinstance(step, Artifact) else isinstance(step, Run) and step.network


def script(steps: Iterable[Step], *, alone: bool = False) -> str:
    """Bash for the image's tree: repositories and accounts first, then owners, software, configuration, services; empty where nothing is to do.

    `alone`: where a step has a network, the scripts that do not say that they need one are run without.
    """
    order = (Repository, User, File, Artifact, Run, Service)
    chosen = sorted((s for s in steps if isinstance(s, order)), key=lambda step: order.index(type(step)))
    if not chosen:
        return ""
    functions = PLACE if any(isinstance(step, File) for step in chosen) else ""
    alone = alone and any(needs_network(step) for step in chosen)
    functions += UNPACK if any(isinstance(step, Artifact) for step in chosen) else ""
    sections = [
        f"\necho {quote(visible(f'{MARK}{where(step.span)}'))}\n{_section(step, alone=alone)}" for step in chosen
    ]
    end = f"\nrm -rf {FILES}\nrmdir --ignore-fail-on-non-empty {HOME}\n"
    return f"{HEAD}{functions}{''.join(sections)}{end}"


def _plain(text: Text) -> str:
    """A text without holes: with them, a step is not baked."""
    return "".join(part for part in text if isinstance(part, str))


def _section(step: Step, *, alone: bool) -> str:
    match step:
        case User():
            return "".join(_user(step))
        case File():
            return f"place {quote(step.path)} {quote(f'{step.owner}:{step.group}')} {step.mode}\n"
        case Artifact():
            return artifact(step)
        case Run():
            before = "unshare --net -- " if alone and not step.network else ""
            script = run(step, before)
            return "".join(plain(text) or "" for text in script)  # without places: with them, a step is not baked
        case Service():
            unit = f"chmod 0644 {quote(f'/etc/systemd/system/{unit_name(step.name)}')}\n" if step.unit else ""
            return f"{unit}systemctl {'enable' if step.enabled else 'disable'} {quote(step.name)}\n"
        case Repository():  # its packages are installed: from here on it is the machine's
            paths = " ".join(f"/{path}" for path in repositories.files(step))
            return f"chmod 0755 /etc/apt/keyrings\nchmod 0644 {paths}\n"
        case Packages():
            return ""
        case Mount() | Configure() | Answers() | Succeeds():
            raise AssertionError("a volume is mounted, and a platform asked, by the machine itself")
        case _:
            assert_never(step)


def _user(step: User) -> Iterator[str]:
    """The account as cloud-init's users module makes it."""
    name = quote(step.name)
    for group in step.groups:
        yield f"getent group {quote(group)} >/dev/null || groupadd {quote(group)}\n"
    options = ["--shell", quote(step.shell)]
    options += ["--home-dir", quote(step.home)] if step.home else []
    options += ["--groups", quote(",".join(step.groups))] if step.groups else []
    options += ["--system", "--no-create-home"] if step.system else ["--create-home"]
    yield f"id {name} >/dev/null 2>&1 || useradd {' '.join(options)} {name}\npasswd --lock {name} >/dev/null\n"
    if step.sudo:
        rule = quote(f"{step.name} ALL=(ALL) NOPASSWD:ALL")
        yield f"install -d -m 0750 /etc/sudoers.d\necho {rule} >>/etc/sudoers.d/90-cloud-init-users\n"
        yield "chmod 0440 /etc/sudoers.d/90-cloud-init-users\n"
    if step.ssh_keys:
        keys = quote("\n".join(_plain(key) for key in step.ssh_keys))
        yield f'home=$(getent passwd {name} | cut -d: -f6)\ninstall -d -m 0700 -o {name} -g "$(id -g {name})" "$home/.ssh"\n'
        yield f'printf "%s\\n" {keys} >"$home/.ssh/authorized_keys"\nchown {name}: "$home/.ssh/authorized_keys"\n'
        yield 'chmod 0600 "$home/.ssh/authorized_keys"\n'
