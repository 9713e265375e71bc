"""Values that a machine fetches itself before first boot: secrets that must not stand in user data, what only it knows.

Where a cloud hands them over on the machine, the first-boot data has a marker in the value's place. A program of the cloud's
(`PREPARE`) fills the markers in the files of root's own folder, and then runs first boot. So everything that has a marker must
come from that folder: files and units are put into their place by the runner, scripts are in the runner itself.
"""

from __future__ import annotations

from bpc.firstboot.userdata import unit_name
from bpc.model.steps import File, Run, Service
from bpc.model.values import concat
from bpc.record import Record, fields, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bpc.model.resources import Group
    from bpc.model.steps import Step
    from bpc.model.values import Hole, Text

    Marker = Callable[[Hole], str]


def marked(group: Group, marker: Marker) -> Group:
    """The group with markers in its first boot. `marker` gives that of a hole, or "" for one that the stack fills."""
    return replace(group, first_boot=tuple(made for step in group.first_boot for made in _step(step, marker)))


def _step(step: Step, marker: Marker) -> Iterator[Step]:
    changed = {name: _value(value, marker) for name, value in fields(step) if isinstance(value, tuple)}
    changed = {name: value for name, value in changed.items() if value != getattr(step, name)}
    made = replace(step, **changed)
    if isinstance(made, File) and changed:
        yield replace(made, sensitive=True)
    elif isinstance(made, Service) and changed:
        yield from _unit(made)
    else:
        yield made


def _value(value: tuple[object, ...], marker: Marker) -> tuple[object, ...]:
    """A text, or a tuple of texts, with markers; anything else as it is."""
    if all(isinstance(part, tuple) for part in value):
        return tuple(_value(part, marker) for part in value if isinstance(part, tuple))
    if not any(isinstance(part, Record) for part in value):
        return value
    parts: list[Text] = [(_part(part, marker),) for part in value]  # type: ignore[arg-type]
    return concat(*parts)


def _part(part: str | Hole, marker: Marker) -> str | Hole:
    return part if isinstance(part, str) else marker(part) or part


def _unit(service: Service) -> Iterator[Step]:
    """A unit with a marker as a file that the runner places, and the service without it."""
    yield File(
        path=f"/etc/systemd/system/{unit_name(service.name)}",
        content=service.unit,
        owner="root",
        group="root",
        mode="0644",
        reload=(),
        source="",
        sensitive=True,
        kind=service.kind,
        span=service.span,
    )
    title = f"read the unit of {service.name}"
    yield Run(
        title=title,
        script=("systemctl daemon-reload",),
        creates="",
        network=False,
        kind=service.kind,
        span=service.span,
    )
    yield replace(service, unit=())
