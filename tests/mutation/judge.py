"""Whether the tests notice a mutant: run in a child process that imports the mutated module in the place of the real one."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pages import TOPICS, Row, rows, text

from bpc import syntax
from bpc.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, ModuleType

ROOT = Path(__file__).parent.parent.parent
SAMPLES = sorted(ROOT.glob("blueprints/*/solution.bp"))
CASES = sorted(ROOT.glob("tests/cases/*/expected.txt"))
EVERYTHING = ROOT / "tests" / "naming" / "everything" / "solution.bp"
UNCHANGED = (
    *(
        "pytest",
        "jinja2.sandbox",
        "string",
        "ipaddress",
        "goldens",
        "bpc.api",
        "bpc.model.document",
        "bpc.model.solution",
    ),
    *("bpc.platforms", "bpc.diagnostics.catalogue", "bpc.diagnostics.render", "bpc_targets.heat.emit"),
)
ROWS = [row for topic in TOPICS for row in rows(topic)]


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module's mutated code to whoever imports it."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> object:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self.path)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def prepare() -> None:
    """Does once, before any mutant, what no mutant changes: libraries and targets are imported, and texts parsed."""
    for name in UNCHANGED:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.startswith(("bpc.language", "bpc.lower"))], (
        "no mutant would be run"
    )
    remembered: dict[tuple[str, str], object] = {}
    parse = syntax.parse

    def once(source: Source) -> object:
        key = (source.name, source.text)
        if key not in remembered:
            remembered[key] = parse(source)
        return remembered[key]

    syntax.parse = once  # type: ignore[assignment]
    for row in ROWS:
        once(Source("table.bp", text(row)))
    for folder in {path.parent for path in (*SAMPLES, EVERYTHING, *CASES)}:
        for path in folder.glob("*.bp"):
            with contextlib.suppress(UnicodeDecodeError):
                once(Source(path.name, path.read_text(encoding="utf-8").replace("\r\n", "\n")))


def verdicts(first: int) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The tests that concern evaluation, the fastest first: (name, whether it holds). Rows near `first` come before all others."""
    from tables import agrees, told

    def holds(row: Row) -> bool:
        return all(agrees(row.cells.get(column, ""), said) for column, said in told(row).items())

    near = sorted(range(len(ROWS)), key=lambda index: abs(index - first))
    for row in (ROWS[index] for index in near):
        yield row.place, lambda row=row: holds(row)  # type: ignore[misc]
    yield from charges()
    yield from models()
    yield from messages()
    yield from connections()


def charges() -> Iterator[tuple[str, Callable[[], bool]]]:
    import test_charges as tests

    for expression in tests.CHARGES:
        yield f"charge of {expression}", lambda e=expression: passes(tests.test_charge, e)  # type: ignore[misc]


def models() -> Iterator[tuple[str, Callable[[], bool]]]:
    import test_model

    for path in SAMPLES:
        golden = ROOT / "tests" / "golden" / f"model-{path.parent.name}"
        wanted = (golden / "plain.json").read_text(encoding="utf-8")
        yield f"model of {path.parent.name}", lambda p=path, w=wanted: test_model.printed(p.parent) == w  # type: ignore[misc]
        for environment in json.loads(wanted)["environments"]:
            wanted_too = (golden / f"{environment}.diff").read_text(encoding="utf-8")
            yield (
                f"model of {path.parent.name}, {environment}",
                lambda p=path, e=environment, w=wanted, d=wanted_too: test_model.difference(w, p.parent, e) == d,  # type: ignore[misc]
            )


def messages() -> Iterator[tuple[str, Callable[[], bool]]]:
    from test_mistakes import messages as printed

    for case in CASES:
        wanted = case.read_text(encoding="utf-8")
        if wanted.startswith(("error[BPC2", "error[BPC4", "error[BPC3", "warning[BPC")):
            yield f"message of {case.parent.name}", lambda c=case, w=wanted: printed(c.parent) == w  # type: ignore[misc]


def connections() -> Iterator[tuple[str, Callable[[], bool]]]:
    import test_who_reaches_whom as tests

    for name, test in vars(tests).items():
        if name.startswith("test_"):
            marks = getattr(test, "pytestmark", [])
            for values in marks[0].args[1] if marks else [None]:
                yield name, lambda test=test, values=values: inside(test, values)  # type: ignore[misc]


def inside(test: Callable[..., None], value: object) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return passes(test, Path(folder), *(() if value is None else (value,)))


def passes(test: Callable[..., None], *values: object) -> bool:
    test(*values)
    return True


def killer(first: int) -> str:
    """The first test that notices the mutant, empty where none does. An exception of any kind is noticed."""
    try:
        tests = verdicts(first)
        while True:
            name = "import"
            try:
                name, holds = next(tests)
            except StopIteration:
                return ""
            if not holds():
                return name
    except BaseException:  # whatever a mutant raises, the test would have failed
        return name


def mutated(name: str, path: str, code: CodeType) -> None:
    sys.meta_path.insert(0, Mutated(name, path, code))
