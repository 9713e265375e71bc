"""A group's first boot as cloud-config: packages, users, files, and one runner script for the rest.

cloud-init writes deferred files after packages are installed and users exist, and runs commands last; so the order is
software, configuration, services, and then the signal. A file with a secret is put into its place by the runner: cloud-init
(as of 25) writes a file first and sets its mode after.
"""

from __future__ import annotations

import base64
import gzip
import re

from bpc.firstboot.platforms import files as platform_files
from bpc.firstboot.runner import HOME, LOG, PREPARE, RUNNER, SIGNAL, is_placed, private_place, runner
from bpc.model.steps import Configure, File, Packages, Service, User
from bpc.model.values import concat
from bpc.record import Record
from bpc.yaml import dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.steps import Step
    from bpc.model.values import Hole, Text
    from bpc.source import Span

# A hole is one private-use character while the YAML is written.
FIRST = 0xF600
HOLE = re.compile("([\uf600-\uf8ff])")


class Part(Record):
    """One part of the user data, for those who must make it smaller: what it is, its bytes, where it was declared."""

    title: str
    size: int
    span: Span


def user_data(group: Group, signal: Text, prepare: Text = (), *, compress: bool = False) -> Text:
    """The cloud-config of a group. `signal` is a Python script that is called with SUCCESS or FAILURE, the reason on its input.

    `prepare` is a script that is called with the runner's path, and runs it when it has brought what the machine must fetch
    itself (see `late`). `compress`: files without holes are compressed, where that makes them smaller.
    """
    holes: list[Hole] = []
    config = _config(group, signal, prepare, holes)
    if compress:
        config["write_files"] = [_compressed(entry) for entry in config["write_files"]]
    written = "#cloud-config\n" + dump(config)
    pieces = HOLE.split(written)
    return concat(tuple(_hole(piece, holes) if index % 2 else piece for index, piece in enumerate(pieces)))


def _hole(char: str, holes: list[Hole]) -> str | Hole:
    """The hole of a character; one beyond the holes is the user's own."""
    number = ord(char) - FIRST
    return holes[number] if number < len(holes) else char


def parts(group: Group) -> list[Part]:
    """What takes room in the user data, largest first."""
    found = [
        Part(title=step.path, size=size(step.content), span=step.span)
        for step in group.first_boot
        if isinstance(step, File)
    ]
    for step in group.first_boot:
        content = getattr(step, "script", None) or getattr(step, "unit", None)
        binary = getattr(step, "content", None)
        if isinstance(content, tuple):
            found.append(
                Part(title=getattr(step, "title", getattr(step, "name", "")), size=size(content), span=step.span)
            )
        elif isinstance(binary, bytes) and not isinstance(step, File):
            found.append(Part(title=getattr(step, "path", ""), size=size(binary), span=step.span))
    found += [
        Part(title=file.name, size=size(file.content), span=step.span)
        for step in group.first_boot
        if isinstance(step, Configure)
        for file in step.files
    ]
    return sorted(found, key=lambda part: -part.size)


def size(content: Text | bytes) -> int:
    """Bytes that a content takes in the user data; a hole counts as 64."""
    if isinstance(content, bytes):
        return len(_packed(content))
    return sum(len(part.encode()) if isinstance(part, str) else 64 for part in content)


def _compressed(entry: dict[str, Any]) -> dict[str, Any]:
    content = entry["content"]
    if "encoding" in entry or HOLE.search(content):
        return entry
    packed = _packed(content.encode())
    return entry | {"encoding": "gz+b64", "content": packed} if len(packed) < len(content) else entry


