"""Heat's limits, counted as Heat counts them: a nested stack's resources belong to the whole."""

from __future__ import annotations

from bpc.model.resources import Fixed
from bpc_targets.heat import diagnostics
from bpc_targets.heat.values import has_ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.resources import Group
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
    tiers = {name: members(stack, group) for name, group in stack.index.groups.items()}
    sizes = {name: size(text) for name, text in {"stack.yaml": template, **stack.files}.items()}
    templates = {name: size for name, size in sizes.items() if not name.startswith("user-data/")}
    used = {
        "resources": len(stack.resources) + sum(tiers.values()),
        "template_bytes": max(templates.values()),
        "body_bytes": sum(sizes.values()),
        "nested_depth": max((1 + has_ports(group) for group in stack.index.groups.values()), default=0),
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


def members(stack: Stack, group: Group) -> int:
    """Resources in the nested stacks of a tier at its largest."""
    count = group.members.count if isinstance(group.members, Fixed) else group.members.maximum
    if not has_ports(group):
        return count
    own = 1 + 2 * len(group.volumes) + group.public_address + len(stack.index.fronts_of(group.name))
    ports = len(group.networks)
    # the member itself, what is in its template, and its ports, inside or outside of it
    return count * (1 + own + ports)
