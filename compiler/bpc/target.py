"""The protocol of a target: a solution in, files and diagnostics out. Targets do no I/O; the driver writes."""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Machine
    from bpc.model.solution import Solution
    from bpc.source import Span


class Flavor(Record):
    """A cloud's machine type: memory and disk in bytes. `architecture` is empty where the mapping does not say it: then any."""

    cpu: int
    memory: int
    disk: int
    architecture: str = ""

    def has(self, need: Machine) -> bool:
        """Whether it has the processors, memory and architecture that a machine needs."""
        same = self.architecture in ("", need.architecture)
        return same and self.cpu >= need.cpu and self.memory >= need.memory


class Options(Record):
    """What the user says to a target on the command line.

    `flavors`: a cloud's machine types by name, or empty.
    `limits`: a cloud's limits where they differ from the target's defaults, by the target's own names.
    `json`: templates as JSON, of those targets whose cloud takes both (`Target.json`).
    `imagebuilder`: the images are made by the stack itself, of those targets whose cloud can (`Target.imagebuilder`).
    """

    flavors: Mapping[str, Flavor]
    limits: Mapping[str, int]
    json: bool = False
    imagebuilder: bool = False


class Requirement(Record):
    """What the stack needs from outside, listed for the user: an image to upload, a network, a key pair."""

    kind: str
    parameter: str
    value: str
    why: str


class Artifacts(Record):
    """A target's answer: files by their path in the output folder (forward slashes), and what the user must provide.

    `files` values are texts (written as UTF-8 with `\\n`) or bytes. `headroom` lines say how much of each limit is used.
    `places`: resource id, as the cloud's messages have it, → what declared it. An id inside a nested stack is `outer/inner`.
    """

    files: Mapping[str, str | bytes]
    requirements: tuple[Requirement, ...]
    headroom: tuple[str, ...]
    places: Mapping[str, Span] = {}


class Target(Record):
    """One output format: of the stack, or of the images (`makes`).

    `capabilities` are the rows of its column in the generated table: construct → how it comes out. `limits` are those that
    `--limit` may say differently, with their defaults. `json` and `imagebuilder`: whether it uses these options.
    """

    name: str
    title: str
    makes: Literal["stack", "images"]
    limits: Mapping[str, int]
    capabilities: Mapping[str, str]
    emit: Callable[[Solution, Options], tuple[Artifacts | None, tuple[Diagnostic, ...]]]
    json: bool = False
    imagebuilder: bool = False
