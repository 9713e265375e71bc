"""Every operator, function, attribute and coercion has the value that the language reference shows."""

from __future__ import annotations

import shutil

import pytest
from pages import HERE, TOPICS, rows, whole
from tables import agrees, told

from bpc import api
from bpc.vocabulary import FUNCTIONS, IMAGE_PARAM_TYPES

ROWS = [row for topic in TOPICS for row in rows(topic)]
BLUEPRINTS = sorted({row.blueprint for row in ROWS if row.blueprint and "circle" not in row.blueprint})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_row(row):
    actual = told(row)
    for column, said in actual.items():
        assert agrees(row.cells.get(column, ""), said), f"{row.place}: {row.cells} gives {said}"


def test_every_function_has_rows():
    """A function has values and refusals; a release is shown once for all of them."""
    for name, function in FUNCTIONS.items():
        mine = [row for row in ROWS if f"{name}(" in row.cells.get("expression", "")]
        assert [row for row in mine if not row.cells.get("value", "").startswith("BPC")], name
        if function.result != "release":
            assert [row for row in mine if row.cells.get("value", "").startswith("BPC")], name


def test_every_type_has_rows():
    kinds = {row.cells["type"].partition("(")[0] for row in ROWS if "type" in row.cells}
    assert kinds >= set(IMAGE_PARAM_TYPES)


@pytest.mark.parametrize("blueprint", BLUEPRINTS, ids=range(len(BLUEPRINTS)))
def test_the_blueprints_of_the_pages_compile(blueprint, tmp_path):
    """What a fence shows is a blueprint without mistakes, or part of one."""
    shutil.copy(HERE / "more.bp", tmp_path)
    path = tmp_path / "table.bp"
    path.write_text(whole(blueprint), encoding="utf-8")
    assert [d.text for d in api.check(path).diagnostics if d.severity == "error"] == []
