"""The pages of tests/language as rows, each with its blueprint, judged: all that comes before evaluation.

The pages are part of the language reference, so a row looks as a reader wants it: an expression, and its value in the
language's own notation, or the diagnostic's code and a part of what it says.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bpc.driver import Blueprint
from bpc.files import Buffers, Project

HERE = Path(__file__).parent
TOPICS = sorted(HERE.glob("*.md"))
HEADER = 'blueprint 1\n\nsolution table {\n  version = "1"\n'
IN_ENVIRONMENT = re.compile(r"In the environment `(\w+)`")


class Row:
    """One row: where it stands, the blueprint around it, its environment, and its cells by the names of the columns."""

    def __init__(self, place: str, blueprint: str, environment: str, cells: dict[str, str]) -> None:
        self.place, self.blueprint, self.environment, self.cells = place, blueprint, environment, cells


def rows(topic: Path) -> list[Row]:
    """All rows of a topic."""
    found: list[Row] = []
    blueprint, environment, columns = "", "", []
    lines = topic.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if line == "```bp":
            end = lines.index("```", at)
            blueprint, environment = "\n".join(lines[at + 1 : end]), ""
            at = end
        elif named := IN_ENVIRONMENT.search(line):
            environment = named[1]
        elif line.startswith("| ") and lines[at + 1 : at + 2] and lines[at + 1].startswith("|---"):
            columns = cells_of(line)
            at += 1
        elif line.startswith("| "):
            cells = dict(zip(columns, cells_of(line), strict=True))
            found.append(Row(f"{topic.name}:{at + 1}", blueprint, environment, cells))
        at += 1
    return found


def cells_of(line: str) -> list[str]:
    """The cells of a table's line, without their code marks."""
    cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
    return [re.sub(r"^(`+ ?)(.*?)( ?\1)$", lambda m: m[2], cell) if cell.startswith("`") else cell for cell in cells]


def whole(blueprint: str, more: str = "") -> str:
    """A blueprint from what a fence shows (a whole file, or what stands in a solution), with one more statement."""
    if not blueprint.startswith("blueprint "):
        blueprint = HEADER + blueprint + "\n}"
    body, brace, rest = blueprint.rstrip().rpartition("}")
    return f"{body}\n{more}\n{brace}{rest}\n"


@cache
def blueprint_of(text: str) -> Blueprint:
    """A blueprint, read and judged: what mutants of evaluation do not change, once for all."""
    return Blueprint("table.bp", Buffers({"table.bp": text}, Project(str(HERE))))


def text(row: Row) -> str:
    return whole(row.blueprint, f"let it = ({row.cells['expression']})")


def blueprint(row: Row) -> Blueprint:
    return blueprint_of(text(row))
