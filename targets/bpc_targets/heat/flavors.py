"""From what a machine needs to a flavor: the smallest of the user's mapping, or one of the customary names."""

from __future__ import annotations

from bpc.target import Flavor
from bpc_targets.heat import diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.model.resources import Group, Machine
    from bpc_targets.heat.stack import Stack

GIB = 2**30
CUSTOMARY = {
    "m1.tiny": Flavor(cpu=1, memory=GIB // 2, disk=1 * GIB),
    "m1.small": Flavor(cpu=1, memory=2 * GIB, disk=20 * GIB),
    "m1.medium": Flavor(cpu=2, memory=4 * GIB, disk=40 * GIB),
    "m1.large": Flavor(cpu=4, memory=8 * GIB, disk=80 * GIB),
    "m1.xlarge": Flavor(cpu=8, memory=16 * GIB, disk=160 * GIB),
}
"""The flavors that OpenStack's own installers make; many clouds keep the names."""


def flavor(stack: Stack, group: Group) -> tuple[str, str]:
    """(flavor, why it was chosen)."""
    need = group.machine
    if need.flavor:
        return need.flavor, "named in the blueprint"
    offers = stack.options.flavors or CUSTOMARY
    chosen = smallest(need, offers)
    wanted = f"{need.cpu} CPU, {need.memory / GIB:g} GiB memory, {need.disk / GIB:g} GiB disk"
    if chosen is None and stack.options.flavors:
        stack.found.append(diagnostics.NoFlavor(span=need.span, need=wanted))
    if chosen is None:
        stack.lacking[group.name] = f"no customary one has {wanted}; m1.xlarge stands here to be replaced"
        return "m1.xlarge", stack.lacking[group.name]
    known = "of the mapping" if stack.options.flavors else "of the customary ones"
    return chosen, f"the smallest {known} with {wanted}"


def smallest(need: Machine, offers: Mapping[str, Flavor]) -> str | None:
    """The offer that satisfies a need with the least memory, then CPU, then disk, then by name."""
    fitting = [
        (offer.memory, offer.cpu, offer.disk, name)
        for name, offer in offers.items()
        if offer.has(need) and offer.disk >= need.disk
    ]
    return min(fitting)[-1] if fitting else None
