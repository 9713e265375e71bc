"""Which images are there. An image is there when its description is the one that bpc wrote, and its files are those described.

What bpc wrote is remembered in the folder `work`, where only root can write and whose mark only this machine's bpc can make:

    work/NAME.known.json      the description, its SHA-256, the size, time and inode of each file when its checksum fitted, and
                              the names of the services and accounts in the image
    work/NAME.tree.json       a base: written last, so it means "whole"
    work/tiers.json           which image each tier of each environment had last
"""

from __future__ import annotations

import json
import os
import stat

from bpc.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from bpc.imaging.place import Folder

FORMAT = 2
STRANGE = "was not written by bpc on this machine"


class Store:
    """An output folder, as far as it is there: the images, and what is known of them.

    Where `work` cannot be read, since we are not root, an image is judged by its description and its files' sizes alone:
    then nothing is built. `remember` where a checksum that was computed may be written down.
    """

    def __init__(self, images: Folder | None, work: Folder | None, *, remember: bool = False) -> None:
        self.images, self.work, self.remember = images, work, remember

    def fault(self, name: str, formats: Sequence[str]) -> str:
        """Why an image is not there; "" where it is whole."""
        said = self.images.read(f"{name}.json") if self.images else None
        known = self.recall(name)
        if self.images is None or (said is None and known is None):
            return (
                "there is none"
                if self.images is None or not self.images.status(f"{name}.json")
                else self._strange(name)
            )
        if said is None:
            return f"{name}.json is not there"
        if known is not None:
            described = known["description"] if known["sha256"] == sha256(said) else None
        else:
            described = None if self._is_root() else parsed(said)
        if described is None or described.get("name") != name:
            return self._strange(name)
        for form in formats:
            wrong = self._file(name, form, described, known)
            if wrong:
                return wrong
        return ""

    def _strange(self, name: str) -> str:
        return f"{name}.json {STRANGE}"

    def _is_root(self) -> bool:
        return os.geteuid() == 0

    def _file(self, name: str, form: str, described: Mapping[str, Any], known: dict[str, Any] | None) -> str:
        """Why one of an image's files is not there; "" where it is."""
        assert self.images is not None
        entry, file = _entry(described, form), f"{name}.{form}"
        if entry is None:
            return f"there is no {form} of it"
        if self.images.status(file) is None:
            return f"{file} is not there"
        try:
            with self.images.file(file) as number:
                status = os.fstat(number)
                if status.st_size != entry["size"]:
                    return f"{file} {STRANGE}: it has {status.st_size:,} bytes, not {entry['size']:,}"
                if known is None or known["files"].get(form) == identity(status):
                    return ""
                if digest(number) != entry["sha256"]:
                    return f"{file} {STRANGE}: its checksum is another"
        except OSError:
            return f"{file} {STRANGE}: it is not a file that can be read"
        if self.remember and self.work:
            known["files"][form] = identity(status)
            known["inodes"] = sorted({*known["inodes"], status.st_ino})
            self.work.write(f"{name}.known.json", dumped(known))
        return ""

    def size(self, name: str, form: str) -> int:
        """Bytes of the disk that an image is, however few its file has; 0 where that cannot be read."""
        try:
            assert self.images is not None
            with self.images.file(f"{name}.{form}") as number:
                return os.fstat(number).st_size if form == "raw" else _virtual(os.pread(number, 32, 0))
        except OSError:
            return 0

    # ---- what is remembered

    def recall(self, name: str) -> dict[str, Any] | None:
        return parsed(self.work.read(f"{name}.known.json")) if self.work else None

    def base(self, name: str) -> dict[str, Any] | None:
        """The description of a base that is whole."""
        return parsed(self.work.read(f"{name}.tree.json")) if self.work else None

    def earlier(self, user: str) -> dict[str, Any] | None:
        """The description of the image that a tier of an environment had last."""
        name = self._tiers().get(user)
        known = self.recall(name) if name else None
        return known["description"] if known else None

    def use(self, users: Mapping[str, str]) -> None:
        """Remembers which image each tier has now."""
        tiers = self._tiers()
        if self.work and not users.items() <= tiers.items():
            self.work.write("tiers.json", dumped(tiers | dict(users)))

    def _tiers(self) -> dict[str, str]:
        return (parsed(self.work.read("tiers.json")) if self.work else None) or {}

    def is_ours(self, name: str, file: str) -> bool:
        """Whether bpc may put something else in a file's place: there is none, or bpc made this very one."""
        status = self.images.status(file) if self.images else None
        known = self.recall(name)
        if status is None:
            return True
        return stat.S_ISREG(status.st_mode) and known is not None and status.st_ino in known["inodes"]


def _entry(described: Mapping[str, Any], form: str) -> dict[str, Any] | None:
    """What a description says of one of its files, if that is whole."""
    files = described.get("files")
    entry = files.get(form) if isinstance(files, dict) else None
    if isinstance(entry, dict) and type(entry.get("size")) is int and isinstance(entry.get("sha256"), str):
        return entry
    return None


def _virtual(head: bytes) -> int:
    """The size that the header of a qcow2 file says."""
    return int.from_bytes(head[24:32]) if head[:4] == b"QFI\xfb" and len(head) == 32 else 0


def parsed(text: bytes | None) -> dict[str, Any] | None:
    """A JSON object; None where it is none, however it is broken."""
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def dumped(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def identity(status: os.stat_result) -> list[int]:
    """What changes when a file is written or exchanged."""
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def digest(number: int) -> str:
    """The SHA-256 of an open file."""
    import hashlib

    with open(os.dup(number), "rb") as file:
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
