"""Mistakes: each case is a folder with a blueprint and the message that it must give.

`expected.txt` is what `bpc check` prints. `--update-golden` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bpc.diagnostics.catalogue import catalogue
from bpc.diagnostics.render import lines
from bpc.driver import Result, build_model, check_blueprint, compile_blueprint
from bpc.target import Options
from bpc_targets import load

CASES = [
    path for part in ("cases", "typical") for path in sorted((Path(__file__).parent / part).iterdir()) if path.is_dir()
]
"""Each code has its case in `cases`; `typical` has what people write at first, mostly habits of other languages."""

FINE = sorted(path for path in (Path(__file__).parent / "fine").iterdir() if path.is_dir())
"""Blueprints that look wrong, and are not: each is silent."""


def messages(folder: Path) -> str:
    """All diagnostics of a case as text.

    `arguments.txt` may name an environment, another target, settings, values of the stack's parameters (`given.NAME=VALUE`), or
    `check` for all environments.
    """
    given: dict[str, str | int] = {}
    environment, settings, targets, within, every = "", {}, [load("heat")], False, False
    arguments = folder / "arguments.txt"
    if arguments.exists():
        for word in arguments.read_text().split():
            name, _, value = word.partition("=")
            if word == "check":
                every = True
            elif name == "env":
                environment = value
            elif value == "imagebuilder":
                within = True
            elif name.startswith("given."):
                given[name.removeprefix("given.")] = int(value) if value.isdigit() else value
            elif name in ("images", "target"):
                targets.append(load(value))
            else:
                settings[name] = value
    if every:
        return _text(check_blueprint(str(folder / "solution.bp"), environment, settings))
    result = compile_blueprint(
        str(folder / "solution.bp"),
        tuple(targets),
        Options(flavors={}, limits={}, chosen=frozenset({"imagebuilder"} if within else ()), parameters=given),
        environment,
        settings,
    )
    return _text(result)


def _text(result: Result) -> str:
    return "\n\n".join("\n".join(lines(d)) for d in result.diagnostics) + "\n"


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_message(folder, request):
    text = messages(folder)
    expected = folder / "expected.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert "[" in text, "a mistake must be found"


@pytest.mark.parametrize("folder", FINE, ids=lambda path: path.name)
def test_nothing_is_wrong(folder):
    first = build_model(str(folder / "solution.bp"))
    assert first.diagnostics == ()
    for environment in first.solution.environments:
        assert build_model(str(folder / "solution.bp"), environment).diagnostics == ()


def test_every_code_has_a_page():
    for code, kind in catalogue().items():
        assert (kind.__doc__ or "").strip(), f"{code} has no manual page"
        assert len([k for k in catalogue().values() if k.code == code]) == 1


NO_CASE = {
    "BPC003": "the file would not be text: shown in test_bad_input.py",
    "BPC501": "needs a real build: shown in tests/boots",
    "BPC502": "needs a real build: shown in tests/boots",
    "BPC509": "needs a real build: shown in unit/test_builder_messages.py",
    "BPC503": "needs a real build: shown in tests/boots",
    "BPC504": "needs a build: shown in test_build_folder.py",
    "BPC505": "needs a build: shown in test_build_folder.py",
    "BPC441": "needs 600 MB of artifacts: shown in test_disk.py",
    "BPC510": "needs a real build: shown in boots/test_absent.py and unit/test_tree.py",
    "BPC511": "needs a real build: shown in boots/test_absent.py and unit/test_tree.py",
    "BPC512": "needs a real build: shown in boots/test_absent.py and unit/test_tree.py",
    "BPC513": "needs a real build: shown in boots/test_repository_images.py and unit/test_vendors.py",
    "BPC514": "needs a build: shown in unit/test_vendors.py",
    "MKOSI001": "needs the image target: shown in test_images.py",
    "MKOSI002": "needs the image target: shown in test_images.py",
    "CFN001": "needs thousands of resources: shown in cloudformation/test_split.py",
    "CFN022": "needs a large file: shown in cloudformation/test_imagebuilder.py",
    "HEAT001": "needs a thousand resources: shown in test_bad_input.py",
    "HEAT006": "needs a mapping of flavors: shown in test_bad_input.py",
}


def test_every_code_has_a_case():
    shown = "".join((folder / "expected.txt").read_text(encoding="utf-8") for folder in CASES)
    missing = [code for code in catalogue() if f"[{code}]" not in shown and code not in NO_CASE]
    assert missing == []
