"""What a build prints: into its log as it comes, bounded, since a step of a stranger's may print without end."""

from __future__ import annotations

import re
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

LARGEST = 64 * 2**20
"""Bytes of a log on the disk."""
REMEMBERED = 4 * 2**20
"""Bytes of its end that are looked at for what went wrong."""
CONTROL = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)|[^\n\t\x20-\x7e\xa0-\U0010ffff]|[\u2028-\u202e\u2066-\u2069]"
)
"""What would move the cursor or change the terminal: of a step's output nothing of it reaches one."""


class Log:
    """Reads a pipe until its end, in a thread of its own. `path` is for people."""

    def __init__(self, path: str, file: IO[bytes], marks: Iterable[str]) -> None:
        self.path, self.file = path, file
        self.waited = {mark.encode() for mark in marks}
        self.seen: list[str] = []
        self.end = b""
        self.written = 0

    def follow(self, pipe: IO[bytes]) -> threading.Thread:
        thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        thread.start()
        return thread

    def _read(self, pipe: IO[bytes]) -> None:
        while piece := pipe.read1(65536):  # type: ignore[attr-defined]  # a buffered reader
            recent = self.end[-200:] + piece
            for mark in [mark for mark in self.waited if mark in recent]:
                self.waited.remove(mark)
                self.seen.append(mark.decode())
            self.end = (self.end + piece)[-REMEMBERED:]
            kept = piece[: max(0, LARGEST - self.written)]
            self.written += len(piece)
            self.file.write(kept)
            self.file.flush()

    @property
    def text(self) -> str:
        """The end of it, without what is for a terminal."""
        return CONTROL.sub("", self.end.decode(errors="replace"))
