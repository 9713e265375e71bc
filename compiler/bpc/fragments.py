"""What every stack target does with files in its cloud's own terms: the values for them, properties laid over others, what is missing."""

from __future__ import annotations

import re
from functools import partial

from bpc.diagnostics import native
from bpc.diagnostics.base import did_you_mean
from bpc.model.steps import Mapping, Scalar, Sequence
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.index import Index
    from bpc.model.resources import Native, NativeFile, Override
    from bpc.model.steps import Data
    from bpc.model.values import NativeHole, Text

    Json = dict[str, Any]

VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")
"""A variable in a text of CloudFormation's `Fn::Sub`."""


def file_for(item: Native, cloud: str, found: list[Diagnostic]) -> NativeFile | None:
    """The file of a `native` for a cloud. None is reported."""
    file = next((file for file in item.files if file.cloud == cloud), None)
    if file is None:
        found.append(native.NoNative(span=item.span, name=item.name, cloud=cloud))
    return file


def given_out(
    index: Index, cloud: str, hole: NativeHole, outgoing: list[NativeHole], found: list[Diagnostic]
) -> Iterator[tuple[Native, NativeFile]]:
    """The native and file of an output, while its value is worked out; nothing where there is no value, which is reported.

    `outgoing` are the outputs that are being worked out: one that needs itself has no value.
    """
    item = index.natives[hole.native]
    file = next((file for file in item.files if file.cloud == cloud), None)
    if file is None:
        return  # `file_for` tells it
    if hole in outgoing:
        circle = "its value would be made from itself"
        found.append(native.UnknownReference(span=file.span, name=hole.output, file=file.name, hint=circle))
        return
    outgoing.append(hole)
    yield item, file
    outgoing.pop()


def values(item: Native | Override, file: NativeFile, text: Callable[[Text], Any]) -> dict[str, Callable[[], Any]]:
    """What the parameters of a file are, when asked: what the blueprint gives, or their defaults. `text` writes a text with holes."""
    defaults = {name: partial(_itself, default) for name, default in file.defaults.items()}
    return defaults | {entry.name: partial(_plain, entry.value, text) for entry in item.parameters}


def _itself(value: object) -> object:
    return value


def _plain(value: Data, text: Callable[[Text], Any]) -> Any:
    match value:
        case Scalar():
            return text(value.value) if isinstance(value.value, tuple) else value.value
        case Sequence():
            return [_plain(item, text) for item in value.items]
        case Mapping():
            return {entry.name: _plain(entry.value, text) for entry in value.entries}
        case _:
            assert_never(value)


def laid_over(properties: Json, changes: Json) -> Json:
    """Properties with others that take their place: maps are merged name by name, and null takes one away."""
    made = dict(properties)
    for name, value in changes.items():
        old = made.get(name)
        if value is None:
            made.pop(name, None)
        elif isinstance(value, dict) and isinstance(old, dict) and not _function(value) and not _function(old):
            made[name] = laid_over(old, value)
        else:
            made[name] = value
    return made


def _function(value: Json) -> bool:
    """Whether a map is one of a cloud's functions, which is a value as a whole."""
    [*names] = value
    return len(names) == 1 and (
        names[0] in ("Ref", "if")
        or names[0].startswith(("Fn::", "get_", "str_", "list_", "map_", "yaql", "repeat", "digest"))
    )


def unmatched(items: Iterable[Override], known: Iterable[str]) -> Iterator[Diagnostic]:
    """Overrides of resources that are not there."""
    known = tuple(known)
    for item in items:
        near = did_you_mean(item.name, known)
        yield native.NothingOverridden(span=item.span, name=item.name, hint=near)
