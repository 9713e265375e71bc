"""CloudFormation's limits, counted before anything is deployed."""

from __future__ import annotations

from bpc_targets.cloudformation import diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc_targets.cloudformation.stack import Stack

    Templates = dict[str, dict[str, Any]]

DEFAULTS = {
    "stack_resources": 500,
    "operation_resources": 2500,
    "parameters": 200,
    "outputs": 200,
    "mappings": 200,
    "name": 255,
    "value": 4096,
    "template": 1_000_000,
}
WORDS = {
    "stack_resources": "resources in one stack",
    "operation_resources": "resources in all nested stacks",
    "parameters": "parameters in one stack",
    "outputs": "outputs in one stack",
    "mappings": "mappings in one stack",
    "name": "characters in an id",
    "value": "bytes in a parameter's value",
    "template": "bytes in one template",
}
SECTIONS = ("Resources", "Parameters", "Outputs", "Mappings")
INLINE = 51_200
"""Bytes of a template that is sent with a request; larger ones come from S3.

What CloudFormation limits besides cannot be exceeded: the description is cut (`emit`), and no template has a dynamic reference.
"""


def check(stack: Stack, templates: Templates, files: dict[str, str]) -> tuple[str, ...]:
    """Reports what exceeds a limit; returns the headroom in words."""
    used = _used(templates, files) | {
        "value": max(len(str(asked.value or "").encode()) for asked in stack.asked.values())
    }
    bound = {**DEFAULTS, **stack.options.limits}
    for key, actual in used.items():
        if actual > bound[key]:
            found = diagnostics.TooMuch(
                span=stack.solution.span, actual=actual, what=WORDS[key], limit=bound[key], largest=_largest(stack)
            )
            stack.found.append(found)
    lines = [f"{used[key]:,} of {bound[key]:,} {WORDS[key]}" for key in DEFAULTS]
    return (*lines, _inline(templates, files))


def _used(templates: Templates, files: dict[str, str]) -> dict[str, int]:
    made = templates.values()

    def most(section: str) -> int:
        return max(len(template.get(section, {})) for template in made)

    names = (name for template in made for section in SECTIONS for name in template.get(section, {}))
    return {
        "stack_resources": most("Resources"),
        "operation_resources": sum(len(template["Resources"]) for template in made),
        "parameters": most("Parameters"),
        "outputs": most("Outputs"),
        "mappings": most("Mappings"),
        "name": max(map(len, names)),
        "template": max(len(files[name].encode()) for name in templates),
    }


def _inline(templates: Templates, files: dict[str, str]) -> str:
    """Whether the template can be sent with the request."""
    size = len(files[next(iter(templates))].encode())
    if len(templates) > 1:
        return f"{len(templates)} templates, from an S3 bucket; before a stack of one template becomes them, see README.txt"
    how = "sent with the request" if size <= INLINE else "so it is taken from an S3 bucket"
    return f"{size:,} of {INLINE:,} bytes in a template without a bucket: {how}"


def _largest(stack: Stack) -> str:
    counts: dict[str, int] = {}
    for tier, _ in stack.owner.values():
        counts[tier] = counts.get(tier, 0) + 1
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{tier} ({count:,})" for tier, count in most) or "networks"