def _config(group: Group, signal: Text, prepare: Text, holes: list[Hole]) -> dict[str, Any]:
    steps = group.first_boot
    names = [name for step in steps if isinstance(step, Packages) for name in step.names]
    users = [_user(step, holes) for step in steps if isinstance(step, User)]
    files = [_file(step, steps, holes) for step in steps if isinstance(step, File)]
    files += [_unit(step, holes) for step in steps if isinstance(step, Service) and step.unit]
    files += _artifacts(group)
    files += [entry for step in steps if isinstance(step, Configure) for entry in _platform(step, holes)]
    files.append(_script(SIGNAL, _marked(signal, holes)))
    files.append(_script(RUNNER, _marked(runner(group), holes)))
    if prepare:
        files.append(_script(PREPARE, _marked(prepare, holes)))
    config: dict[str, Any] = {"bootcmd": [["install", "-d", "-m", "0700", HOME]]}
    if names:
        config["package_update"] = True
        config["packages"] = list(dict.fromkeys(names))
    if users:
        config["users"] = ["default", *users]
    config["write_files"] = files
    config["runcmd"] = [[PREPARE, RUNNER] if prepare else [RUNNER]]
    return config


def _marked(text: Text, holes: list[Hole]) -> str:
    """The text with a private-use character for each hole."""
    marked = []
    for part in text:
        if isinstance(part, str):
            marked.append(part)
            continue
        if part not in holes:
            holes.append(part)
        marked.append(chr(FIRST + holes.index(part)))
    return "".join(marked)


def _file(step: File, steps: tuple[Step, ...], holes: list[Hole]) -> dict[str, Any]:
    if is_placed(step, steps):
        entry: dict[str, Any] = {"path": private_place(step), "permissions": "0600", "defer": True}
    else:
        owner = f"{step.owner}:{step.group}"
        entry = {"path": step.path, "owner": owner, "permissions": step.mode, "defer": True}
    if isinstance(step.content, bytes):
        return entry | {"encoding": "gz+b64", "content": _packed(step.content)}
    return entry | {"content": _literal(step.content, holes)}


def _literal(text: Text, holes: list[Hole]) -> str:
    """A text with holes always ends its line, so that YAML writes it as a literal block, where a value needs no escape."""
    marked = _marked(text, holes)
    whole = all(isinstance(part, str) for part in text) or "\n" in marked
    return marked if whole else marked + "\n"


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _unit(step: Service, holes: list[Hole]) -> dict[str, Any]:
    path = f"/etc/systemd/system/{unit_name(step.name)}"
    return {"path": path, "permissions": "0644", "defer": True, "content": _marked(step.unit, holes)}


def unit_name(name: str) -> str:
    """A unit's file name: a bare name is a service."""
    return (
        name
        if name.rpartition(".")[2] in ("service", "timer", "socket", "path", "mount", "target")
        else f"{name}.service"
    )


def _artifacts(group: Group) -> list[dict[str, Any]]:
    from bpc.firstboot.runner import artifact_place
    from bpc.model.steps import Artifact

    return [
        _script(artifact_place(step), _packed(step.content)) | {"encoding": "gz+b64", "permissions": "0600"}
        for step in group.first_boot
        if isinstance(step, Artifact) and step.content is not None
    ]


def _platform(step: Configure, holes: list[Hole]) -> list[dict[str, Any]]:
    """What a platform reads, in the private folder."""
    made = []
    for path, content in platform_files(step, HOME, LOG, lambda text: _marked(text, holes)):
        packed = isinstance(content, bytes)
        entry = _script(path, _packed(content) if isinstance(content, bytes) else content) | {"permissions": "0600"}
        made.append(entry | ({"encoding": "gz+b64"} if packed else {}))
    return made


def _script(path: str, content: str) -> dict[str, Any]:
    return {"path": path, "permissions": "0700", "defer": True, "content": content}


def _user(step: User, holes: list[Hole]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": step.name, "shell": step.shell, "lock_passwd": True}
    if step.groups:
        entry["groups"] = list(step.groups)
    if step.home:
        entry["homedir"] = step.home
    if step.system:
        entry["system"] = True
    if step.sudo:
        entry["sudo"] = "ALL=(ALL) NOPASSWD:ALL"
    if step.ssh_keys:
        entry["ssh_authorized_keys"] = [_marked(key, holes) for key in step.ssh_keys]
    return entry
