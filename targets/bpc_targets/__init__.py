"""The registry of targets: a line for each. A target is a folder of its own and is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from bpc.target import Entry, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.target import Target

STACKS = (
    Entry(
        name="heat",
        options=(
            Option(
                name="params",
                kind="values",
                doc="YAML: values of the stack's own parameters, as its client takes them",
            ),
        ),
    ),
    Entry(
        name="cloudformation",
        aliases=("cfn",),
        options=(
            Option(name="json", kind="flag", doc="templates as JSON instead of YAML"),
            Option(name="imagebuilder", kind="images", doc="EC2 Image Builder makes the images in the stack"),
        ),
    ),
)
IMAGES = (Entry(name="mkosi"), Entry(name="packer"), Entry(name="diskimage-builder", aliases=("dib",)))
DEFAULT = STACKS[0].name
"""The stack target of a compilation that names none."""


def known(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by their names and aliases."""
    return {name: entry for entry in entries for name in (entry.name, *entry.aliases)}


def load(name: str) -> Target:
    """The target of a name or alias. Raises KeyError where there is none."""
    target: Target = import_module(f"bpc_targets.{folder(known((*STACKS, *IMAGES))[name].name)}").TARGET
    return target


def folder(name: str) -> str:
    """The package of a target, below this one."""
    return name.replace("-", "_")
