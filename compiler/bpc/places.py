"""From a cloud's words back to the blueprint: which line declared the resources that a message or an event names."""

from __future__ import annotations

import re

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from bpc.source import Span

FAILURE = re.compile(
    r"^(?P<path>\S+):\n  resource_type: .*\n  physical_resource_id: .*\n  status: (?P<status>.*)\n  status_reason: \|\n"
    r"(?P<reason>(?: .*\n|\n)*)",
    re.MULTILINE,
)
"""An entry of `openstack stack failures list`."""
TOKEN = re.compile(r"[A-Za-z0-9_][\w.-]*")
LONGEST = 400
"""Characters of a message that are shown."""


class Place(Record):
    """A resource that was named: its id in the stack of `target`, what declared it, and the message that named it."""

    target: str
    resource: str
    span: Span
    message: str


def find(text: str, target: str, places: Mapping[str, Span]) -> list[Place]:
    """The resources of one stack that a text names, each once, in the order of the text."""
    found: dict[str, Place] = {}
    for message in messages(text):
        for name in named(message, places):
            if name not in found:
                found[name] = Place(target=target, resource=name, span=places[name], message=message[:LONGEST])
    return list(found.values())


def messages(text: str) -> Iterator[str]:
    """A saved list of events as one message an event, those of failures first told; any other text line by line."""
    events = _events(text)
    if events is None:
        yield from (line.strip() for line in text.splitlines() if line.strip())
        return
    told = [(str(status), f"{name}: {status}: {reason}") for name, status, reason in events]
    failed = [message for status, message in told if "FAIL" in status.upper()]
    yield from failed or [message for _, message in told]


def _events(text: str) -> list[tuple[Any, Any, Any]] | None:
    """(resource, status, reason) of CloudFormation's `StackEvents` or of Heat's events, as their clients print JSON, and of
    Heat's list of failures."""
    import json

    if FAILURE.match(text):
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
        for failure in FAILURE.finditer(text)
    ]


def named(message: str, places: Mapping[str, Span]) -> Iterator[str]:
    """The ids in a message. A path such as `resources.tier.db.resources[0].resources.volume.data` names an outer and an inner one."""
    outer = ""
    longest = max((name.count(".") + 1 for name in places), default=1)
    for token in TOKEN.findall(message):
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
