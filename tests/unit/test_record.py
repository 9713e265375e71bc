"""A record is the same value whether few or many of its class were made."""

from __future__ import annotations

import pytest

from bpc.record import MANY, Record, fields, replace


@pytest.fixture
def kinds():
    class Empty(Record):
        pass

    class Point(Record):
        x: int
        y: int = 7

    class Named(Point):
        name: str
        tags: tuple[str, ...] = ()

    return Empty, Point, Named


@pytest.mark.parametrize("made", [0, MANY])
def test_the_first_and_the_later_ones_are_alike(kinds, made):
    empty, point, named = kinds
    for _ in range(made):
        empty(), point(x=1), named(x=1, name="a")
    assert empty() == empty() and dict(fields(empty())) == {}
    assert dict(fields(point(x=1))) == {"x": 1, "y": 7}
    assert dict(fields(named(x=1, name="a"))) == {"x": 1, "y": 7, "name": "a", "tags": ()}
    assert replace(named(x=1, name="a"), y=2) == named(x=1, y=2, name="a") != named(x=1, name="a")
    for wrong in ({}, {"x": 1, "z": 2}, {"x": 1, "y": 2, "z": 3}):
        with pytest.raises(TypeError):
            point(**wrong)


def test_a_class_made_later_has_an_init_of_its_own(kinds):
    _, point, _ = kinds
    for _ in range(MANY + 1):
        point(x=1)

    class Further(point):
        z: int

    assert dict(fields(Further(x=1, z=3))) == {"x": 1, "y": 7, "z": 3}
