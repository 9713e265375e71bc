"""`make mutants`: plants small mistakes in evaluation, functions, types and scopes, and says which of them no test notices.

Each mutant is judged in a child process of its own, by the rows of tests/language, the models of the samples, the messages of
tests/cases, what is charged and who reaches whom. `survivors.txt` says of each that lives why that is right; the run fails where another one lives,
or where fewer than 95 % die. `--all` prints the killer of each, `--again=FILE` judges only what lives by an earlier run; names of files limit the run to these.
"""

from __future__ import annotations

import ast
import compileall
import gc
import os
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "language"), str(HERE.parent / "naming")]

from judge import ROOT, ROWS, killer, mutated, prepare  # noqa: E402
from mutate import mutants  # noqa: E402

ROOMS = ROOT / "compiler" / "bpc"
FILES = (
    *("lower/evaluate", "lower/scope", "lower/items"),
    *("language/operators", "language/functions", "language/compare", "language/coerce", "language/values"),
)
LEAST = 0.95
SECONDS = 20
MEMORY = 2**30
JOBS = int(os.environ.get("JOBS", "1"))


def main() -> int:
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(FILES)
    for folder in (ROOT / "compiler", ROOT / "targets", HERE.parent):  # a child would compile what it imports
        compileall.compile_dir(folder, quiet=2)
    prepare()
    gc.freeze()  # so that children share what the parent has made
    assert_untouched()
    began, counts, alive = time.time(), Counter(), []
    for name in names:
        for says, by in judged(name):
            counts[name, bool(by)] += 1
            if not by:
                alive.append(says)
            if not by or "--all" in sys.argv:
                print(f"{says}: {by or 'LIVES'}", flush=True)
    return report(names, counts, alive, time.time() - began)


def assert_untouched() -> None:
    """Without a mutant all tests hold, or the figures say nothing."""
    by = answer(start("", "", None, 0))
    if by:
        raise SystemExit(f"fails without a mutant: {by}")


def judged(name: str) -> Iterator[tuple[str, str]]:
    """(what the mutant is, its killer) of a file, one after the other, the last killer's row first."""
    path = ROOMS / f"{name}.py"
    source = path.read_text(encoding="utf-8")
    number = len(mutants(ast.parse(source)))
    places = {row.place: index for index, row in enumerate(ROWS)}
    running: list[tuple[str, tuple[int, int]]] = []
    last = 0
    only = again()
    for index in range(number + JOBS):
        if index < number:
            tree = ast.parse(source)
            mutant = mutants(tree)[index]
            mutant.make()
            line = source.split("\n")[mutant.line - 1].strip()
            says = f"{path.name}:{mutant.line} {mutant.function}: {mutant.says} in `{line}`"
            if only and unplaced(says).partition(" in `")[0] not in only:
                continue
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            running.append((says, start(f"bpc.{name.replace('/', '.')}", str(path), code, last)))
        if len(running) >= JOBS or index >= number:
            if not running:
                return
            says, child = running.pop(0)
            by = answer(child)
            last = places.get(by, last)
            yield says, by


def again() -> set[str]:
    """With `--again FILE`, what an earlier run said that lives: only these are judged anew."""
    given = [word.partition("=")[2] for word in sys.argv if word.startswith("--again=")]
    lines = Path(given[0]).read_text(encoding="utf-8").splitlines() if given else []
    return {unplaced(line.removesuffix(": LIVES")).partition(" in `")[0] for line in lines if line.endswith(": LIVES")}


def start(name: str, path: str, code: CodeType | None, first: int) -> tuple[int, int]:
    """A child that judges one mutant: (its id, where its answer comes)."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    gc.disable()
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    try:
        if code is not None:
            mutated(name, path, code)
        os.write(write, (killer(first) or "none").encode())
    finally:
        os._exit(0)


def answer(child: tuple[int, int]) -> str:
    pid, read = child
    with os.fdopen(read, "rb") as pipe:
        by = pipe.read().decode()
    os.waitpid(pid, 0)
    return "" if by == "none" else by or "does not end"


def report(names: list[str], counts: Counter, alive: list[str], seconds: float) -> int:
    known = {line.rpartition(" # ")[0].strip() for line in (HERE / "survivors.txt").read_text().splitlines()}
    for name in names:
        died, lived = counts[name, True], counts[name, False]
        print(f"{name}.py: {died} of {died + lived} die ({died / max(died + lived, 1):.1%})")
    died, total = sum(n for (_, dead), n in counts.items() if dead), sum(counts.values())
    print(f"all: {died} of {total} die ({died / max(total, 1):.1%}), in {seconds:.0f} s")
    new = [says for says in alive if unplaced(says) not in known]
    for says in new:
        print(f"lives, and survivors.txt does not say why: {says}")
    return int(bool(new) or died < LEAST * total)


def unplaced(says: str) -> str:
    """Without the line's number, which moves."""
    place, _, rest = says.partition(" ")
    return f"{place.partition(':')[0]} {rest}"


if __name__ == "__main__":
    raise SystemExit(main())
