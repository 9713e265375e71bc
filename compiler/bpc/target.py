"""The protocol of a target: a solution in, files and diagnostics out. Targets do no I/O; the driver writes."""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from bpc.deployment import Deployment
    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Machine
    from bpc.model.solution import Solution
    from bpc.source_map import Origin

    Makes = Literal["stack", "images"]
    Scalar = str | int | float | bool


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
    `chosen`: the names of the target's own options (`Option`) that are on.
    `parameters`: values of the stack's parameters that take the place of those which the target would give.
    """

    flavors: Mapping[str, Flavor]
    limits: Mapping[str, int]
    chosen: frozenset[str] = frozenset()
    parameters: Mapping[str, Scalar] = {}


class Option(Record):
    """A switch that some targets have and others do not, as data: the command line, the checks and the pages are made from it.

    `kind`: a "flag" is `--NAME` on the command line; "values" is `--NAME FILE`, a YAML file of names and values; "images" is a name
    that `--images` takes, for images that the stack makes itself.
    """

    name: str
    kind: Literal["flag", "values", "images"]
    doc: str


class Limit(Record):
    """A cloud's limit that `--limit NAME=N` may set; `shapes`: the stack is laid out by it, so another value moves resources."""

    default: int
    shapes: bool = False


class Entry(Record):
    """A target as the registry lists it, before it is imported."""

    name: str
    aliases: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


class Artifacts(Record):
    """A target's answer: files by their path in the output folder (forward slashes); of a stack, what it takes to deploy it.

    `files` values are texts (written as UTF-8 with `\\n`) or bytes. `headroom` lines say how much of each limit is used.
    `places`: resource id, as the cloud's messages have it, → what declared it. An id inside a nested stack is `outer/inner`.
    """

    files: Mapping[str, str | bytes]
    deployment: Deployment | None = None
    headroom: tuple[str, ...] = ()
    places: Mapping[str, Origin] = {}


class Target(Record):
    """One output format: of the stack, or of the images (`makes`).

    `capabilities` are the rows of its column in the generated table: construct → how it comes out. `limits` are those that
    `--limit` may set.
    """

    name: str
    title: str
    makes: Makes
    limits: Mapping[str, Limit]
    capabilities: Mapping[str, str]
    emit: Callable[[Solution, Options], tuple[Artifacts | None, tuple[Diagnostic, ...]]]
