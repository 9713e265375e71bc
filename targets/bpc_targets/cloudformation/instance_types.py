"""From what a machine needs to an instance type: the cheapest of a small table, or of the user's mapping."""

from __future__ import annotations

from bpc.record import Record
from bpc_targets.cloudformation import diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.resources import Group
    from bpc_targets.cloudformation.stack import Stack

GIB = 2**30
DATED = "2026-11"


class Offer(Record):
    """An instance type; `price` only ranks: on demand in eu-west-1, US cents an hour, as of `DATED`."""

    name: str
    cpu: int
    memory: int
    price: float


def _family(name: str, memory: float, price: float, sizes: tuple[tuple[str, int], ...]) -> list[Offer]:
    """`memory` in GiB and `price` for one virtual processor."""
    return [Offer(name=f"{name}.{size}", cpu=n, memory=int(n * memory * GIB), price=n * price) for size, n in sizes]


SIZES = (
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("12xlarge", 48),
    ("16xlarge", 64),
)
BURSTABLE = (("nano", 0.5), ("micro", 1), ("small", 2), ("medium", 4), ("large", 8))
OFFERS = {
    "x86_64": [
        *(Offer(name=f"t3.{size}", cpu=2, memory=int(gib * GIB), price=gib * 1.14) for size, gib in BURSTABLE),
        *_family("c7i", 2, 4.81, SIZES),
        *_family("m7i", 4, 5.62, SIZES),
        *_family("r7i", 8, 7.41, SIZES),
    ],
    "aarch64": [
        *(Offer(name=f"t4g.{size}", cpu=2, memory=int(gib * GIB), price=gib * 0.92) for size, gib in BURSTABLE),
        *_family("c7g", 2, 3.88, SIZES),
        *_family("m7g", 4, 4.55, SIZES),
        *_family("r7g", 8, 5.99, SIZES),
    ],
}
"""General purpose, compute and memory families; all are Nitro machines, whose volumes are NVMe devices."""


def instance_type(stack: Stack, group: Group) -> tuple[str, str]:
    """(instance type, why it was chosen)."""
    need = group.machine
    if need.flavor:
        return need.flavor, "named in the blueprint"
    wanted = f"{need.cpu} CPU and {need.memory / GIB:g} GiB memory ({need.architecture})"
    offers = OFFERS.get(need.architecture, [])
    table = f"table of {DATED}"
    if stack.options.flavors:
        given = stack.options.flavors.items()
        offers = [Offer(name=n, cpu=o.cpu, memory=o.memory, price=o.memory) for n, o in given if o.has(need)]
        table = "mapping"
    fitting = [offer for offer in offers if offer.cpu >= need.cpu and offer.memory >= need.memory]
    if not fitting:
        stack.found.append(diagnostics.NoInstanceType(span=need.span, table=table, need=wanted))
        return "t3.micro", ""
    best = min(fitting, key=lambda offer: (offer.price, offer.memory, offer.cpu, offer.name))
    return best.name, f"the {'smallest' if stack.options.flavors else 'cheapest'} of the {table} with {wanted}"
