"""English as it is written elsewhere: phrases that a reader would stumble over stand in no message, help, reference or page."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import pytest

from bpc.cli.main import parser
from bpc.diagnostics.catalogue import catalogue
from bpc.vocabulary import BLOCKS, FUNCTIONS

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "blueprints").rglob("*.bp")])
SOURCES = sorted(
    path
    for folder in ("compiler", "targets")
    for path in (ROOT / folder).rglob("*.py")
    if path.name not in ("_tables.py", "_spdx.py")
)

BANNED = {
    r"(?<![Tt]here )\b(?:is|are) no\b(?! longer| more)": '"is not a valid X", "is not an X"',
    r"\bwhere (?:it is )?not said\b|\bis not said\b|\bnothing is said\b": '"default: …"',
    r"\bleft out\b": '"default: …", "omitted"',
    r"\bas it was\b": '"is unchanged"',
    r"\btold\b": '"reported"',
    r"\bmend(?:s|ed|ing)?\b": '"fix"',
    r"\bbears?\b": '"can handle"',
    r"\bill members\b": '"unhealthy members"',
    r"\bheed(?:s|ed)?\b": '"uses", "respects"',
    r"\bcannot stand\b|\bmay stand (?:several|once|on)\b|\bstands? in double\b": '"is not allowed", "may be repeated", "must be in"',
    r"\bways to bake\b": '"bake modes"',
    r"\bthis must be .*, and is\b": '"expected A, found B"',
    r"\b(?:Heat|Nova|AWS|EC2|Amazon|CloudFormation|VPC) takes\b": '"allows"',
    r"\bawaited\b": '"wait for"',
    r"\bsmall letters\b|\bin capitals\b": '"lower case", "upper case"',
}
"""Pattern → how it is written instead."""


def breaches(text: str) -> list[str]:
    """The banned phrases of a text, each with what stands around it and how it is written instead."""
    found = []
    for pattern, instead in BANNED.items():
        for match in re.finditer(pattern, text):
            around = " ".join(text[max(0, match.start() - 30) : match.end() + 30].split())
            found.append(f"{around!r}: write {instead}")
    return found


def test_the_rule_finds_what_it_is_for():
    wrong = [
        '"x" is no name', "30min where it is not said", "what was there is as it was", "told at its line", "to mend it",
        "the machine bears", "ill members", "this must be a size, and is a string", "Heat takes 12", "cannot stand here",
    ]  # fmt: skip
    assert [text for text in wrong if not breaches(text)] == []
    assert breaches("there is no package; expected a size, found a string; default: 3") == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_diagnostics(code):
    kind = catalogue()[code]
    assert breaches(f"{kind.message}\n{kind.advice}\n{kind.__doc__}") == []


def test_vocabulary():
    words = [word.doc for block in BLOCKS.values() for word in block.settings.values()]
    words += [block.doc for block in BLOCKS.values()]
    words += [function.doc for function in FUNCTIONS.values()]
    assert breaches("\n".join(words)) == []


def _help(command: argparse.ArgumentParser) -> str:
    text = command.format_help()
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            text += "".join(_help(inner) for inner in action.choices.values())
    return text


def test_the_command_s_help():
    assert breaches(_help(parser())) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages(path):
    assert breaches(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_in_the_code(path):
    """Every text of the code that may reach a user: messages, hints, generated files; the code's own comments are not meant."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in own
    ]
    assert breaches("\n".join(texts)) == []
