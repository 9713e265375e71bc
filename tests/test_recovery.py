"""A mistake stops the statement that contains it, and nothing else: the rest is judged, and nothing follows from what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpc.driver import check_blueprint
from bpc.files import Buffers, Project
from bpc.source import Source
from bpc.syntax import parse
from bpc.syntax.tree import Allow, Connect, For, Let, Output, Setting, nodes

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
SAMPLES = sorted(path.name for path in BLUEPRINTS.iterdir() if (path / "solution.bp").exists())


def leaves(path: Path):
    """The values that statements of a file hold, each with its statement's line."""
    file, _ = parse(Source(path.name, path.read_text()))
    for node in nodes(file):
        if isinstance(node, Setting) and node.name.text == "reload":
            continue  # takes any word
        if isinstance(node, Let | Output | Setting):
            yield node.value.span
        elif isinstance(node, Allow):
            yield node.origin.span
        elif isinstance(node, Connect):
            yield node.endpoint.span
        elif isinstance(node, For):
            yield node.iterable.span


def broken(folder: Path, name: str, span, text: str):
    """What is found where a part of a file is another text."""
    whole = (folder / name).read_text()
    changed = whole[: span.start] + text + whole[span.end :]
    files = Buffers({name: changed}, Project(str(folder)))
    return check_blueprint(str(folder / "solution.bp"), files=files).diagnostics, changed


PLANTED = {
    "a text that is no value": "% 3",
    "a string with a mistake in it": '"${1 +}"',
    "a name that nothing declares": "nobody",
    "a wrong type": "[[1, true]]",
    "a wrong operator": '{ a = 1 } - "b"',
    "a value that cannot be": "1 / 0",
}


@pytest.mark.parametrize("mistake", PLANTED)
@pytest.mark.parametrize("sample", SAMPLES)
def test_one_mistake_is_told_once(sample, mistake):
    folder = BLUEPRINTS / sample
    for path in sorted(folder.glob("*.bp")):
        if path.name != "solution.bp" and "\nsolution " in path.read_text():
            continue  # another solution, which this one does not read
        for span in [*leaves(path)][:: 1 if sample == "shop" else 6]:
            found, changed = broken(folder, path.name, span, PLANTED[mistake])
            errors = [d for d in found if d.severity == "error"]
            places = {(d.span.source.name, d.span.start) for d in errors}
            line = changed[: span.start].count("\n") + 1
            assert errors, f"{path.name}:{line}: nothing is told"
            assert len(places) == 1, [f"{d.code} {d.text} at {d.span.source.location(d.span.start)}" for d in errors]
