"""8,000 generated blueprints through the whole compiler: each ends in diagnostics or a stack, never in an exception."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from blueprints import FILES, Writer
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from bpc import api

pytestmark = pytest.mark.slow

BLUEPRINTS, PARTS = 8_000, 4
"""So many in parts, so that both cores have something to do."""
LONGEST = 128
"""Bytes, and so choices, of a blueprint."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_blueprint_ends_in_diagnostics_or_a_stack(part, tmp_path):
    seen: Counter[str] = Counter()
    path = tmp_path / "solution.bp"
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    @seed(part)
    @settings(
        max_examples=BLUEPRINTS // PARTS,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.binary(min_size=LONGEST, max_size=LONGEST))
    def ends_well(data):
        text = Writer(data).blueprint()
        path.unlink(missing_ok=True)  # to overwrite a file would wait for the disk
        path.write_bytes(text.encode())
        environment = "test" if "environment test" in text and data[-1] % 2 else ""
        seen.update(outcome(str(path), environment, as_model=data[-2] % 4 == 0))

    ends_well()
    print(seen.most_common())
    assert seen["stack"] + seen["mistakes"] >= BLUEPRINTS // PARTS
    assert min(seen["stack"], seen["mistakes"]) >= BLUEPRINTS // PARTS // 5
    for stage in ("BPC1", "BPC2", "BPC3", "BPC4", "HEAT"):
        assert sum(count for code, count in seen.items() if code.startswith(stage)) >= BLUEPRINTS // PARTS // 2000


def outcome(path: str, environment: str, *, as_model: bool) -> list[str]:
    """Compiles a blueprint and looks at all that comes out: "stack" or "mistakes", and the diagnostics' codes."""
    result = api.compile(path, environment=environment)
    for diagnostic in result.diagnostics:
        assert api.report(diagnostic)
        assert api.as_json(diagnostic)["line"] >= 1
    codes = sorted({diagnostic.code for diagnostic in result.diagnostics})
    if not result.ok:
        return ["mistakes", *codes]
    files = result.artifacts["heat"].files
    assert "stack.yaml" in files
    assert not [name for name in files if ".." in name.split("/")]
    assert not as_model or json.dumps(result.model)
    return ["stack", *codes]
