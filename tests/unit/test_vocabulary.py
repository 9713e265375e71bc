"""What the vocabulary says of a setting holds: its default is of its type, within its bounds, and means what the reference prints."""

from __future__ import annotations

import pytest

from bpc.language.values import Duration, Size
from bpc.vocabulary import ANY_WORD, BLOCKS, NOTHING, literal, words

SETTINGS = [
    pytest.param(word, id=f"{block}.{name}") for block, kind in BLOCKS.items() for name, word in kind.settings.items()
]
KINDS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "size": int,
    "duration": int,
    "port": int,
    "percent": float,
    "cidr": str,
    "int | range": int,
    "port | range": int,
    "bool | cidr | list(cidr)": bool,
}


@pytest.mark.parametrize("word", SETTINGS)
def test_a_default_is_of_its_type_and_within_its_bounds(word):
    usual = word.usual
    if usual is None:
        assert word.required or word.otherwise or words(word.type) or word.type in ("network", "image")
    elif words(word.type) and word.type not in ANY_WORD:
        assert usual in words(word.type)
    else:
        assert isinstance(usual, KINDS.get(word.type) or type(NOTHING[word.type]))
    if word.least is not None and usual is not None and not word.otherwise:
        assert word.least <= usual <= (word.most or usual)
    assert "default" not in word.doc  # it has a field of its own


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (Size(2**30), "size", "1GiB"),
        (1536 * 2**20, "size", "1536MiB"),
        (0, "size", "0"),
        (Duration(1500), "duration", "1500ms"),
        (90_000, "duration", "90s"),
        (True, "bool", "true"),
        ("root", "string", '"root"'),
        ("ext4", "ext4 | xfs", "ext4"),
    ],
)
def test_a_value_is_written_as_in_a_blueprint(value, kind, text):
    assert literal(value, kind) == text
