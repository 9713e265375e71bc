"""The commands of a generated README.txt, as the user would copy them into a shell."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Failed(AssertionError):
    """A command of the README ended with an error."""


def commands(folder: Path, verb: str, stack: str = "") -> list[list[str]]:
    """The README's commands that start with `openstack VERB`, with a name in place of STACK."""
    lines = [line.strip() for line in (folder / "README.txt").read_text().splitlines()]
    found = [shlex.split(line) for line in lines if line.startswith(f"openstack {verb} ")]
    return [[stack if word == "STACK" else word for word in words] for words in found]


def run(folder: Path, words: list[str], meanwhile: Callable[[], None] | None = None) -> str:
    """Runs a command in the output folder; its output. `meanwhile` is called every second until it ends.

    Raises Failed with all that it printed.
    """
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(words, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            if meanwhile:
                meanwhile()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise Failed(f"{shlex.join(words)}: exit code {process.returncode}\n{said}")
    return said


def run_all(folder: Path, verb: str, stack: str = "") -> str:
    """All the README's commands with this verb, one after the other."""
    found = commands(folder, verb, stack)
    assert found, f"README.txt has no command `openstack {verb}`"
    return "".join(run(folder, words) for words in found)
