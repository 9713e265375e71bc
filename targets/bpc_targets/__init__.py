"""The targets, by name. Each is a folder of its own and is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.target import Target

NAMES = ("heat", "cloudformation")
"""Stacks."""
IMAGE_NAMES = ("mkosi", "packer", "diskimage-builder")
"""Images."""
ALIASES = {"cfn": "cloudformation", "dib": "diskimage-builder"}


def load(name: str) -> Target:
    """The target of one of `NAMES`, `IMAGE_NAMES` or `ALIASES`."""
    target: Target = import_module(f"bpc_targets.{folder(ALIASES.get(name, name))}").TARGET
    return target


def folder(name: str) -> str:
    """The package of a target, below this one."""
    return name.replace("-", "_")
