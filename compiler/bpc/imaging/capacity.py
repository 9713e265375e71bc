"""What the machine can handle: how many builds at once, with their files in memory or on the disk, and whether the disk has room."""

from __future__ import annotations

import contextlib
import os
import shutil

from bpc.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.imaging.plan import Job

ROOM = {"base": 1_500 * 2**20, "image": 2_800 * 2**20}
"""Bytes of disk that a job may need while it runs: measured for Debian bases with a kernel, and rounded up."""
MEMORY = 1_200 * 2**20
"""Bytes of memory that one job may need."""


def check_room(folder: str, reach: str, jobs: Sequence[Job]) -> None:
    """Raises `UsageError` where the disk has less room than the jobs may need. `folder` is for people, `reach` leads to it."""
    if not has_room(reach, jobs):
        free, need = shutil.disk_usage(reach).free, _room(jobs)
        raise UsageError(
            f"{folder} has {free / 2**30:.1f} GiB free, and {len(jobs)} builds need up to {need / 2**30:.1f} GiB"
        )


def has_room(folder: str, jobs: Sequence[Job]) -> bool:
    return shutil.disk_usage(folder).free >= _room(jobs)


def _room(jobs: Sequence[Job]) -> int:
    return sum(ROOM["image" if job.needs else "base"] for job in jobs)


def at_once(jobs: int) -> int:
    """As many as there are processors, and as the free memory allows."""
    return max(1, min(jobs, len(os.sched_getaffinity(0)), _free_memory() // MEMORY))


def workspace_memory(builds: int) -> int:
    """Bytes of memory for the files that each of so many builds works on; 0 where they are better on the disk.

    A build makes and removes some fifty thousand files: in memory that takes half of the processor's time. Half of what is
    free stays free.
    """
    share = _free_memory() // (2 * builds)
    return 0 if share < ROOM["image"] else share


def _free_memory() -> int:
    """Bytes that this machine, or the container that this is, has free."""
    found = []
    with contextlib.suppress(OSError), open("/proc/meminfo", encoding="ascii") as file:
        found += [int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable")]
    with contextlib.suppress(OSError, ValueError):
        most, used = (_number(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
        found.append(most - used)
    return min(found, default=MEMORY)


def _number(path: str) -> int:
    with open(path, encoding="ascii") as file:
        return int(file.read())
