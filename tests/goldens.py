"""Golden files: what a test expects lies in a folder below tests/golden; `--update-golden` writes it anew.

Each text is there once. A folder's `index` has a line for each file that the test's output has:

    README.txt                                 its text lies beside the index, under this name
    images.json = ../shop-plain/images.json    it has the same text as another golden
    stack.yaml ~ ../shop-plain/stack.yaml      how it differs from another lies beside the index, as stack.yaml.diff

An environment's folder is compared with that of the plain solution, which is its `base`. The scripts that every machine has stand in
tests/golden/scripts, and where a golden has one it says `<scripts/NAME>`.
"""

from __future__ import annotations

import difflib
import os
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bpc.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parent / "golden"
INDEX = "index"
SCRIPTS = {
    "first-boot": (r"#!/bin/bash\n *# What this machine does", r"trap finish EXIT"),
    "signal-heat": (r"#!/usr/bin/env python3\n *\"\"\"Tells Heat", r'sys\.exit\("signal: nobody heard it"\)'),
    "signal-aws": (
        r"name = socket\.gethostname\(\) [^\n]*# host names may be cut",
        r'sys\.exit\("signal: nobody heard it"\)',
    ),
    "prepare-aws": (r'HOME = "/var/lib/bpc"', r"os\.execv\(sys\.argv\[1\], sys\.argv\[1:\]\)"),
}
"""What is the same on every machine: how it begins and how it ends."""
CLOSE = 0.5
"""A file is kept as a difference where that is at most so much of its text."""


def compare_folder(folder: Path, files: Mapping[str, str | bytes], *, update: bool, base: Path | None = None) -> None:
    """Fails with a difference where a file is not as its golden one, or one is missing or left over."""
    texts = {name: stable(text if isinstance(text, str) else text.decode("latin-1")) for name, text in files.items()}
    texts = {name: _without_scripts(text, update=update) for name, text in texts.items()}
    if update:
        _write(folder, texts, base)
    entries = _entries(folder)
    assert sorted(texts) == sorted(entries)
    for name, (relation, other) in sorted(entries.items()):
        expected = _text(folder / name, relation, other)
        actual = _difference(_own(other), texts[name]) if relation == "~" else texts[name]
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), f"golden/{name}", name, lineterm="")
        difference = "\n".join(lines)
        assert not difference, difference


def compare_environment(name: str, environment: str, files: Mapping[str, str | bytes], request: Any) -> None:
    """The same for a sample in an environment, "" being the plain solution, whose goldens must be there."""
    base = GOLDEN / f"{name}-plain"
    folder = GOLDEN / f"{name}-{environment}" if environment else base
    update = request.config.getoption("--update-golden")
    compare_folder(folder, files, update=update, base=base if environment else None)


def stable(text: str) -> str:
    """Without bpc's own version, which is in every output and changes none of the rest."""
    return re.sub(rf"\bbpc {re.escape(VERSION)}\b", "bpc VERSION", text).replace(f'bpc: "{VERSION}"', "bpc: VERSION")


def _without_scripts(text: str, *, update: bool) -> str:
    """The text with a mark in the place of each script that is a golden of its own; fails where one is not as that has it."""
    for name, (first, last) in SCRIPTS.items():
        pattern = rf"^(?P<pad> *){first}.*?^(?P=pad)(?: *){last}$"
        for match in [*re.finditer(pattern, text, re.MULTILINE | re.DOTALL)]:
            script = textwrap.dedent(match[0]) + "\n"
            path = GOLDEN / "scripts" / name
            if update:
                path.parent.mkdir(exist_ok=True)
                path.write_text(script, encoding="utf-8")
            lines = difflib.unified_diff(
                _own(path).splitlines(), script.splitlines(), f"golden/{name}", name, lineterm=""
            )
            difference = "\n".join(lines)
            assert not difference, difference
            text = text.replace(match[0], f"{match['pad']}<scripts/{name}>")
    return text


def repeated(root: Path) -> list[list[Path]]:
    """Golden files with the same text; differences of two pairs of files may well be the same."""
    found: dict[str, list[Path]] = {}
    folders = [index.parent for index in root.glob(f"*/{INDEX}")]
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and path.name != INDEX and path.suffix != ".diff":
            found.setdefault(path.read_text(encoding="utf-8"), []).append(path)
    return [paths for paths in found.values() if len(paths) > 1]


def _entries(folder: Path) -> dict[str, tuple[str, Path]]:
    """What the index says: name → ("", "=" or "~", the other golden)."""
    found = {}
    for line in (folder / INDEX).read_text(encoding="utf-8").splitlines():
        name, relation, other = re.fullmatch(r"(.*?)(?: ([=~]) (.*))?", line).groups()  # type: ignore[union-attr]
        found[name] = (relation or "", (folder / (other or name)).resolve())
    return found


def _text(path: Path, relation: str, other: Path) -> str:
    if relation == "~":
        return _own(path.with_name(path.name + ".diff"))
    return _own(other)


def _own(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _difference(before: str, after: str) -> str:
    """The lines that differ, each with two around it; line numbers would change with every line above."""
    lines = [*difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")][2:]
    return "".join(f"{'@@' if line.startswith('@@') else line}\n" for line in lines)


# ---- writing


def _write(folder: Path, texts: Mapping[str, str], base: Path | None) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    others = _others(folder)
    plain = {name: path for name, (relation, path) in _entries(base).items() if relation != "~"} if base else {}
    index = []
    for name, text in sorted(texts.items()):
        path = folder / name
        twin, near = others.get(text), plain.get(name)
        difference = _difference(_own(near), text) if near else text
        if twin is not None:
            index.append(f"{name} = {os.path.relpath(twin, folder)}")
            continue
        if near and len(difference) <= CLOSE * len(text):
            index.append(f"{name} ~ {os.path.relpath(near, folder)}")
            path, text = path.with_name(path.name + ".diff"), difference
        else:
            index.append(name)
            others[text] = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).write_text("".join(f"{line}\n" for line in index), encoding="utf-8")


def _others(folder: Path) -> dict[str, Path]:
    """The texts of the folders before this one, in the order of names: so that two never refer to each other."""
    found: dict[str, Path] = {}
    for path in sorted(folder.parent.rglob("*")):
        before = path.relative_to(folder.parent).parts[0] < folder.name
        if before and path.is_file() and path.name != INDEX and path.suffix != ".diff":
            found.setdefault(path.read_text(encoding="utf-8"), path)
    return found
