"""To name a part of an expression by a `let`, or to write a `let` out, never changes the model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blueprints import FILES, Writer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naming import parts_of, pulled, uses_of, written_out

from bpc import api

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SAMPLES = [
    HERE / "everything" / "solution.bp",
    *sorted(ROOT.glob("blueprints/*/solution.bp")),
    *sorted(ROOT.glob("tests/fine/*/solution.bp")),
]
IDS = [
    path.parent.name if path.parent.name != "everything" else f"{path.parent.parent.name}-everything"
    for path in SAMPLES
]
GENERATED = 250
LIMITS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


def model_of(path: Path, environment: str = "") -> object:
    """The model without places, and without the digest of what was read: a text of the mistakes where there is none."""
    result = api.model(path, environment=environment)
    if result.model is None:
        return sorted(d.code for d in result.diagnostics if d.severity == "error")
    made = placeless(result.model)
    assert isinstance(made, dict)
    del made["digest"]
    return made


def placeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: placeless(item) for key, item in value.items() if key != "source_place"}
    return [placeless(item) for item in value] if isinstance(value, list) else value


def rewritten(text: str, choose: Callable[[int], int], times: int) -> str:
    """The blueprint with some parts named and some names written out, one after the other."""
    for number in range(times):
        change = pulled(text, choose, number) if choose(3) else written_out(text, choose)
        text = change or text
    return text


def choices(data: bytes) -> Callable[[int], int]:
    """Each two bytes are a choice; when they are used up, it is the first one."""
    left = list(data)

    def choose(limit: int) -> int:
        return int.from_bytes([left.pop(), left.pop()]) % limit if len(left) > 1 else 0

    return choose


def project(path: Path, folder: Path) -> Path:
    shutil.copytree(path.parent, folder, dirs_exist_ok=True)
    return folder / path.name


@pytest.mark.parametrize("path", SAMPLES, ids=IDS)
def test_each_part_of_an_expression_can_be_named(path, tmp_path):
    """Every part of every expression, each at one of the places where its `let` may stand: they take turns."""
    copy, text = project(path, tmp_path / "project"), path.read_text(encoding="utf-8")
    wanted = model_of(copy)
    assert isinstance(wanted, dict)
    parts = list(parts_of(text))
    assert parts
    for number, part in enumerate(parts):
        picks = iter((number, number % len(part.homes)))
        changed = pulled(text, lambda _, picks=picks: next(picks), 0)
        copy.write_text(changed, encoding="utf-8")
        assert model_of(copy) == wanted, f"{text[part.start : part.end]!r} named:\n{changed}"


@pytest.mark.parametrize("path", SAMPLES, ids=IDS)
def test_each_use_of_a_let_can_be_written_out(path, tmp_path):
    copy, text = project(path, tmp_path / "project"), path.read_text(encoding="utf-8")
    wanted = model_of(copy)
    for number, _ in enumerate(list(uses_of(text))):
        changed = written_out(text, lambda _, number=number: number)
        copy.write_text(changed, encoding="utf-8")
        assert model_of(copy) == wanted, changed


@pytest.mark.parametrize("path", SAMPLES, ids=IDS)
def test_many_changes_at_once(path, tmp_path):
    copy, text = project(path, tmp_path / "project"), path.read_text(encoding="utf-8")
    environment = "test" if "environment test" in text else ""
    wanted = model_of(copy, environment)

    @settings(LIMITS, max_examples=6)
    @given(st.binary(min_size=60, max_size=60))
    def means_the_same(data):
        changed = rewritten(text, choices(data), 8)
        copy.unlink()
        copy.write_text(changed, encoding="utf-8")
        assert model_of(copy, environment) == wanted, changed

    means_the_same()


def test_of_generated_blueprints(tmp_path):
    path = tmp_path / "solution.bp"
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    seen = []

    @settings(LIMITS, max_examples=GENERATED)
    @given(st.binary(min_size=128, max_size=128), st.binary(min_size=20, max_size=20))
    def means_the_same(data, how):
        writer = Writer(data)
        writer.wild = False
        text = writer.blueprint()
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        wanted = model_of(path)
        if not isinstance(wanted, dict):
            return
        changed = rewritten(text, choices(how), 4)
        path.write_text(changed, encoding="utf-8")
        assert model_of(path) == wanted, changed
        seen.append(changed != text)

    means_the_same()
    assert sum(seen) > GENERATED // 4
