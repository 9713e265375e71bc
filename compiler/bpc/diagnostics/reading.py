"""BPC0xx: what can go wrong before a text is parsed."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class Unreadable(Diagnostic):
    """A file that the blueprint names, or the blueprint itself, cannot be read.

    The reason is that of the operating system: it does not exist, its permissions forbid it, it is a folder, its symbolic links form a
    cycle, or it is too large to be a source.
    """

    code: ClassVar = "BPC001"
    message: ClassVar = 'cannot read "{path}": {reason}'
    path: str
    reason: str


class OutsideProject(Diagnostic):
    """A path leads out of the project folder.

    The project folder is the one of the blueprint that you compile. A compilation reads nothing outside it, so that the
    same folder gives the same result on every machine. Symbolic links count where they lead to. Copy the file in.
    """

    code: ClassVar = "BPC002"
    message: ClassVar = '"{path}" lies outside the project folder'
    advice: ClassVar = "copy the file into the folder of the blueprint that you compile, or a folder below it"
    path: str


class NotText(Diagnostic):
    """A file that must be text is not valid UTF-8, or holds NUL characters.

    Save it as UTF-8. A binary file can be copied to a machine with `source` in a `file` block, or as an `artifact`.
    """

    code: ClassVar = "BPC003"
    message: ClassVar = '"{path}" is not UTF-8 text: {reason}'
    advice: ClassVar = "save the file as UTF-8"
    path: str
    reason: str
