"""A cloud's machine types as users give them: a mapping of their own, or the list that the cloud's client prints."""

from __future__ import annotations

from bpc.errors import UsageError
from bpc.target import Flavor
from bpc.vocabulary import BLOCKS, SIZES, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Flavors = Mapping[str, Mapping[str, int | str]] | list[Any]


def flavors_of(given: Flavors) -> dict[str, Flavor]:
    """Machine types by name. Raises `UsageError`."""
    if isinstance(given, list):
        given = _listed(given)
    try:
        return {
            name: Flavor(
                cpu=int(has["cpu"]),
                memory=_size(has["memory"]),
                disk=_size(has.get("disk", 0)),
                architecture=_architecture(has.get("architecture", "")),
            )
            for name, has in given.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        example = '{"m1.small": {"cpu": 1, "memory": "2GiB", "disk": "20GiB"}}'
        raise UsageError(f"not a valid mapping of flavors such as {example}: {error}") from None


def _listed(given: list[Any]) -> dict[str, dict[str, int | str]]:
    """What `openstack flavor list -f json` prints, as a mapping: memory in MiB, disks in GiB. Raises `UsageError`."""
    try:
        return {
            str(one["Name"]): {
                "cpu": int(one["VCPUs"]),
                "memory": int(one["RAM"]) * 2**20,
                "disk": int(one["Disk"]) * 2**30,
            }
            for one in given
        }
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise UsageError(
            f'this is not a list of flavors as `openstack flavor list -f json` prints it, with "Name", "VCPUs", "RAM" and "Disk": {error}'
        ) from None


def _architecture(given: int | str) -> str:
    """One of the language's architectures, or "". Raises ValueError."""
    known = words(BLOCKS["machine"].settings["architecture"].type)
    if given and given not in known:
        raise ValueError(f"{given!r} is not a valid architecture: {', '.join(known)}")
    return str(given)


def _size(given: int | str) -> int:
    """Bytes of a size, a number or as the language writes it. Raises ValueError."""
    if isinstance(given, int):
        return given
    unit = given.lstrip("0123456789")
    if unit not in SIZES or unit == given or len(given) > 24:
        raise ValueError(f"{given!r} is not a valid size such as 4GiB")
    return int(given[: -len(unit)]) * SIZES[unit]
