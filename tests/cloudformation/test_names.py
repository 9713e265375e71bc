"""Logical ids are alphanumeric, and never two things have one."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bpc_targets.cloudformation.names import encoded, logical

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,6}", fullmatch=True)
PARTS = st.lists(st.one_of(NAMES, st.integers(0, 20)), min_size=1, max_size=3)


def test_examples():
    assert logical("Instance", "app", 0) == "InstanceAppX0"
    assert logical("Secret", "db_password") == "SecretDbPassword"
    assert logical("Balancer", "web-a", "http") == "BalancerWebQ1aXHttp"


@given(PARTS, PARTS)
def test_alphanumeric_and_injective(left, right):
    assert logical("K", *left).isalnum()
    assert (logical("K", *left) == logical("K", *right)) == (left == right)


def test_names_near_the_escapes():
    """Random names seldom meet: here are all short ones of the letters that have a meaning in an id."""
    names = [
        "".join(name) for length in (1, 2, 3, 4) for name in product("aqxAQX_-0", repeat=length) if name[0] not in "-0"
    ]
    assert len({encoded(name) for name in names}) == len(names)
    some = [name for name in names if len(name) < 3]
    pairs = [(left, right) for left in some for right in some]
    assert len({logical("K", *pair) for pair in pairs}) == len(pairs)
