"""`bpc explain CODE`: a diagnostic's manual page. `bpc explain TIER`: its image and its first boot, in each way to bake."""

from __future__ import annotations

import json
import os
import re
from textwrap import wrap

from bpc import UsageError, api
from bpc.cli.main import settings
from bpc.quoting import lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bpc.model.resources import Machine
    from bpc.placement import Explanation, Row

WIDTH = 100
WHAT = 50
"""Columns of a step's name; one that is longer goes on below."""
RULES = {
    "base": "the image has the system; software and configuration come at first boot",
    "software": "the image has the system and the software; configuration comes at first boot",
    "full": "the image has all that is known when you compile",
}


def run(options: argparse.Namespace) -> int:
    if options.name is None:
        for code, page in api.pages().items():
            print(f"{code}  {page.text.splitlines()[0]}")
        return 0
    if re.fullmatch("[A-Z]+[0-9]{3}", options.name.upper()):
        return _page(options)
    if not os.path.exists(options.blueprint):
        raise UsageError(
            f'"{options.name}" is not a valid code, and {options.blueprint}, which could have such a tier, does not exist'
        )
    return _tier(options)


def _page(options: argparse.Namespace) -> int:
    page = api.explain(options.name)
    if options.format == "json":
        print(
            json.dumps({"code": page.code, "name": page.name, "severity": page.severity, "text": page.text}, indent=2)
        )
    else:
        print(f"{page.code}: {page.name} ({page.severity})\n\n{page.text}")
    return 0


def _tier(options: argparse.Namespace) -> int:
    from bpc.cli.compile_command import flavors

    explained = api.explain_tier(
        options.blueprint,
        options.name,
        environment=options.env,
        settings=settings(options),
        flavors=flavors(options.flavors) if options.flavors else None,
    )
    if explained.diagnostics and not (explained.ok and options.format == "json"):
        from bpc.cli.show import show

        show(explained.diagnostics, options.format)
    if explained.explanation is None:
        return 1
    print(json.dumps(explained.plain, indent=2) if options.format == "json" else lines(text(explained.explanation)))
    return 0


# ---- as text


def text(found: Explanation) -> str:
    """The whole table, at most `WIDTH` columns wide."""
    notes: dict[str, int] = {}
    table = [line for row in _sections(found, notes) for line in row]
    reasons = [
        line for note, number in notes.items() for line in wrap(f"({number}) {note}", WIDTH, subsequent_indent="    ")
    ]
    parts = [[*_head(found)], table, [*_rules(found)], reasons]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _head(found: Explanation) -> Iterator[str]:
    environment = f", environment {found.environment}" if found.environment else ""
    yield f"Tier {found.tier} of {found.solution} {found.version}{environment}"
    yield f"  template    {found.template}, from {found.origin}"
    for column in found.columns:
        if column.chosen:
            yield f"  image       {column.image}, baked `{column.bake}`"
    yield f"  needs       {_machine(found.machine)}"
    for offer in found.offers:
        yield f"  on {offer.target}: {offer.type}"


def _machine(machine: Machine) -> str:
    if machine.flavor:
        return f'the machine type "{machine.flavor}"'
    sizes = f"{machine.memory / 2**30:g} GiB memory, {machine.disk / 2**30:g} GiB disk"
    return f"{machine.cpu} CPU, {sizes}, {machine.architecture}"


def _sections(found: Explanation, notes: dict[str, int]) -> Iterator[list[str]]:
    titles = [f"{column.bake}{' *' if column.chosen else ''}" for column in found.columns]
    yield [_line("", "bytes", titles, "")]
    kinds = dict.fromkeys(row.kind for row in found.rows)
    for kind in kinds:
        yield [kind]
        for row in found.rows:
            if row.kind == kind:
                yield _row(row, notes)
    told = ["refused" if column.refused else f"{column.user_data:,}" for column in found.columns]
    yield [_line("bytes of the first-boot data", "", told, "")]


def _row(row: Row, notes: dict[str, int]) -> list[str]:
    first, *more = wrap(row.what, WHAT - 2, subsequent_indent="    ", break_on_hyphens=False)
    reason = next((note for note in _notes(row)), "")
    number = f"({notes.setdefault(reason, len(notes) + 1)})" if reason else ""
    size = "" if row.bytes is None else f"{row.bytes:,}{'+' if row.needs else ''}"
    places = [cell.place if cell.place != "refused" else "-" for cell in row.cells]
    return [_line(f"  {first}", size, places, number), *(f"  {line}" for line in more)]


def _notes(row: Row) -> Iterator[str]:
    """What the rules do not say already: only values that are known later, volumes, platforms and services that wait."""
    for cell in reversed(row.cells):
        if cell.place == "both" or (cell.place == "first boot" and not cell.why.endswith("comes at first boot")):
            yield cell.why
    if row.needs:
        yield f"known only when the stack runs: {'; '.join(row.needs)}"


def _line(what: str, size: str, cells: list[str], note: str) -> str:
    return f"{what:<{WHAT}}{size:>9}  {'  '.join(f'{cell:<10}' for cell in cells)} {note}".rstrip()


def _rules(found: Explanation) -> Iterator[str]:
    for column in found.columns:
        rule = f"refused: {column.refused}" if column.refused else RULES[column.bake]
        yield from wrap(f"{column.bake:<9} {rule}", WIDTH, subsequent_indent=" " * 10)
    yield "*         what the blueprint says;  +  and what is known only when the stack runs"
