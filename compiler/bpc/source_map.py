"""From a cloud's words back to the blueprint: which line declared the resources that a message or an event names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bpc.model.resources import Group, Listener, Resource, Rule, Volume
from bpc.model.solution import Solution
from bpc.model.steps import Base, Image
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bpc.source import Span

FAILURE = (
    r"(?m)^(?P<path>\S+):\n  resource_type: .*\n  physical_resource_id: .*\n  status: (?P<status>.*)\n  status_reason: \|\n"
    r"(?P<reason>(?: .*\n|\n)*)"
)
"""An entry of `openstack stack failures list`."""
FAILED = r"\b[A-Z_]*FAIL(?:ED|URE)\b"
CANCELLED = r"(?i)\b(?:creation|update|deletion) cancell?ed\b|following resource\(s\) failed"
"""What is a consequence: a resource that was given up because another failed, and a stack that says which did."""
TOKEN = r"[A-Za-z0-9_][\w.-]*"
LONGEST = 400
"""Characters of a message that are shown."""


class Origin(Record):
    """What a resource of a stack comes from: the model's object, and where it was declared.

    `kind` is the object's, in the language's words: solution, network, secret, tier, balancer, volume, rule, image. `name` is the
    declared one; a balancer's is `tier.endpoint`, a volume's `tier.volume`, a rule's `tier.endpoint`. `member` counts from 0; None
    where the resource belongs to no one member.
    """

    kind: str
    name: str
    member: int | None
    span: Span


Declared = Resource | Listener | Volume | Image | Base | Solution | Origin


def origin_of(of: Declared, member: int | None = None, within: str = "") -> Origin:
    """The place of an object of the model; `within` is the tier of a volume or a listener."""
    match of:
        case Origin():
            return of
        case Rule():
            name = f"{of.to.partition('.')[0]}.{of.endpoint}"
        case Volume():
            name = f"{within}.{of.name}"
        case Listener():
            name = f"{within}.{of.endpoint}"
        case _:
            name = of.name
    kind = KINDS.get(type(of)) or type(of).__name__.lower()
    return Origin(kind=kind, name=name, member=member, span=of.span)


KINDS: dict[type, str] = {Group: "tier", Base: "image", Listener: "balancer"}
"""What the language calls an object of the model; the others are called as their classes."""


class Places(Mapping[str, Origin]):
    """What declared each resource of a stack, by its id. Only who asks pays for an `Origin`: stacks have thousands of resources."""

    def __init__(self) -> None:
        self._declared: dict[str, Declared] = {}

    def put(self, name: str, of: Declared) -> None:
        self._declared[name] = of

    def __getitem__(self, name: str) -> Origin:
        return origin_of(self._declared[name])

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)


class Named(Record):
    """A resource that a text named: its id in the stack of `target`, what declared it, and the message that named it."""

    target: str
    resource: str
    origin: Origin
    message: str

    @property
    def span(self) -> Span:
        """Where it was declared."""
        return self.origin.span


def find(text: str, target: str, places: Mapping[str, Origin]) -> list[Named]:
    """The resources of one stack that a text names, each once: what failed by itself first, with the message of its own failure."""
    told = list(messages(text))
    found: dict[str, Named] = {}
    # a message is of the resource that it begins with; the others that it names may have messages of their own
    own = [(message, list(named(message.partition(": ")[0], places))[-1:]) for message in told]
    every = [(message, list(named(message, places))) for message in told]
    for message, names in own + every:
        for name in names:
            if name not in found:
                found[name] = Named(target=target, resource=name, origin=places[name], message=message[:LONGEST])
    return list(found.values())


def messages(text: str) -> Iterator[str]:
    """A saved list of events, one message an event, or any other text line by line.

    Where some say that something failed, only they; what was merely cancelled because of that comes last.
    """
    events = _events(text)
    if events is None:
        told = [line.strip() for line in text.splitlines() if line.strip()]
        failed = [line for line in told if re.search(FAILED, line)]
    else:
        told = [f"{name}: {status}: {reason}" for name, status, reason in events]
        failed = [f"{n}: {status}: {reason}" for n, status, reason in events if re.search(FAILED, str(status))]
    yield from sorted(failed or told, key=lambda message: bool(re.search(CANCELLED, message)))


def _events(text: str) -> list[tuple[Any, Any, Any]] | None:
    """(resource, status, reason) of CloudFormation's `StackEvents` or of Heat's events, as their clients print JSON, and of
    Heat's list of failures."""
    import json

    if re.search(FAILURE, text):
        return _failures(text)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    listed = given.get("StackEvents") or given.get("events") or [given] if isinstance(given, dict) else given
    keys = (
        ("LogicalResourceId", "logical_resource_id", "Logical Resource ID", "resource_name", "Resource Name"),
        ("ResourceStatus", "resource_status", "Resource Status"),
        ("ResourceStatusReason", "resource_status_reason", "Resource Status Reason"),
    )
    events = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []

    def value(entry: dict[str, Any], names: tuple[str, ...]) -> Any:
        return next((entry[name] for name in names if entry.get(name)), "")

    return [(value(e, keys[0]), value(e, keys[1]), value(e, keys[2])) for e in events]


def _failures(text: str) -> list[tuple[Any, Any, Any]]:
    return [
        (failure["path"], failure["status"], re.sub(r"^ +", "", failure["reason"], flags=re.MULTILINE).strip())
        for failure in re.finditer(FAILURE, text)
    ]


def named(message: str, places: Mapping[str, Origin]) -> Iterator[str]:
    """The ids in a message. A path such as `resources.tier.db.resources[0].resources.volume.data` names an outer and an inner one."""
    outer = ""
    longest = max((name.count(".") + 1 for name in places), default=1)
    for token in re.findall(TOKEN, message):
        parts = token.strip(".").split(".")
        start = 0
        while start < len(parts):
            for end in range(min(len(parts), start + longest), start, -1):
                words = ".".join(parts[start:end])
                name = next((known for known in (f"{outer}/{words}", words) if known in places), "")
                if name:
                    yield name
                    outer = name if "/" not in name else outer
                    start = end - 1
                    break
            start += 1
