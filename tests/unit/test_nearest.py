"""Names that may have been meant, of few and of many."""

from __future__ import annotations

import pytest

from bpc.diagnostics.base import did_you_mean

FEW = ["web_server", "database", "cache"]
MANY = [*FEW, *(f"worker_{number:04}" for number in range(3000))]


@pytest.mark.parametrize("names", [FEW, MANY, frozenset(MANY)], ids=["few", "many", "a scope"])
@pytest.mark.parametrize("word", ["web_servr", "eb_server", "xeb_server", "web_serverx"])
def test_the_nearest_is_found_wherever_the_slip_is(word, names):
    assert did_you_mean(word, names) == 'did you mean "web_server"?'


def test_nothing_near():
    assert did_you_mean("quite_another_thing", MANY) == ""
