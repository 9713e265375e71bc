"""Tags: what a solution and its tiers are marked with in the cloud, for bills and inventories."""

from __future__ import annotations

import re

from bpc.diagnostics import lower
from bpc.model.resources import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.lower.block_reader import BlockReader

NAME = re.compile(r"(?!(?i:aws|bpc|metering)\b|Name$)[A-Za-z][A-Za-z0-9_.:-]{0,59}")
VALUE = re.compile(r"[A-Za-z0-9 _.:+=@-]{0,180}")
"""What every cloud takes. Prefixes that clouds and bpc have for themselves are left to them."""
MOST = 30
"""Tags of one thing. Clouds take fifty, with those that they and bpc add."""


def tags(body: BlockReader, inherited: tuple[Tag, ...] = ()) -> tuple[Tag, ...]:
    """The tags of a block, over those of the block around it: one of the same name wins."""
    given = {tag.name: tag for tag in inherited}
    for name, value in body.value("tags").items():
        wrong = None if NAME.fullmatch(name) else f'the name "{name}"'
        if wrong is None and not VALUE.fullmatch(value):
            wrong = f'the value "{value}"'
        if wrong is not None:
            body.context.report(lower.BadTag(span=body.where("tags"), what=wrong))
        given[name] = Tag(name=name, value=value)
    if len(given) > MOST:
        body.context.report(lower.TooManyTags(span=body.where("tags"), count=len(given), most=MOST))
    return tuple(given.values())
