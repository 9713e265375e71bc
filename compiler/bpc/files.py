"""The only disk access of the compiler: reading inside a project folder, and writing whole results.

Whatever is written appears at once or not at all.
"""

from __future__ import annotations

import os
import posixpath

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read as a source, template or artifact."""

NEAR = 1000
"""Files of a project that are looked at for the one that was meant."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class ReadError(Exception):
    """A file cannot be read; `outside` where the reason is that it lies outside the project, `missing` where it does not exist."""

    def __init__(self, reason: str, *, outside: bool = False, missing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outside = outside
        self.missing = missing


class Project:
    """A folder with blueprints in it. Names are relative to it, with forward slashes."""

    def __init__(self, folder: str) -> None:
        self.folder = folder if "\0" in folder else os.path.realpath(folder)
        self.contents: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises `ReadError`. Each file is read once, so that one compilation sees one version."""
        if name not in self.contents:
            self.contents[name] = self._read(name)
        return self.contents[name]

    def near(self, name: str, *, blueprint: bool) -> str:
        """The file of the project that is most like one that does not exist; empty where none is. Never raises.

        The blueprint itself is looked for in its folder only.
        """
        from difflib import get_close_matches

        known = self._names()
        if blueprint:
            known = [other for other in known if other.endswith(".bp") and "/" not in other]
        same = [other for other in known if posixpath.basename(other) == posixpath.basename(name)]
        near = same or get_close_matches(name, known, n=1, cutoff=0.6)
        if not near:
            short = {posixpath.basename(other): other for other in reversed(known)}
            near = [short[word] for word in get_close_matches(posixpath.basename(name), short, n=1, cutoff=0.7)]
        return near[0] if near else ""

    def _names(self) -> list[str]:
        """The first files of the project, hidden ones and what bpc wrote aside."""
        found: list[str] = []
        for path, folders, names in os.walk(self.folder):
            folders[:] = sorted(
                name for name in folders if not name.startswith(".") and name not in ("out", "node_modules")
            )
            found += [
                os.path.relpath(os.path.join(path, name), self.folder).replace(os.sep, "/") for name in sorted(names)
            ]
            if len(found) > NEAR:
                break
        return found[:NEAR]

    def _read(self, name: str) -> bytes:
        try:
            path = os.path.realpath(os.path.join(self.folder, name), strict=True)
            if path != self.folder and not path.startswith(self.folder.rstrip(os.sep) + os.sep):
                raise ReadError("it lies outside the project folder", outside=True)
            if not os.path.isfile(path):
                raise ReadError("it is not a file")
            if os.path.getsize(path) > LARGEST:
                raise ReadError(f"it is larger than {LARGEST // 2**20} MiB")
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            raise ReadError((error.strerror or str(error)).lower(), missing=missing) from None
        except ValueError:
            raise ReadError("the path is not valid") from None


def read_given(path: str) -> bytes:
    """A file that the user names, wherever it is: a plain one, or a pipe that the shell opened (`<(command)`). Raises `ReadError`.

    Other pipes and devices might never end.
    """
    import stat

    try:
        kind = os.stat(path).st_mode
        if not (stat.S_ISREG(kind) or (stat.S_ISFIFO(kind) and path.startswith("/dev/"))):
            raise ReadError("is a directory" if stat.S_ISDIR(kind) else "it is not a file")
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ReadError((error.strerror or str(error)).lower()) from None
    except ValueError:
        raise ReadError("the path is not valid") from None
    if len(content) > LARGEST:
        raise ReadError(f"it is larger than {LARGEST // 2**20} MiB")
    return content


def beside(name: str, path: str) -> str:
    """The name of `path` as a file called `name` means it: relative to its own folder. May begin with `..`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def read_folder(folder: str) -> dict[str, str | bytes]:
    """All files below a folder by their relative names, without Python's caches. Raises OSError."""
    found: dict[str, str | bytes] = {}
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in sorted(names):
            full = os.path.join(path, name)
            with open(full, "rb") as file:
                found[os.path.relpath(full, folder)] = file.read()
    return found


def made_here(folder: str, name: str, mark: str) -> bool:
    """Whether a folder may be replaced: there is none, or it is empty, or its file `name` has the mark of those that we write."""
    try:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):  # a pipe, for example, would never end
            raise FileNotFoundError(path)
        with open(path, encoding="utf-8", errors="replace") as file:
            return mark in file.read(LARGEST)
    except OSError:
        return not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder))


def write_folder(folder: str, files: Mapping[str, str | bytes]) -> None:
    """Writes files into `folder`, replacing its former content as one step. Raises OSError.

    The new folder is made beside the old one and takes its place when it is complete; an interruption leaves the old.
    """
    target = os.path.abspath(folder)
    parent = os.path.dirname(target)
    new = not os.path.lexists(parent)
    os.makedirs(parent, exist_ok=True)
    fresh = os.path.join(parent, f".{os.path.basename(target)}-{os.urandom(6).hex()}")
    os.mkdir(fresh, 0o700)
    try:
        for inner in sorted({os.path.dirname(name) for name in files}):
            os.makedirs(os.path.join(fresh, inner), exist_ok=True)
        for name, content in files.items():
            _write(os.path.join(fresh, name), content)
        os.chmod(fresh, 0o755)
        _swap(fresh, target)
    finally:
        _remove(fresh)
        if os.path.lexists(target):
            _remove(fresh + ".old")
        elif new and not os.listdir(parent):
            os.rmdir(parent)


def _swap(fresh: str, target: str) -> None:
    """`fresh` becomes `target`; what stood there ends up under the name of `fresh`, to be removed."""
    if os.path.lexists(target):
        aside = fresh + ".old"
        try:
            os.rename(target, aside)
            os.rename(fresh, target)
        finally:  # also after an interruption: the earlier result goes back
            if not os.path.lexists(target):
                os.rename(aside, target)
        os.rename(aside, fresh)
    else:
        os.rename(fresh, target)


def _remove(path: str) -> None:
    """A folder with all in it, or a file or link that stood in a folder's place; nothing where there is none."""
    import shutil

    if os.path.isfile(path) or os.path.islink(path):
        os.unlink(path)
    else:
        shutil.rmtree(path, ignore_errors=True)


def _write(path: str, content: str | bytes) -> None:
    """Writes a file; one that names the program which runs it may be run."""
    data = content if isinstance(content, bytes) else content.encode()
    with open(path, "wb") as file:
        file.write(data)
    if data.startswith(b"#!"):
        os.chmod(path, 0o755)
