"""The samples with something cut off or taken out: the whole compiler answers with diagnostics or success, never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpc.diagnostics.render import lines
from bpc.driver import compile_blueprint
from bpc.source import Source
from bpc.syntax.lexer import tokens
from bpc.target import Options
from bpc_targets import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SAMPLES = sorted(ROOT.glob("blueprints/*/solution.bp"))
OPTIONS = Options(flavors={}, limits={})


def survives(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    result = compile_blueprint(str(path), (load("heat"),), OPTIONS)
    assert result.artifacts or result.diagnostics
    for diagnostic in result.diagnostics:
        assert "\n".join(lines(diagnostic))


@pytest.fixture
def project(tmp_path, request):
    """A copy of a sample's folder, whose blueprint the test overwrites."""
    import shutil

    shutil.copytree(request.param.parent, tmp_path / "project")
    return tmp_path / "project" / "solution.bp", request.param.read_text(encoding="utf-8")


@pytest.mark.parametrize("project", SAMPLES, ids=lambda path: path.parent.name, indirect=True)
def test_every_truncation_and_every_token_left_out(project):
    path, text = project
    places = tokens(Source("solution.bp", text), 0, len(text), [])
    for _, word, start in places:
        survives(path, text[:start])
        survives(path, text[:start] + text[start + len(word) :])
