"""What the YAML writer writes, PyYAML reads back equal."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bpc.yaml import dump

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \n\t:-#'\"{}[]|>&*!%@`,?=~yno01.", max_size=40),
    st.sampled_from(
        ["yes", "No", "on", "null", "~", "1_000", "0o7", "1e3", ".inf", "2026-01-01", "=", "<<", "12:30", "é\n"]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None)
@given(VALUES)
def test_reads_back_equal(value):
    assert yaml.safe_load(dump(value)) == value


def test_is_plain_where_it_can_be():
    assert dump({"type": "OS::Nova::Server", "text": "a\nb\n"}) == "type: OS::Nova::Server\ntext: |\n  a\n  b\n"
