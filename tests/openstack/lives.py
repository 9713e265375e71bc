"""How each blueprint is lived: what is set, and the update of one tier's image and count."""

from __future__ import annotations

from typing import NamedTuple


class Life(NamedTuple):
    """`settings` are `--set`s of the creation, `changed` of the update, for which `edits` replace texts in files.

    `tier` is the only one that the update may touch. Where `settings` make a solution smaller, a cloud of one machine has
    no room for the whole.
    """

    tier: str
    edits: tuple[tuple[str, str, str], ...]
    settings: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


LIVES = {
    "elk": Life(
        tier="ingest",
        settings=("data_nodes=2",),
        changed=("data_nodes=2",),
        edits=(("images.bp", '["logstash"]', '["logstash", "curl"]'), ("solution.bp", "2..6", "3..6")),
    ),
    "farm": Life(
        tier="worker",
        settings=("workers=20",),
        changed=("workers=22",),
        edits=(("solution.bp", '["python3"]', '["python3", "curl"]'),),
    ),
    "galera": Life(
        tier="proxy",
        settings=("nodes=1",),
        changed=("nodes=1",),
        edits=(("images.bp", '["haproxy"]', '["haproxy", "curl"]'), ("solution.bp", "count   = 2", "count   = 3")),
    ),
    "shop": Life(
        tier="app",
        settings=("app_servers=2",),
        changed=("app_servers=3",),
        edits=(("images.bp", '"postgresql-client"', '"postgresql-client", "curl"'),),
    ),
    "queue": Life(
        tier="worker",
        edits=(("solution.bp", '["python3-redis"]', '["python3-redis", "curl"]'), ("solution.bp", "1..20", "2..20")),
    ),
    "wordpress": Life(
        tier="web",
        settings=("most_web_servers=2",),
        changed=("most_web_servers=2",),
        edits=(("images.bp", '"php-mysql"', '"php-mysql", "curl"'),),
    ),
    "single": Life(tier="page", edits=(("solution.bp", '["nginx"]', '["nginx", "curl"]'),)),
}
