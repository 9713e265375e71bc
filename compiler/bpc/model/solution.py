"""The model's root: one solution, complete and cloud-neutral, for one environment."""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from bpc.model.resources import Resource, Tag
    from bpc.model.steps import Image
    from bpc.model.values import Text
    from bpc.source import Span

    ParamType = Literal["bool", "int", "number", "string", "size", "duration", "percent", "cidr", "port"]


class Constraints(Record):
    """What the value of a parameter must be; what is None or empty is not asked for.

    `least` and `most` are of numbers, `shortest` and `longest` count characters. `pattern` is a regular expression about the whole value, without
    anchors, that Python and Java read alike. Each value of `allowed` fits the others. `message` is for who gives another value.
    """

    least: int | float | None = None
    most: int | float | None = None
    shortest: int | None = None
    longest: int | None = None
    allowed: tuple[str | int | float, ...] = ()
    pattern: str = ""
    message: str = ""


class Param(Record):
    """A value asked for at deployment. `default` is None where there is none; sizes in bytes, durations in milliseconds."""

    name: str
    type: ParamType
    default: str | int | float | bool | None
    doc: str
    span: Span
    constraints: Constraints | None = None


class Output(Record):
    """A value that the stack shows when it is complete."""

    name: str
    value: Text
    doc: str
    span: Span


class Solution(Record):
    """Everything that targets need, and nothing of any cloud.

    `environment` is empty where none was chosen; `environments` are all that the blueprint declares. `digest` is the SHA-256 over all sources that were read, `compiler` the
    version of bpc. `resources` are in the order of declaration; rules last.
    """

    name: str
    version: str
    doc: str
    environment: str
    environments: tuple[str, ...]
    edition: int
    digest: str
    compiler: str
    params: tuple[Param, ...]
    resources: tuple[Resource, ...]
    images: tuple[Image, ...]
    outputs: tuple[Output, ...]
    tags: tuple[Tag, ...]
    span: Span

    @property
    def title(self) -> str:
        """What is made of it, for people: name, version and environment."""
        environment = f" ({self.environment})" if self.environment else ""
        return f"{self.name} {self.version}{environment}"

    @property
    def facts(self) -> dict[str, str]:
        """The same for programs, with what it was compiled from, and by what."""
        return {
            "solution": self.name,
            "version": self.version,
            "environment": self.environment,
            "sources": self.digest,
            "bpc": self.compiler,
        }
