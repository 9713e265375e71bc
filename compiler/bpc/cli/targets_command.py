"""`bpc targets`: what each target makes of each construct, generated from the targets' own tables."""

from __future__ import annotations

from bpc import api

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


LEGEND = "-: not this target's part. Stack targets run images, image targets make them."


def table() -> str:
    """The capability table as Markdown: a row a construct, a column a target."""
    targets = api.targets()
    rows = dict.fromkeys(construct for target in targets for construct in target.capabilities)
    head = ["construct", *(target.title for target in targets)]
    lines = [head, ["---"] * len(head)]
    lines += [[row, *(target.capabilities.get(row, "-") for target in targets)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{LEGEND}"


def run(options: argparse.Namespace) -> int:
    print(table())
    return 0
