"""How each blueprint is changed: one setting after the other, added, changed and removed, in the life of one stack."""

from __future__ import annotations

import os
from typing import NamedTuple

WHOLE = os.environ.get("BPC_WALK") == "all"
"""Whether all is walked, which takes more than an hour; otherwise a fixed part."""


class Step(NamedTuple):
    """One setting: in `file`, `text` is replaced by `instead`. On the way back it is the other way round."""

    setting: str
    text: str
    instead: str
    file: str = "solution.bp"


class Walk(NamedTuple):
    """`settings` are `--set`s that make a solution small enough for a cloud of one machine. The first `part` steps are walked always."""

    steps: tuple[Step, ...]
    settings: tuple[str, ...] = ()
    part: int = 0


VOLUME = '    volume  data { size = 1GiB, mount = "/data" }\n'
WALKS = {
    "single": Walk(
        part=4,
        steps=(
            Step("count, and with it a balancer", "    network = lan\n", "    network = lan\n    count   = 2\n"),
            Step("volume", "    expose  http { port = 80", VOLUME + "    expose  http { port = 80"),
            Step(
                "expose, allow",
                "  output url",
                '  tier spare {\n    image = page\n    network = lan\n    expose ssh { port = 22 }\n    allow ssh from "192.0.2.0/24"\n  }\n\n  output url',
            ),
            Step("balance", 'public = true, health = "/"', 'public = true, health = "/", balance = source_ip'),
            Step("public", "public = true, health", 'public = ["192.0.2.0/24", "198.51.100.0/24"], health'),
            Step("volume: size", "size = 1GiB", "size = 2GiB"),
            Step("volume: keep", "size = 2GiB", "size = 2GiB, keep = true"),
            Step("volume: was", "volume  data {", 'volume  pages { was = "data",'),
            Step("spread", "    count   = 2\n", "    count   = 2\n    spread  = hosts\n"),
            Step("network", "  tier page", '  network inner { cidr = "10.10.1.0/24" }\n\n  tier page'),
            Step("tier: network", "    network = lan\n    count", "    network = [lan, inner]\n    count"),
            Step("bake", "    count   = 2\n", "    count   = 2\n    bake    = full\n"),
            Step("update", "    count   = 2\n", "    count   = 2\n    update  { batch = 2 }\n"),
            Step("ready_within", "    bake    = full\n", "    bake    = full\n    ready_within = 10min\n"),
        ),
    ),
    "queue": Walk(
        steps=(
            Step("scale: metric", "metric = cpu, target = 70%", "metric = memory, target = 50%"),
            Step("count: range", "count   = 1..20", "count   = 2..5"),
            Step("update: batch", "    update  { batch = 5 }\n", ""),
            Step(
                "count: a number",
                "count   = 2..5\n    scale   { metric = memory, target = 50%, cooldown = 2min }",
                "count   = 2",
            ),
            Step("secret: length", "length = 40", "length = 44"),
            Step("balance on one machine", "port = 6379 }\n  }", "port = 6379, balance = round_robin }\n  }"),
            Step(
                "network: was",
                'network lan { cidr = "10.30.0.0/22" }',
                'network inner { cidr = "10.30.0.0/22", was = "lan" }\n  let lan = inner',
            ),
        ),
    ),
    "shop": Walk(
        settings=("app_servers=2",),
        steps=(
            Step("balance", 'balance = round_robin, health = "/ready"', 'balance = least_connections, health = "/"'),
            Step("spread", "    spread  = hosts\n", ""),
            Step("expose: protocol", "protocol = tcp }", "protocol = tcp, balance = round_robin }"),
            Step(
                "allow",
                "    allow   sql from admin_cidr\n",
                '    allow   sql from "192.0.2.0/24"\n    allow   sql from admin_cidr\n',
            ),
            Step(
                "a second volume",
                "    volume  data",
                '    volume  logs { size = 1GiB, mount = "/var/log/pg" }\n    volume  data',
            ),
            Step("update: pause", "update  { batch = 1, pause = 30s }", "update  { batch = 2 }"),
            Step("machine", "cpu = 4, memory = 8GiB", "cpu = 2, memory = 4GiB"),
            Step("param, output", "  output url", '  param  other: string = "x"\n  output other = other\n  output url'),
        ),
    ),
    "farm": Walk(
        settings=("workers=12",),
        steps=(
            Step(
                "expose on the members of a lean tier",
                "    bake    = full\n",
                '    bake    = full\n    expose  status { port = 9000 }\n    allow   status from "192.0.2.0/24"\n',
            ),
            Step("balance", "expose  jobs { port = 11300 }", "expose  jobs { port = 11300, balance = round_robin }"),
            Step("update: batch", "batch = 40", "batch = 6"),
            Step(
                "count: a range",
                "machine { cpu = 4, memory = 8GiB, disk = 20GiB }",
                "machine { cpu = 4, memory = 8GiB, disk = 20GiB }\n    count   = 2..3\n    scale   { metric = cpu, target = 60% }",
            ),
        ),
    ),
    "elk": Walk(
        settings=("data_nodes=1",),
        steps=(
            Step(
                "allow",
                "    allow   http from office\n",
                '    allow   http from office\n    allow   http from "192.0.2.0/24"\n',
            ),
            Step("range", "count   = 2..6", "count   = 1..2"),
            Step(
                "public, each",
                'expose  http { port = 80, health = "/healthz", network = edge }\n    allow   http from office\n    allow   http from "192.0.2.0/24"\n',
                'expose  http { port = 80, health = "/healthz", network = edge, public = office }\n',
            ),
        ),
    ),
}
