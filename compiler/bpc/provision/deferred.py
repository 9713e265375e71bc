"""Values that a machine fetches itself before first boot: secrets that must not stand in user data, what only it knows.

A program of the cloud's (`PREPARE`) puts them into the files of root's own folder, and then runs first boot. So everything
that has such a value must come from that folder: files and units are put into their place by the runner, scripts are in the
runner itself.

In a file that it fills, a number between two marks is the value of that number, and two marks side by side are one that is
meant so: the values that the stack puts into the file may have any character. The literals of these files have no mark.
"""

from __future__ import annotations

from bpc.model.steps import File, Run, Service
from bpc.model.values import bare
from bpc.model.wanted import unit_name
from bpc.parts import Place, escaped, joined, separator
from bpc.provision.platforms import string
from bpc.provision.runner import HOME
from bpc.record import Record, replace
from bpc.yaml import Filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.steps import Step
    from bpc.parts import Parts

    Numbers = Mapping[Place, int]
    Program = Callable[[str, Sequence[str], Numbers], Parts]

FIRST_MARK = 0xA4


class Fetching(Record):
    """`late` are the kinds of holes that a machine fills itself.

    `program` writes `PREPARE`: of the mark, the names of the files that it fills, and the values by number. `beside` are the files, by
    name, that it and the program that signals need.
    """

    late: tuple[type, ...]
    program: Program
    beside: Mapping[str, Parts]

    def placed(self, group: Group) -> Group:
        """The group with all that a machine fills in files of root's own folder."""
        return replace(group, first_boot=tuple(made for step in group.first_boot for made in self._step(step)))

    def _step(self, step: Step) -> Iterator[Step]:
        if isinstance(step, File) and self._fills(step.content):
            yield replace(step, sensitive=True)
        elif isinstance(step, Service) and self._fills(step.unit):
            yield from _unit(step)
        else:
            yield step

    def _fills(self, text: object) -> bool:
        return isinstance(text, tuple) and any(isinstance(bare(p), self.late) for p in text if not isinstance(p, str))

    def fill(self, files: list[dict[str, Any]]) -> str | Filled:
        """Marks what the machine fills in the files, which are changed; the program that fills them."""
        filled = [file for file in files if isinstance(file["content"], Filled) and self._places(file["content"])]
        mark = _mark(part for file in filled for part in file["content"].parts)
        numbers: dict[Place, int] = {}
        for file in filled:
            for place in self._places(file["content"]):
                numbers.setdefault(place, len(numbers))
            marked = [self._marked(part, mark, numbers) for part in file["content"].parts]
            file["content"] = string(joined(*marked))
        names = [file["path"].removeprefix(f"{HOME}/") for file in filled]
        return string(self.program(mark, names, numbers))

    def _places(self, content: Filled) -> list[Place]:
        return [part for part in content.parts if isinstance(part, Place) and isinstance(part.hole, self.late)]

    def _marked(self, part: str | Place, mark: str, numbers: Numbers) -> Parts:
        if isinstance(part, Place) and part in numbers:
            return (f"{mark}{numbers[part]}{mark}",)
        return escaped((part,), ((mark, mark + mark),))


def _mark(parts: Iterator[str | Place]) -> str:
    """A character that no literal has."""
    used = set().union(*(part if isinstance(part, str) else separator(part) for part in parts))
    return next(char for char in map(chr, range(FIRST_MARK, 0xD800)) if char not in used)


def _unit(service: Service) -> Iterator[Step]:
    """A unit with a late value as a file that the runner places, and the service without it."""
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
        environment=(),
        creates="",
        network=False,
        kind=service.kind,
        span=service.span,
    )
    yield replace(service, unit=())
