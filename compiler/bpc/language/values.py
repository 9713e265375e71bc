"""What expressions evaluate to: plain Python values for compile-time ones, and a few classes for what Python lacks.

`bool int float str tuple dict` are themselves; sizes, durations and percentages are numbers with a type of their own.
"""

from __future__ import annotations

from bpc.model.steps import ReadyImage, Release
from bpc.record import Record
from bpc.syntax.tree import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bpc.model.values import Hole
    from bpc.source import Span

    LateText = tuple[str | Hole | "EndpointHost", ...]
    """A text inside expressions; the place that uses it makes it a `Text` of the model."""


class Size(int):
    """Bytes."""


class Duration(int):
    """Milliseconds."""


class Percent(float):
    """Percent: `60%` is 60.0."""


class Range(Record):
    """`low..high`, both included."""

    low: int
    high: int


class EndpointHost(Record):
    """The one address of an endpoint that has a public one too. It is no hole of the model: only the place that uses the
    value says which of the two is meant, so that a `let` may stand for it anywhere."""

    private: Hole
    public: Hole


class Deferred(Record):
    """A value known only when the stack runs: its text with holes, and its type."""

    text: LateText
    type: str


class NetworkValue(Record):
    """A network, by name."""

    name: str


class NativeValue(Record):
    """A native resource, by name."""

    name: str


class TierValue(Record):
    """A tier, by name."""

    name: str


class MemberValue(Record):
    """One member of a tier with identity."""

    tier: str
    index: int


class EndpointValue(Record):
    """An endpoint of a tier."""

    tier: str
    name: str


class Hosts(Record):
    """The addresses of all members; `count` is None where members come and go."""

    tier: str
    network: str
    count: int | None


class SecurityGroup(Record):
    """A security group that is there, by the name that the blueprint calls it."""

    name: str


class ModuleValue(Record):
    """An imported file, by name."""

    name: str


class TemplateValue(Record):
    """An image template with the arguments of a call and their places; `file` is the name of the file that declares it."""

    file: str
    block: Block
    arguments: Mapping[str, Value]
    places: Mapping[str, Span]
    span: Span


if TYPE_CHECKING:
    Items = tuple[Any, ...]
    Entries = dict[str, Any]
else:
    Items, Entries = tuple, dict

Value = (
    bool
    | int
    | float
    | str
    | Items
    | Entries
    | Range
    | Deferred
    | NetworkValue
    | NativeValue
    | TierValue
    | MemberValue
    | EndpointValue
    | Hosts
    | SecurityGroup
    | ModuleValue
    | TemplateValue
    | Release
    | ReadyImage
)

NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "number",
    str: "string",
    Size: "size",
    Duration: "duration",
    Percent: "percent",
    tuple: "list",
    dict: "map",
    Range: "range",
    NetworkValue: "network",
    NativeValue: "native",
    TierValue: "tier",
    MemberValue: "member",
    EndpointValue: "endpoint",
    Hosts: "list",
    SecurityGroup: "security group",
    ModuleValue: "file",
    TemplateValue: "image",
    Release: "release",
    ReadyImage: "release",
}


def type_name(value: Value) -> str:
    """The language's name of a value's type."""
    return value.type if isinstance(value, Deferred) else NAMES[type(value)]
