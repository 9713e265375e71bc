"""What an update cannot do is known from two models, before any cloud is asked; the walk on a real cloud shows the rest to be possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import bpc.api
from bpc.lifecycle.foretell import foretell

if TYPE_CHECKING:
    from pathlib import Path

BLUEPRINT = """blueprint 1
image it { from = debian("12") }
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image   = it
    network = n
    volume  data { size = 2GiB, mount = "/data", type = "fast" }
  }
}
"""
SHRINKS = 'volume "data" of tier "t" cannot shrink from 2 to 1 GiB: no cloud makes a volume smaller'
LOSES = 'volume "data" of tier "t" cannot lose its type "fast": OpenStack asks for the name of another type'
RENAMED = 'volume "pages" of tier "u" cannot shrink from 2 to 1 GiB: no cloud makes a volume smaller'


@pytest.mark.parametrize(
    ("edits", "foretold"),
    [
        ({}, ()),
        ({"2GiB": "3GiB"}, ()),
        ({"2GiB": "1GiB"}, (SHRINKS,)),
        ({', type = "fast"': ""}, (LOSES,)),
        ({'"fast"': '"slow"'}, ()),
        ({"2GiB": "1GiB", ', type = "fast"': ""}, (SHRINKS, LOSES)),
        (
            {"volume  data {": 'volume pages { was = "data",', "tier t {": 'tier u {\n was = "t"', "2GiB": "1GiB"},
            (RENAMED,),
        ),
        ({"volume  data {": "volume other {", "2GiB": "1GiB"}, ()),
        ({'    volume  data { size = 2GiB, mount = "/data", type = "fast" }\n': ""}, ()),
    ],
)
def test_what_cannot_be(edits: dict[str, str], foretold: tuple[str, ...], tmp_path: Path) -> None:
    after = BLUEPRINT
    for text, instead in edits.items():
        assert text in after
        after = after.replace(text, instead)
    assert foretell(model(tmp_path / "a", BLUEPRINT), model(tmp_path / "b", after)) == foretold


def model(folder: Path, text: str):
    folder.mkdir()
    (folder / "solution.bp").write_text(text)
    return bpc.api.model(folder / "solution.bp").solution
