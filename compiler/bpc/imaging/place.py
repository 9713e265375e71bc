"""The output folder, trusted with nothing: every path in it is opened below a folder that is open, and no link is followed.

Whoever owns the project may exchange folders and links while root builds. So each folder is opened once, part by part, and
held; what happens to its path afterwards changes nothing. Folders that bpc makes for itself have a mark, which needs a key of
this machine: a folder without it is somebody else's, whatever its name, and nothing in it is touched.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = "/var/lib/bpc"
MARK = ".made-by-bpc"
LARGEST = 16 * 2**20
"""Bytes of the largest description that is read."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Distrusted(Exception):
    """A path of the output that must not be used, and why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path, self.reason = path, reason


class Folder:
    """An open folder. `path` is for people only."""

    def __init__(self, number: int, path: str) -> None:
        self.number, self.path = number, path

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)

    @property
    def reach(self) -> str:
        """A path to this very folder for a program that inherits its number, or for a short while for ourselves."""
        return f"/proc/self/fd/{self.number}"

    def where(self, name: str) -> str:
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.number))

    def status(self, name: str) -> os.stat_result | None:
        """Of a name itself, not of what it leads to."""
        try:
            return os.stat(name, dir_fd=self.number, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def inner(self, name: str, *, make: bool = False, mode: int = 0o755) -> Folder:
        """A folder in this one. Raises `Distrusted` where it is a link or somebody else's, FileNotFoundError where it is not there."""
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self.number)
                with Folder(_open(self, name), self.where(name)) as made:
                    os.fchmod(made.number, mode)
        return Folder(_open(self, name), self.where(name))

    def inner_of(self, name: str, owner: int) -> Folder:
        """A folder in this one that belongs to a certain account."""
        number = os.open(name, FOLDER, dir_fd=self.number)
        if os.fstat(number).st_uid != owner:
            os.close(number)
            raise Distrusted(self.where(name), "belongs to another account than it was made for")
        return Folder(number, self.where(name))

    def own(self, name: str, *, make: bool = True, mode: int = 0o755) -> Folder:
        """A folder of bpc's own in this one. Raises `Distrusted` where it is not bpc's, FileNotFoundError where it is not there."""
        found = self.inner(name, make=make, mode=mode)
        status = os.fstat(found.number)
        seal = _seal()
        if status.st_uid == os.geteuid() and found.names() in ([], [MARK]) and found.read(MARK) in (None, b""):
            found.write(MARK, seal, mode=0o600)  # new, or its maker was killed before this line
        if status.st_uid != os.geteuid() or found.read(MARK) != seal:
            reason = "was not made by bpc on this machine: move it away, or choose another output folder with -o"
            raise Distrusted(found.path, reason)
        return found

    def read(self, name: str, largest: int = LARGEST) -> bytes | None:
        """A file's content; None where there is none that is a regular file, or where it is larger."""
        try:
            with self.file(name) as number:
                status = os.fstat(number)
                return None if status.st_size > largest else os.pread(number, largest + 1, 0)
        except OSError:
            return None

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[int]:
        """A regular file, open to be read: a link, a pipe or a device is none. Raises OSError."""
        number = os.open(name, FILE, dir_fd=self.number)
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise OSError(errno.EINVAL, "it is not a file", self.where(name))
            yield number
        finally:
            os.close(number)

    def create(self, name: str, mode: int = 0o644) -> int:
        """A new file, open to be written; what bpc has left at the name of one is removed. Only for folders of bpc's own."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.number)
        number = os.open(name, NEW, 0o600, dir_fd=self.number)
        os.fchmod(number, mode)
        return number

    def write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        """A whole file at once. Only for folders of bpc's own."""
        number = self.create(f"{name}.part", mode)
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)
        os.rename(f"{name}.part", name, src_dir_fd=self.number, dst_dir_fd=self.number)

    def remove(self, name: str) -> None:
        """A file, or a folder with all in it, however deep. Only for folders of bpc's own."""
        status = self.status(name)
        if status is None:
            return
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=self.number)
            return
        import subprocess  # Python's own removal recurses, and a step can make folders deeper than that

        command = ["rm", "-rf", "--one-file-system", "--", name]
        subprocess.run(command, cwd=self.reach, pass_fds=[self.number], check=False, capture_output=True)


