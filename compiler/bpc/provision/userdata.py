"""A group's first boot as cloud-config: packages, users, files, and one runner script for the rest.

cloud-init writes deferred files after packages are installed and users exist, and runs commands last; so the order is
software, configuration, services, and then the signal. A file with a secret is put into its place by the runner: cloud-init
(as of 25) writes a file first and sets its mode after.
"""

from __future__ import annotations

import base64
import gzip

from bpc.model.steps import Configure, File, Packages, Repository, Service, User
from bpc.model.values import SecretHole, bare
from bpc.model.wanted import unit_name
from bpc.parts import Place, joined, parts
from bpc.provision import metadata, repositories
from bpc.provision.platforms import files as platform_files
from bpc.provision.platforms import string
from bpc.provision.runner import HOME, LOG, PREPARE, RUNNER, SECRETS, SIGNAL, is_placed, mounted, private_place, runner
from bpc.record import Record
from bpc.yaml import Filled, dump_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.values import Text
    from bpc.parts import Parts
    from bpc.provision.deferred import Fetching
    from bpc.source import Span

    Json = dict[str, Any]


class Portion(Record):
    """One part of the user data, for those who must make it smaller: what it is, its bytes, where it was declared."""

    title: str
    size: int
    span: Span


def user_data(group: Group, signal: Parts, fetching: Fetching | None = None, *, compress: bool = False) -> Parts:
    """The cloud-config of a group. `signal` is a Python script that is called with SUCCESS or FAILURE, the reason on its input.

    `fetching` says what the machine fetches itself. `compress`: files without places are compressed, where that makes them
    smaller.
    """
    config = _config(group if fetching is None else fetching.placed(group), signal)
    if fetching is not None:
        config["write_files"] += [_script(f"{HOME}/{name}", string(text)) for name, text in fetching.beside.items()]
        config["write_files"].append(_script(PREPARE, fetching.fill(config["write_files"])))
        config["runcmd"] = [[PREPARE, RUNNER]]
    if compress:
        config["write_files"] = [_compressed(entry) for entry in config["write_files"]]
    return joined(("#cloud-config\n",), dump_parts(config))


def portions(group: Group) -> list[Portion]:
    """What takes room in the user data, largest first."""
    found = [
        Portion(title=step.path, size=size(step.content), span=step.span)
        for step in group.first_boot
        if isinstance(step, File)
    ]
    for step in group.first_boot:
        content = getattr(step, "script", None) or getattr(step, "unit", None)
        binary = getattr(step, "content", None)
        if isinstance(content, tuple):
            found.append(
                Portion(title=getattr(step, "title", getattr(step, "name", "")), size=size(content), span=step.span)
            )
        elif isinstance(binary, bytes) and not isinstance(step, File):
            found.append(Portion(title=getattr(step, "path", ""), size=size(binary), span=step.span))
    found += [
        Portion(title=f"the key of repository {step.name}", size=len(step.key) * 4 // 3, span=step.span)
        for step in group.first_boot
        if isinstance(step, Repository)
    ]
    found += [
        Portion(title=file.name, size=size(file.content), span=step.span)
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


def _compressed(entry: Json) -> Json:
    content = entry["content"]
    if "encoding" in entry or isinstance(content, Filled):
        return entry
    packed = _packed(content.encode())
    return entry | {"encoding": "gz+b64", "content": packed} if len(packed) < len(content) else entry


def _config(group: Group, signal: Parts) -> Json:
    steps = group.first_boot
    names = [name for step in steps if isinstance(step, Packages) for name in step.names]
    users = [_user(step) for step in steps if isinstance(step, User)]
    volumes = mounted(steps)
    files = [_early(path, text) for path, text in repositories.trees(steps).items()]
    files += [_file(step, volumes) for step in steps if isinstance(step, File)]
    files += [_unit(step) for step in steps if isinstance(step, Service) and step.unit]
    files += _artifacts(group)
    files += [entry for step in steps if isinstance(step, Configure) for entry in _platform(step)]
    if group.metadata == "closed":
        files.append({"path": metadata.PATH, "permissions": "0644", "defer": True, "content": metadata.UNIT})
    files.append(_script(SIGNAL, string(signal)))
    files.append(_script(RUNNER, string(runner(group))))
    if hidden := _secrets(files):
        files.append(hidden)
    config: Json = {"bootcmd": [["install", "-d", "-m", "0700", HOME]]}
    if names:
        config["package_update"] = True
        config["packages"] = list(dict.fromkeys(names))
    if users:
        config["users"] = ["default", *users]
    config["write_files"] = files
    config["runcmd"] = [[RUNNER]]
    return config


def _secrets(files: list[Json]) -> Json | None:
    """The secrets that the files have, a line for each: what is told of a failure leaves them out."""
    places = [part for file in files if isinstance(file["content"], Filled) for part in file["content"].parts]
    holes = [bare(place.hole) for place in places if isinstance(place, Place)]
    lines = dict.fromkeys(hole for hole in holes if isinstance(hole, SecretHole))
    if not lines:
        return None
    content = string(joined(*((Place(hole=hole), "\n") for hole in lines)))
    return {"path": SECRETS, "permissions": "0600", "defer": True, "content": content}


def _file(step: File, volumes: frozenset[str]) -> Json:
    if is_placed(step, volumes):
        entry: Json = {"path": private_place(step), "permissions": "0600", "defer": True}
    else:
        owner = f"{step.owner}:{step.group}"
        entry = {"path": step.path, "owner": owner, "permissions": step.mode, "defer": True}
    if isinstance(step.content, bytes):
        return entry | {"encoding": "gz+b64", "content": _packed(step.content)}
    return entry | {"content": string(parts(step.content))}


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _unit(step: Service) -> Json:
    path = f"/etc/systemd/system/{unit_name(step.name)}"
    return {"path": path, "permissions": "0644", "defer": True, "content": string(parts(step.unit))}


def _artifacts(group: Group) -> list[Json]:
    from bpc.model.steps import Artifact
    from bpc.provision.runner import artifact_place

    return [
        _script(artifact_place(step), _packed(step.content)) | {"encoding": "gz+b64", "permissions": "0600"}
        for step in group.first_boot
        if isinstance(step, Artifact) and step.content is not None
    ]


def _platform(step: Configure) -> list[Json]:
    """What a platform reads, in the private folder."""
    made = []
    for path, content in platform_files(step, HOME, LOG):
        packed = isinstance(content, bytes)
        entry = _script(path, _packed(content) if isinstance(content, bytes) else string(content))
        entry["permissions"] = "0600"
        made.append(entry | ({"encoding": "gz+b64"} if packed else {}))
    return made


def _early(path: str, text: str) -> Json:
    """A file that is there before packages are installed."""
    return {"path": f"/{path}", "owner": "root:root", "permissions": "0644", "content": text}


def _script(path: str, content: str | Filled) -> Json:
    return {"path": path, "permissions": "0700", "defer": True, "content": content}


def _user(step: User) -> Json:
    entry: Json = {"name": step.name, "shell": step.shell, "lock_passwd": True}
    if step.groups:
        entry["groups"] = list(step.groups)
    if step.home:
        entry["homedir"] = step.home
    if step.system:
        entry["system"] = True
    if step.sudo:
        entry["sudo"] = "ALL=(ALL) NOPASSWD:ALL"
    if step.ssh_keys:
        entry["ssh_authorized_keys"] = [string(parts(key)) for key in step.ssh_keys]
    return entry
