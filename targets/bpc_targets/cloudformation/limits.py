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
    "template": 1_000_000,
}
WORDS = {
    "stack_resources": "resources in one stack",
    "operation_resources": "resources in all nested stacks",
    "parameters": "parameters in one stack",
    "outputs": "outputs in one stack",
    "template": "bytes in one template",
}
INLINE = 51_200
"""Bytes of a template that is sent with a request; larger ones come from S3."""


def check(stack: Stack, templates: Templates, files: dict[str, str]) -> tuple[str, ...]:
    """Reports what exceeds a limit; returns the headroom in words."""
    used = {
        "stack_resources": max(len(made["Resources"]) for made in templates.values()),
        "operation_resources": sum(len(made["Resources"]) for made in templates.values()),
        "parameters": max(len(made.get("Parameters", {})) for made in templates.values()),
        "outputs": max(len(made.get("Outputs", {})) for made in templates.values()),
        "template": max(len(files[name].encode()) for name in templates),
    }
    bound = {**DEFAULTS, **stack.options.limits}
    for key, actual in used.items():
        if actual > bound[key]:
            found = diagnostics.TooMuch(
                span=stack.solution.span, actual=actual, what=WORDS[key], limit=bound[key], largest=_largest(stack)
            )
            stack.found.append(found)
    return tuple(f"{used[key]:,} of {bound[key]:,} {WORDS[key]}" for key in used)


def _largest(stack: Stack) -> str:
    counts: dict[str, int] = {}
    for tier, _ in stack.owner.values():
        counts[tier] = counts.get(tier, 0) + 1
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{tier} ({count:,})" for tier, count in most) or "networks"
