"""`bpc.json`, the file that marks a folder as made by bpc, and says to programs what README.txt says to people."""

from __future__ import annotations

import json

from bpc.model.document import shallow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.solution import Solution
    from bpc.target import Artifacts

NAME = "bpc.json"
MARK = '"made_by": "bpc '
FORMER = ("README.txt", "Made by bpc")
"""A file of the folders of earlier versions, which had no manifest, and what marks it."""


def manifest(target: str, solution: Solution, artifacts: Artifacts) -> str:
    """What was made from what, by which version; of a stack, also its deployment."""
    made = {
        "format": 1,
        "made_by": f"bpc {solution.compiler}",
        "target": target,
        "solution": solution.name,
        "version": solution.version,
        "environment": solution.environment,
        "sources": solution.digest,
        "files": sorted(artifacts.files),
        "deployment": artifacts.deployment,
    }
    lines = (
        f"  {json.dumps(name)}: {json.dumps(value, default=shallow)}" for name, value in made.items()
    )  # an indent is slow
    return "{\n" + ",\n".join(lines) + "\n}\n"
