"""A component of EC2 Image Builder: a document inside a template that neither CloudFormation nor cfn-lint reads."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 16_000
PHASES = ("build", "validate", "test")
KEYS = {"name", "action", "inputs", "onFailure", "timeoutSeconds", "maxAttempts", "loop", "if"}


def problems_of_component(properties: dict[str, Any]) -> Iterator[str]:
    data = properties.get("Data", "")
    if isinstance(data, dict):
        return
    if len(data) > LARGEST:
        yield f"Data: {len(data)} characters"
    try:
        document = yaml.safe_load(data)
    except yaml.YAMLError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("phases"), list):
        yield "Data: no document with phases"
        return
    if document.get("schemaVersion") not in (1.0, "1.0"):
        yield f"Data: schemaVersion {document.get('schemaVersion')}"
    for phase in document["phases"]:
        if phase.get("name") not in PHASES:
            yield f"Data: phase {phase.get('name')}"
        names = [step.get("name") for step in phase.get("steps", [])]
        if len(names) != len(set(names)):
            yield f"Data: a step's name stands twice in {phase.get('name')}"
        for step in phase.get("steps", []):
            yield from _step(step)


def _step(step: dict[str, Any]) -> Iterator[str]:
    yield from (f"Data: a step has no {key}" for key in ("name", "action", "inputs") if key not in step)
    yield from (f"Data: a step has {key}" for key in sorted(set(step) - KEYS))
    if step.get("action") != "ExecuteBash":
        return
    commands = step["inputs"].get("commands") if isinstance(step.get("inputs"), dict) else None
    if not isinstance(commands, list) or not all(isinstance(command, str) for command in commands):
        yield "Data: ExecuteBash wants a list of commands"
        return
    if any("{{" in command for command in commands):
        yield "Data: {{ begins a variable of Image Builder"
    checked = subprocess.run(["bash", "-n"], input="\n".join(commands), text=True, capture_output=True, check=False)
    if checked.returncode:
        yield f"Data: no Bash: {checked.stderr.strip()}"
