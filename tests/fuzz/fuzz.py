"""Mutated samples through the command, as long as it is told: `make fuzz SECONDS=600`, also `SEED=7`.

Each input is a project: a sample or case of the tests, or a hostile blueprint, with some of its files changed by token and by
byte. It goes through one command at a time, in this process. A finding is an exit code 3 (a bug), more time or memory than a
compilation may take, output that its own reader cannot read, or, for a sample of the inputs, output that depends on the
hash seed. Each new kind is saved as a project that shows it, with the command line. The seed and the number give an input again.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml
from hostile import ATTACKS

from bpc.cli.main import main

ROOT = Path(__file__).parents[2]
SECONDS_EACH = 10
MEMORY = 2**30
LARGEST = 60_000
HASHED, READ = 400, 10
"""One of so many is compiled with two hash seeds, and one of so many outputs is read again."""
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|\s+|.", re.DOTALL)
ODD = [
    *("{}()[]=,.:+-*/%<>#$\"'\\\n", "..", "==", '"""', "${", "}", "{{", "}}", "{%", "%}", "|", "~", "\0", "\r\n", "\t"),
    *(
        "é",
        "\u2028",
        "\x85",
        "\ud7ff",
        "\uf600",
        "😀",
        "\x1b[31m",
        "\x0099\x00",
        "@@secret.a@@",
        "blueprint 1",
        "param p: secret",
    ),
    *(
        "0",
        "-1",
        "9" * 18,
        "9" * 5000,
        "1e999",
        "²",
        "1GiB",
        "99999999TiB",
        "100%",
        "true",
        "none",
        "hosts",
        ".hosts",
        ".host",
        ".http",
    ),
    *(
        "for x in range(1000) {",
        "[y for y in range(1000)]",
        "tier",
        "image",
        "file",
        "secret",
        "volume",
        "expose",
        "environment",
    ),
    *(
        "/",
        "../",
        "/etc/" + "a" * 300,
        "|upper",
        "|join(',')",
        "|quote",
        "|indent",
        "|tojson",
        "loop.index",
        "range(9)",
        "lipsum()",
    ),
]
BYTES = [b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\n", b'"', b"{", b"}", b"$", b"\\"]
TARGETS = [
    *(["--target", name] for name in ("heat", "cloudformation")),
    *(["--target", "heat", "--images", name] for name in ("mkosi", "packer", "diskimage-builder")),
    ["--target", "cfn", "--json", "--images", "imagebuilder"],
]

Project = dict[str, bytes]


class TooLong(BaseException):
    """The watchdog: no `except Exception` may catch it."""


def samples() -> list[Project]:
    folders = [path.parent for path in sorted(ROOT.glob("blueprints/*/solution.bp"))] * 3
    folders += [
        path.parent for where in ("cases", "fine") for path in sorted((ROOT / "tests" / where).glob("*/solution.bp"))
    ]
    found = []
    for folder in folders:
        files = {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }
        found.append({name: content for name, content in files.items() if len(content) <= LARGEST})
    return [files for files in found if "solution.bp" in files]


def hostile(choose: random.Random) -> Project:
    """An attack with other numbers, or two of them in one."""
    files = dict(ATTACKS[choose.choice(sorted(ATTACKS))])
    for name, text in files.items():
        if choose.random() < 0.5:
            files[name] = re.sub(
                r"(?<=range\()\d+",
                lambda match: str(max(1, int(match[0]) * choose.choice([1, 2, 5]) // choose.choice([1, 3, 10]))),
                text,
            )
    return {name: text.encode("utf-8", "surrogatepass") for name, text in files.items()}


def mutated(project: Project, pool: list[Project], choose: random.Random) -> Project:
    files = dict(project)
    for _ in range(choose.choice([1, 1, 1, 2, 3])):
        name = "solution.bp" if choose.random() < 0.6 else choose.choice(sorted(files))
        files[name] = (by_byte if choose.random() < 0.2 else by_token)(files[name], pool, choose)
    return files


def by_byte(content: bytes, pool: list[Project], choose: random.Random) -> bytes:
    at = choose.randrange(len(content) + 1)
    end = min(len(content), at + choose.choice([0, 0, 1, 1, 5, 50]))
    return content[:at] + choose.choice([b"", choose.choice(BYTES), bytes([choose.randrange(256)])]) + content[end:]


def by_token(content: bytes, pool: list[Project], choose: random.Random) -> bytes:
    tokens = TOKEN.findall(content.decode("utf-8", "replace"))
    for _ in range(choose.choice([1, 1, 2, 4, 8])):
        at = choose.randrange(len(tokens) + 1)
        end = min(len(tokens), at + choose.choice([0, 1, 1, 3, 20]))
        other = choose.choice(pool).get("solution.bp", b"").decode("utf-8", "replace")
        tokens[at:end] = choose.choice(
            [
                [],
                tokens[at:end] * 2,
                [choose.choice(ODD)],
                [choose.choice(tokens or [""])],
                TOKEN.findall(other)[(start := choose.randrange(len(other) + 1)) : start + 30],
                tokens[at:end][::-1],
            ]
        )
    return "".join(tokens).encode("utf-8", "replace")


def command(files: Project, choose: random.Random) -> list[str]:
    """A command line for the project in the current folder."""
    text = files.get("solution.bp", b"").decode("utf-8", "replace")
    names = re.findall(r"(?:tier|environment|let|param)\s+(\w+)", text) or ["web"]
    tail = ["--env", choose.choice(names)] if choose.random() < 0.15 else []
    tail += ["--set", f"{choose.choice(names)}={choose.choice(ODD)}"] if choose.random() < 0.1 else []
    tail += ["--format", "json"] if choose.random() < 0.1 else []
    kind = choose.random()
    if kind < 0.25:
        return ["check", *tail]
    if kind < 0.3:
        return ["model", *tail]
    if kind < 0.36:
        return ["explain", choose.choice(names), *tail]
    if kind < 0.4:
        return ["where", "--events", choose.choice(sorted(files)), *tail]
    return ["compile", *choose.choice(TARGETS), *tail]


def run(line: list[str]) -> tuple[int, str]:
    """The exit code, and what was written to standard error."""
    errors = io.StringIO()
    signal.setitimer(signal.ITIMER_PROF, SECONDS_EACH)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            return main(line), errors.getvalue()
    except SystemExit as ended:
        return int(ended.code or 0), errors.getvalue()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def signature(trace: str) -> str:
    """The last place in our own code, and the exception's kind."""
    places = re.findall(r'File "[^"]*/(bpc(?:_targets)?/[^"]+)", line \d+, in (\w+)', trace)
    kind = re.findall(r"^(\w+(?:\.\w+)*(?:Error|Exception|TooLong)\b)", trace, re.MULTILINE)
    return f"{kind[-1] if kind else 'unknown'} in {' '.join(places[-1]) if places else '?'}"


def unreadable(folder: Path) -> str:
    """The first file of an output that its reader cannot read."""
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif (
                path.suffix in (".yaml", ".yml")
                and path.is_file()
                and "elements" not in path.parts
                and "image" not in path.parts
            ):
                list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        except (ValueError, yaml.YAMLError) as error:
            return f"{path.name}: {type(error).__name__}"
    return ""


def differs(line: list[str]) -> bool:
    """Whether two hash seeds give two results."""
    results = []
    for seed in ("1", "2"):
        shutil.rmtree("out", ignore_errors=True)
        done = subprocess.run(
            [sys.executable, "-m", "bpc", *line],
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=False,
        )
        files = {str(path): path.read_bytes() for path in sorted(Path("out").rglob("*")) if path.is_file()}
        results.append((done.returncode, done.stdout, done.stderr, files))
    return results[0] != results[1]


class Fuzzer:
    def __init__(self, seed: int, save: Path) -> None:
        self.seed, self.save, self.pool = seed, save, samples()
        self.seen: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()

    def one(self, number: int) -> None:
        choose = random.Random(f"{self.seed}/{number}")
        files = hostile(choose) if choose.random() < 0.03 else choose.choice(self.pool)
        if choose.random() < 0.97:
            files = mutated(files, self.pool, choose)
        line = command(files, choose)
        put(files)
        if number % 50 == 0:
            gc.collect()  # the command switches it off, since a process of its own ends soon
        found = self.judge(line, choose)
        if found:
            self.keep(found, files, line, number)

    def judge(self, line: list[str], choose: random.Random) -> str:
        try:
            code, errors = run(line)
        except TooLong:
            import traceback

            return f"more than {SECONDS_EACH} s: {signature(traceback.format_exc())}"
        self.seen[f"{line[0]} {code}"] += 1
        if code not in (0, 1, 2):
            return signature(errors)
        if code == 0 and line[0] == "compile" and choose.random() < 1 / READ and (bad := unreadable(Path("out"))):
            return f"output that cannot be read: {bad}"
        if (
            choose.random() < 1 / HASHED and "\0" not in "".join(line) and differs(line)
        ):  # no process can be given a NUL
            return f"another result with another hash seed: {line[0]}"
        return ""

    def keep(self, found: str, files: Project, line: list[str], number: int) -> None:
        self.findings[found] += 1
        if self.findings[found] > 1:
            return
        folder = self.save / f"{len(self.findings):02}-{re.sub('[^A-Za-z0-9]+', '-', found)[:60]}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / "COMMAND").write_text(f"bpc {' '.join(map(repr, line))}\nseed {self.seed}, input {number}\n{found}\n")
        print(f"found: {found} -> {folder}", flush=True)


def put(files: Project) -> None:
    """The project as the content of the current folder."""
    for entry in Path().iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def watch(*_: object) -> None:
    raise TooLong


def fuzz() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0, help="the number of the first input")
    options.add_argument("--save", type=Path, default=ROOT / ".fuzz")
    given = options.parse_args()
    signal.signal(signal.SIGPROF, watch)
    resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))  # this process has its own things too
    fuzzer, number, began = Fuzzer(given.seed, given.save.absolute()), given.first, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        while time.monotonic() - began < given.seconds:
            fuzzer.one(number)
            number += 1
        os.chdir("/")
    total = number - given.first
    print(f"{total} inputs in {time.monotonic() - began:.0f} s, seed {given.seed}: {dict(sorted(fuzzer.seen.items()))}")
    print(f"{len(fuzzer.findings)} kinds of findings: {dict(fuzzer.findings)}")
    return 1 if fuzzer.findings else 0


if __name__ == "__main__":
    sys.exit(fuzz())
