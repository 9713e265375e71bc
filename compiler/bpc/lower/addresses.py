"""Public addresses that are there already: where one can be given, and what has one in common."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.model.resources import Fixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.lower.block_reader import BlockReader
    from bpc.model.resources import Endpoint, Scaling


def existing_address(body: BlockReader, *, public: bool) -> bool:
    """Whether the public address of an endpoint is there already; a private one has none."""
    if not public and body.has("address"):
        problem = "`address` is about public addresses, and this endpoint has none"
        body.context.report(lower.BadValue(span=body.where("address"), problem=problem, hint="write `public = true`"))
    return public and body.value("address") == "existing"


def check_addresses(tier: str, body: BlockReader, members: Fixed | Scaling, endpoints: Mapping[str, Endpoint]) -> None:
    """A member has one public address for all endpoints without a balancer, and one that is given needs a member that stays."""
    own = [item for item in endpoints.values() if item.public and not item.balancer]
    for item in own[1:]:
        if item.existing_address != own[0].existing_address:
            found = lower.TwoAddresses(span=item.span, name=item.name, other=own[0].name)
            body.context.report(found)
            return
    if own and own[0].existing_address and not isinstance(members, Fixed):
        body.context.report(lower.AddressWithoutIdentity(span=own[0].span, tier=tier))
