"""One template or several: what is beyond a stack's resources goes into nested stacks, whose references run one way."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc_targets.cloudformation.stack import Stack

    Json = dict[str, Any]


def templates(stack: Stack, root: Json) -> dict[str, Json]:
    """File name → template; the root is `stack.yaml`."""
    return {"stack.yaml": root}
