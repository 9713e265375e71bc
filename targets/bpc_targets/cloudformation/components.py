"""Components of EC2 Image Builder: an image's layers as documents of bounded size, each a list of steps in Bash.

A component has 16,000 characters, and an image 20 components. Files of an image travel as one packed archive, in pieces; a
script stands there as it is, but packed where it is too large, or has braces that Image Builder would take for a variable.
"""

from __future__ import annotations

import base64
import gzip

from bpc.digest import sha256
from bpc.provision import live_script
from bpc.record import Record
from bpc.yaml import dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from bpc.model.steps import Base, Image

    Json = dict[str, Any]
    Files = Mapping[str, str | bytes]

LARGEST = 16_000
"""Characters of a component's document."""
MOST = 20
"""Components of an image."""
PIECE = 12_000
LONGEST = 3600
"""Seconds that one step may take."""
ARCHIVE = "/var/lib/bpc-image.tar.gz"


class Component(Record):
    """One document. `title` says what it brings."""

    title: str
    data: str

    @property
    def digest(self) -> str:
        return sha256(self.data.encode())


def of_base(base: Base) -> list[Component]:
    """What comes first: the machine comes to rest, then the system layer."""
    steps = [("start", live_script.START), *_steps(live_script.of_base(base), "system")]
    return _components("system layer", steps)


def of_image(image: Image) -> list[Component]:
    """What an image has besides its base; none where it has nothing."""
    return _components("image", _steps(live_script.of_image(image), "image"))


def last() -> list[Component]:
    """What an image must not have. Image Builder works in the folders that are kept, and empties them itself."""
    return _components("end", [("clean", live_script.clean(("/run/", "/tmp/", "/var/tmp/"), quiet=False))])


def _steps(files: Files, folder: str) -> list[tuple[str, str]]:
    """(name, Bash) of each step, in order: first the files arrive, then the scripts run."""
    scripts = {path: str(text) for path, text in sorted(files.items()) if path.startswith("scripts/")}
    rest = {path: content for path, content in sorted(files.items()) if path not in scripts}
    made = _arrival(rest, folder) if rest else []
    for path, text in scripts.items():
        made.append((path.partition("-")[2].removesuffix(".sh"), f"export BPC_SYSTEM=true\n{text}"))
    return made


def _arrival(files: Files, folder: str) -> list[tuple[str, str]]:
    packed = base64.b64encode(gzip.compress(_tar(files), 9, mtime=0)).decode()
    pieces = [packed[start : start + PIECE] for start in range(0, len(packed), PIECE)]
    made = [
        (f"files-{number}", f"base64 -d >>{ARCHIVE} <<'END'\n{_lines(piece)}END\n")
        for number, piece in enumerate(pieces)
    ]
    unpack = f"set -e\ntar -xzf {ARCHIVE} -C {live_script.UPLOADS} --no-same-owner\nrm {ARCHIVE}\n"
    return [*made, (f"unpack-{folder}", unpack)]


def _lines(packed: str) -> str:
    return "".join(packed[start : start + 120] + "\n" for start in range(0, len(packed), 120))


def _tar(files: Files) -> bytes:
    """The same bytes for the same files: no times, no owners."""
    made = b""
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        made += _header(path, len(data)) + data + bytes(-len(data) % 512)
    return made + bytes(1024)


def _header(path: str, size: int) -> bytes:
    """A header of POSIX tar; long paths have their folders in the prefix."""
    import tarfile

    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.GNU_FORMAT)


def _components(title: str, steps: list[tuple[str, str]]) -> list[Component]:
    """As few documents as hold the steps, in order."""
    made: list[Component] = []
    held: list[Json] = []
    for step in (_step(*given) for given in steps):
        if held and len(_document(title, [*held, step])) > LARGEST:
            made.append(Component(title=title, data=_document(title, held)))
            held = []
        held.append(step)
    return [*made, Component(title=title, data=_document(title, held))] if held else made


def _step(name: str, text: str) -> Json:
    command = text if "{{" not in text and len(text) < PIECE else _packed(text)
    return {"name": name, "action": "ExecuteBash", "timeoutSeconds": LONGEST, "inputs": {"commands": [command]}}


def _packed(text: str) -> str:
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f"set -eo pipefail\nbase64 -d <<'END' | gunzip >/root/bpc-step\n{_lines(packed)}END\nbash /root/bpc-step\nrm /root/bpc-step\n"


def _document(title: str, steps: list[Json]) -> str:
    return dump(
        {
            "name": title,
            "description": f"{title}. Made by bpc.",
            "schemaVersion": 1.0,
            "phases": [{"name": "build", "steps": steps}],
        }
    )


def too_large(components: list[Component]) -> Iterator[str]:
    """What Image Builder would not take, in words."""
    if len(components) > MOST:
        yield f"{len(components)} components"
    for component in components:
        if len(component.data) > LARGEST:
            yield f"a component of {len(component.data):,} characters"


def parts(image: Image) -> list[str]:
    """What takes most room, in words."""
    assert image.base is not None
    files = {**live_script.of_base(image.base), **live_script.of_image(image)}
    sizes = {path.partition("/")[2]: len(text) for path, text in files.items()}
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:3]
    return [f"{path} ({size:,} bytes)" for path, size in largest]
