"""The generated pages are fresh, and what the README says is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import bpc.api

ROOT = Path(__file__).parent.parent


def test_generated_pages_are_fresh():
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_targets_of_one_kind_speak_of_the_same_constructs():
    """A dash in the table of targets means another kind of target, never a gap; CloudFormation also makes images."""
    targets = bpc.api.targets()
    images = set().union(*(target.capabilities for target in targets if target.makes == "images"))
    stacks = set().union(*(target.capabilities for target in targets if target.makes == "stack")) - images
    for target in targets:
        assert set(target.capabilities) >= (images if target.makes == "images" else stacks), target.name
