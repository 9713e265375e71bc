"""Logical ids are alphanumeric, and never two things have one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bpc_targets.cloudformation.names import logical

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
