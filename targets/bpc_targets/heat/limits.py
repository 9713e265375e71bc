"""Heat's limits, counted as Heat counts them: a nested stack's resources belong to the whole."""

from __future__ import annotations

from bpc_targets.heat import diagnostics
from bpc_targets.heat.shapes import has_ports, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc_targets.heat.stack import Stack

DEFAULTS = {"resources": 1000, "template_bytes": 524_288, "body_bytes": 1_048_576, "nested_depth": 5}
WORDS = {
    "resources": "resources",
    "template_bytes": "bytes in one template",
    "body_bytes": "bytes in one request",
    "nested_depth": "levels of nested stacks",
}


def check(stack: Stack, template: str) -> tuple[str, ...]:
    """Reports what exceeds a limit; returns the headroom in words."""
    tiers = {name: members(stack, group, awaited=name in stack.awaited) for name, group in stack.index.groups.items()}
    sizes = {name: size(text) for name, text in {"stack.yaml": template, **stack.files}.items()}
    templates = {name: size for name, size in sizes.items() if not name.startswith("user-data/")}
    used = {
        "resources": len(stack.resources) + sum(tiers.values()),
        "template_bytes": max(templates.values()),
        "body_bytes": sum(sizes.values()),
        "nested_depth": max(
            (1 + (name in stack.awaited or has_ports(group)) for name, group in stack.index.groups.items()), default=0
        ),
    }
    bound = {**DEFAULTS, **stack.options.limits}
    for key, actual in used.items():
        if actual > bound[key]:
            causes = sizes if key.endswith("_bytes") else tiers
            largest = ", ".join(f"{name} ({count:,})" for name, count in _largest(causes))
            stack.found.append(
                diagnostics.TooMuch(
                    span=stack.solution.span,
                    actual=actual,
                    what=WORDS[key],
                    limit=bound[key],
                    key=key,
                    largest=largest,
                )
            )
    return tuple(f"{used[key]:,} of {bound[key]:,} {WORDS[key]}" for key in used)


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _largest(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3]
