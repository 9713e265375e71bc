"""Where sources come from, and the only disk access of the compiler: reading inside a project folder, and writing whole results.

`Files` are a folder on the disk (`Project`), or an editor's texts laid over other files (`Buffers`).
Whatever is written appears at once or not at all.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read as a source, template or artifact."""

NEAR = 1000
"""Files of a project that are looked at for the one that was meant."""
READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
"""A pipe is not waited for, and a link that has come into the place of the file is not followed."""
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
"""Thousands of files are written: Python's own files ask the system for more than that takes."""
PART, PART_MARK = ".bpc-part-", "made-by-bpc"
"""A folder beside the one that is written, and the file in it that says that it is bpc's, and may be removed."""
EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol

    class Files(Protocol):
        """The files of a project, by their names relative to it, with forward slashes."""

        def read(self, name: str) -> bytes:
            """The bytes of a file. Raises `ReadError`."""

        def near(self, name: str, *, blueprint: bool) -> str:
            """The file that is most like one that does not exist; empty where none is."""


class ReadError(Exception):
    """A file cannot be read; `outside` where the reason is that it lies outside the project, `missing` where it does not exist."""

    def __init__(self, reason: str, *, outside: bool = False, missing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outside = outside
        self.missing = missing


class Project:
    """A folder with blueprints in it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder if "\0" in folder else os.path.realpath(folder)

    def read(self, name: str) -> bytes:
        """The bytes of a file of the folder. Raises `ReadError`."""
        try:
            path = os.path.realpath(os.path.join(self.folder, name), strict=True)
            if path != self.folder and not path.startswith(self.folder.rstrip(os.sep) + os.sep):
                raise ReadError("it lies outside the project folder", outside=True)
            return self._content(os.open(path, READ))
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            raise ReadError((error.strerror or str(error)).lower(), missing=missing) from None
        except ValueError:
            raise ReadError("the path is not valid") from None

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

    def _content(self, number: int) -> bytes:
        """What an open file holds, if it is one of the project still: its path may have been exchanged after it was looked at."""
        with open(number, "rb", buffering=0) as file:
            status, opened = os.fstat(number), f"/proc/self/fd/{number}"
            if os.path.lexists(opened) and not os.readlink(opened).startswith(self.folder.rstrip(os.sep) + os.sep):
                raise ReadError("it lies outside the project folder", outside=True)
            if not stat.S_ISREG(status.st_mode):
                raise ReadError("it is not a file")
            if status.st_size > LARGEST:
                raise ReadError(f"it is larger than {LARGEST // 2**20} MiB")
            content = bytearray()
            while len(content) <= LARGEST and (piece := file.read(max(status.st_size - len(content), 0) + 1)):
                content += piece
            return bytes(content)


class Buffers:
    """Texts that an editor holds, by name, over the files below: what was not saved yet is what counts."""

    def __init__(self, texts: Mapping[str, str], below: Files) -> None:
        self.texts, self.below = texts, below

    def read(self, name: str) -> bytes:
        """A text where there is one of this name, else what the files below have. Raises `ReadError`."""
        return self.texts[name].encode() if name in self.texts else self.below.read(name)

    def near(self, name: str, *, blueprint: bool) -> str:
        """The file below that is most like one that does not exist."""
        return self.below.near(name, blueprint=blueprint)


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


def made_here(folder: str, *marks: tuple[str, str]) -> bool:
    """Whether a folder may be replaced: there is none, or it is empty, or one of its files (name, mark) has our mark."""
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return True
    return any(_marked(os.path.join(folder, name), mark) for name, mark in marks)


def _marked(path: str, mark: str) -> bool:
    try:
        if not os.path.isfile(path):  # a pipe, for example, would never end
            return False
        with open(path, encoding="utf-8", errors="replace") as file:
            return mark in file.read(LARGEST)
    except OSError:
        return False


def write_folder(folder: str, files: Mapping[str, str | bytes]) -> None:
    """Writes files into `folder`, replacing its former content as one step. Raises OSError.

    The new folder is made beside the old one, and exchanged with it when it is complete: at every moment one of both is there,
    whole, even where the process is killed. What a killed one has left beside it, the next one removes.
    """
    target = os.path.abspath(folder)
    parent = os.path.dirname(target)
    new = not os.path.lexists(parent)
    os.makedirs(parent, exist_ok=True)
    try:
        with _part(parent) as part:
            fresh = os.path.join(part, "new")
            _make(fresh, files)
            _swap(fresh, target)
    finally:
        if new and not os.path.lexists(target) and not os.listdir(parent):
            os.rmdir(parent)


def _make(folder: str, files: Mapping[str, str | bytes]) -> None:
    """A folder with files in it, whose modes are the same whatever the process's umask."""
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    for inner in sorted({os.path.dirname(name) for name in files}):
        _make_inner(folder, inner)
    for name, content in files.items():
        _write(os.path.join(folder, name), content)


def _make_inner(folder: str, inner: str) -> None:
    path = os.path.join(folder, inner)
    if inner and not os.path.isdir(path):
        _make_inner(folder, os.path.dirname(inner))
        os.mkdir(path)
        os.chmod(path, 0o755)


@contextlib.contextmanager
def _part(parent: str) -> Iterator[str]:
    """A private folder in `parent`, which is gone afterwards. It is locked, so that others see that its maker lives."""
    import fcntl

    path = os.path.join(parent, f"{PART}{os.urandom(6).hex()}")
    beside = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _locked(beside):  # else this file system has no locks, and nobody tidies
            _tidy(parent)
        os.mkdir(path, 0o700)
        own = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with open(os.path.join(path, PART_MARK), "w", encoding="utf-8"):
            pass
    finally:
        os.close(beside)
    try:
        yield path
    finally:
        os.close(own)
        _remove(path)


def _locked(number: int) -> bool:
    """Whether we have got the lock of a folder: others hold it for moments, and who holds it longer does not stop us."""
    import fcntl
    import time

    for _ in range(200):
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            return False
        else:
            return True
    return False


def _tidy(parent: str) -> None:
    """Removes what killed ones have left; what has not our mark stays, and what its maker still holds."""
    import fcntl

    for name in [name for name in os.listdir(parent) if name.startswith(PART)]:
        path = os.path.join(parent, name)
        try:
            own = os.open(path, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_NOFOLLOW", 0) | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.listdir(own):
                os.rmdir(path)
            elif PART_MARK in os.listdir(own):
                _remove(path)
        except OSError:
            pass
        finally:
            os.close(own)


def _swap(fresh: str, target: str) -> None:
    """`fresh` becomes `target`; what stood there ends up under the name of `fresh`, to be removed."""
    if not os.path.lexists(target):
        os.rename(fresh, target)
        return
    if _exchange(fresh, target):
        return
    aside = fresh + ".old"
    try:
        os.rename(target, aside)
        os.rename(fresh, target)
    finally:  # also after an interruption: the earlier result goes back
        if not os.path.lexists(target):
            os.rename(aside, target)


def _exchange(one: str, other: str) -> bool:
    """Exchanges two names in one step; False where the system or the file system cannot."""
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here = -100
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), EXCHANGE) == 0


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
    number = os.open(path, WRITE, 0o600)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(number, left) :]
        os.fchmod(number, 0o755 if data.startswith(b"#!") else 0o644)
    finally:
        os.close(number)
