"""How each blueprint is lived: what is set, and the update of one tier's image and count."""

from __future__ import annotations

from typing import NamedTuple


class Life(NamedTuple):
    """`settings` for the creation, `changed` for the update, which also replaces a text in a file of the blueprint.

    `tier` is the only one that the update may touch.
    """

    tier: str
    settings: tuple[str, ...]
    changed: tuple[str, ...]
    file: str
    text: str
    instead: str


LIVES = {
    "shop": Life(
        tier="app",
        settings=("app_servers=2",),
        changed=("app_servers=3",),
        file="images.bp",
        text='"postgresql-client"',
        instead='"postgresql-client", "curl"',
    ),
}
