"""The tutorial works: each file is written as the page has it, each command is run, and what it prints is what the page says.

A block is ```LANGUAGE title=FILE for a file, or ```console for a command with what it prints; `head=N` of its first lines only,
`sed=s/A/B/` with a mistake in the blueprint, for this command alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def options(block: re.Match[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in block["words"].split())


def printed(command: str, folder: Path) -> str:
    """What a command prints, on either stream."""
    words = [sys.executable, "-m", *command.split()]
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def run(block: re.Match[str], folder: Path) -> str:
    """The block as it should be."""
    command, said = block["text"].splitlines()[0].removeprefix("$ "), options(block)
    solution = folder / "solution.bp"
    before = solution.read_text(encoding="utf-8")
    if "sed" in said:
        _, wrong, right, _ = said["sed"].split("/")
        assert re.search(wrong, before)
        solution.write_text(re.sub(wrong, right, before), encoding="utf-8")
    lines = printed(command, folder).rstrip("\n").splitlines()[: int(said.get("head", 10**6))]
    solution.write_text(before, encoding="utf-8")
    return "\n".join([f"$ {command}", *lines]) + "\n"


def test_tutorial(tmp_path, request):
    page = PAGE.read_text(encoding="utf-8")
    made = page
    blocks = list(BLOCK.finditer(page))
    assert len([block for block in blocks if block["kind"] == "console"]) >= 6
    for block in blocks:
        if block["kind"] == "console":
            made = made.replace(block[0], block[0].replace(block["text"], run(block, tmp_path)), 1)
        else:
            (tmp_path / options(block)["title"]).write_text(block["text"], encoding="utf-8")
    if request.config.getoption("--update-golden"):
        PAGE.write_text(made, encoding="utf-8")
    assert page.splitlines() == made.splitlines()
