"""What an update cannot do, foretold by comparing two models: that of what runs, and that of what is wanted."""

from __future__ import annotations

from bpc.model.index import known_as
from bpc.model.resources import Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.model.resources import Volume
    from bpc.model.solution import Solution


def foretell(before: Solution, after: Solution) -> tuple[str, ...]:
    """Why the update cannot be made, in sentences; empty where nothing is known against it."""
    return tuple(_volumes(before, after))


def _volumes(before: Solution, after: Solution) -> Iterator[str]:
    old, new = _by_identity(before), _by_identity(after)
    for key in old.keys() & new.keys():
        if new[key].size < old[key].size:
            gib = [volume.size // 2**30 for volume in (old[key], new[key])]
            yield f'volume "{new[key].name}" of tier "{key[0]}" cannot shrink from {gib[0]} to {gib[1]} GiB: no cloud makes a volume smaller'


def _by_identity(solution: Solution) -> dict[tuple[str, str], Volume]:
    """Volumes by what the cloud knows them as: of the tier, of the volume."""
    groups = [item for item in solution.resources if isinstance(item, Group)]
    return {(known_as(group), known_as(volume)): volume for group in groups for volume in group.volumes}