def _open(folder: Folder, name: str) -> int:
    """A folder in a folder, if it is to be trusted: no link, and root's or the user's who called sudo."""
    try:
        number = os.open(name, FOLDER, dir_fd=folder.number)
    except NotADirectoryError:
        reason = "is a symbolic link" if _is_link(folder, name) else "is not a folder"
        raise Distrusted(folder.where(name), reason) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Distrusted(folder.where(name), "is a symbolic link") from None
        raise
    owner = os.fstat(number).st_uid
    if owner not in trusted():
        os.close(number)
        raise Distrusted(
            folder.where(name), f"belongs to user {owner}, neither to root nor to the user who called sudo"
        )
    return number


def _is_link(folder: Folder, name: str) -> bool:
    status = folder.status(name)
    return status is not None and stat.S_ISLNK(status.st_mode)


def trusted() -> set[int]:
    """Whose folders are used: ours, root's, and those of the user who called sudo, which sudo itself says."""
    caller = os.environ.get("SUDO_UID", "") if os.geteuid() == 0 else ""
    return {0, os.geteuid()} | ({int(caller)} if caller.isascii() and caller.isdigit() else set())


def output(path: str, project: str, *, make: bool) -> Folder:
    """The output folder, opened part by part from the root. Raises `Distrusted`; FileNotFoundError where it is not there.

    Outside the project a link is followed where root or the caller has made it, as in any path that they type; within it
    none is, and every folder must be theirs. The folder itself must be theirs wherever it is.
    """
    target, inside = os.path.abspath(path), os.path.realpath(project)
    parts = [part for part in target.split("/") if part][::-1]
    here, links = Folder(os.open("/", FOLDER), "/"), 0
    while parts:
        name = parts.pop()
        within = here.path == inside or here.path.startswith(inside.rstrip("/") + "/")
        status = here.status(name)
        if not within and status is not None and stat.S_ISLNK(status.st_mode):
            links += 1
            if status.st_uid not in trusted() or links > 40:
                raise Distrusted(here.where(name), f"is a symbolic link of user {status.st_uid}")
            goal = os.path.normpath(os.path.join(here.path, os.readlink(name, dir_fd=here.number)))
            parts += [part for part in goal.split("/") if part][::-1]
            os.close(here.number)
            here = Folder(os.open("/", FOLDER), "/")
            continue
        with here:
            last = not parts
            here = here.inner(name, make=make) if within or last else _outer(here, name, make=make)
    return here


def _outer(folder: Folder, name: str, *, make: bool) -> Folder:
    """A folder on the way, outside the project: whoever owns it, it is held from here on."""
    if make and folder.status(name) is None:
        return folder.inner(name, make=True)
    try:
        return Folder(os.open(name, FOLDER, dir_fd=folder.number), folder.where(name))
    except NotADirectoryError:
        raise Distrusted(folder.where(name), "is not a folder") from None


# ---- the mark


def _seal() -> bytes:
    """What the mark of a folder says: nobody knows it who cannot read this machine's key."""
    import hashlib
    import hmac

    return hmac.new(_key(), b"a folder of bpc", hashlib.sha256).hexdigest().encode()


def _key() -> bytes:
    """A random key of this machine, made when it is first needed; only its owner can read it."""
    os.makedirs(KEYS, mode=0o755, exist_ok=True)
    with Folder(os.open(KEYS, FOLDER), KEYS) as keys:
        if os.fstat(keys.number).st_uid != os.geteuid():
            raise Distrusted(KEYS, "is not root's")
        if not keys.read("key"):
            number = os.open(f"key-{os.getpid()}", NEW, 0o600, dir_fd=keys.number)
            with open(number, "wb") as file:
                file.write(os.urandom(32))
            with contextlib.suppress(FileExistsError):  # another bpc was first
                os.link(f"key-{os.getpid()}", "key", src_dir_fd=keys.number, dst_dir_fd=keys.number)
            os.unlink(f"key-{os.getpid()}", dir_fd=keys.number)
        return keys.read("key") or b""
