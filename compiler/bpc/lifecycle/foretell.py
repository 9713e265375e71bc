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
    old, new = _by_identity(before), _by_identity(after)
    return tuple(why for key in sorted(old.keys() & new.keys()) for why in _volume(old[key][1], *new[key]))


def _volume(old: Volume, tier: str, new: Volume) -> Iterator[str]:
    it = f'volume "{new.name}" of tier "{tier}" cannot'
    if new.size < old.size:
        yield f"{it} shrink from {old.size // 2**30} to {new.size // 2**30} GiB: no cloud makes a volume smaller"
    if old.type and not new.type:
        yield f'{it} lose its type "{old.type}": OpenStack asks for the name of another type'


def _by_identity(solution: Solution) -> dict[tuple[str, str], tuple[str, Volume]]:
    """Volumes with the names of their tiers, by what the cloud knows them as."""
    groups = [item for item in solution.resources if isinstance(item, Group)]
    return {(known_as(group), known_as(volume)): (group.name, volume) for group in groups for volume in group.volumes}
