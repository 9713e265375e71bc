"""How each blueprint is changed: one setting after the other, added, changed and removed, in the life of one stack."""

from __future__ import annotations

import os
from typing import NamedTuple

WHOLE = os.environ.get("BPC_WALK") == "all"
"""Whether all is walked, which takes more than an hour; otherwise a fixed part."""


class Step(NamedTuple):
    """What is added, changed or removed, as words `BLOCK.SETTING`: `text` is replaced by `instead`. On the way back it is the other way round."""

    settings: str
    text: str
    instead: str


class Walk(NamedTuple):
    """`settings` are `--set`s that make a solution small enough for a cloud of one machine. The first `part` steps are walked always."""

    steps: tuple[Step, ...]
    settings: tuple[str, ...] = ()
    part: int = 0


HTTP = "    expose  http { port = 80"
VOLUME = '    volume  data { size = 1GiB, mount = "/data" }\n'
SECOND = "    expose  more { port = 8443, protocol = tcp, public = true, balance = round_robin }\n"
SPARE = '  tier spare {\n    image = page\n    network = lan\n    expose ssh { port = 22 }\n    allow ssh from "192.0.2.0/24"\n  }\n\n'
OFFICES = 'public = ["192.0.2.0/24", "198.51.100.0/24"], health'
WALKS = {
    "single": Walk(
        part=4,
        steps=(
            Step("tier.count", "    network = lan\n", "    network = lan\n    count   = 2\n"),  # and with it a balancer
            Step("tier.volume", HTTP, VOLUME + HTTP),
            Step("solution.tier tier.expose tier.allow", "  output url", f"{SPARE}  output url"),
            Step("expose.balance", 'public = true, health = "/"', 'public = true, health = "/", balance = source_ip'),
            Step("expose.public", "public = true, health", OFFICES),
            Step("expose.member_port", 'health = "/", balance', 'health = "/", member_port = 8080, balance'),
            Step("tier.expose", HTTP, f"{SECOND}{HTTP}"),
            Step("volume.mount volume.filesystem", 'mount = "/data" }', 'mount = "/var/data", filesystem = xfs }'),
            Step("volume.size", "size = 1GiB", "size = 2GiB"),
            Step("volume.keep", "size = 2GiB", "size = 2GiB, keep = true"),
            Step("volume.type", "keep = true, mount", 'keep = true, type = "__DEFAULT__", mount'),
            Step("volume.was", "volume  data {", 'volume  pages { was = "data",'),
            Step("tier.spread", "    count   = 2\n", "    count   = 2\n    spread  = hosts\n"),
            Step("tier.spread", "    spread  = hosts\n", "    spread  = prefer_hosts\n"),
            Step("solution.network", "  tier page", '  network inner { cidr = "10.10.1.0/24" }\n\n  tier page'),
            Step("tier.network", "    network = lan\n    count", "    network = [lan, inner]\n    count"),
            Step("network.public", '"10.10.1.0/24" }', '"10.10.1.0/24", public = true }'),
            Step("network.cidr", 'cidr = "10.10.1.0/24"', 'cidr = "10.10.2.0/24"'),
            Step("tier.bake", "    count   = 2\n", "    count   = 2\n    bake    = full\n"),
            Step("tier.update", "    count   = 2\n", "    count   = 2\n    update  { batch = 1 }\n"),
            Step("update.batch", "batch = 1 }", "batch = 2 }"),
            Step("update.minimum", "batch = 2 }", "batch = 1, minimum = 1 }"),
            Step("tier.ready_within", "    bake    = full\n", "    bake    = full\n    ready_within = 10min\n"),
            Step("tier.metadata", "    bake    = full\n", "    bake    = full\n    metadata = open\n"),
            Step(
                "tier.was tier.machine",
                "  tier spare {\n",
                '  tier extra {\n    was = "spare"\n    machine { cpu = 1, memory = 512MiB, disk = 10GiB }\n',
            ),
            Step(
                "expose.each expose.public",
                '    expose ssh { port = 22 }\n    allow ssh from "192.0.2.0/24"\n',
                "    expose ssh { port = 22, public = true, each = true }\n",
            ),
            Step("solution.tags", 'version = "1.0.0"\n', 'version = "1.0.0"\n  tags = { cost_center = "42" }\n'),
            Step(
                "tier.tags",
                "    bake    = full\n",
                '    bake    = full\n    tags    = { team = "web", "a:b" = "c=d e@f" }\n',
            ),
            Step("solution.version", 'version = "1.0.0"', 'version = "1.0.1"'),
            Step(
                "expose.health health.path health.every health.after health.timeout health.codes",
                'health = "/", member_port = 8080, balance = source_ip',
                'balance = source_ip, health { path = "/", every = 12s, after = 2, timeout = 6s, codes = "200-299" }',
            ),
            Step("tier.ready", "    bake    = full\n", "    bake    = full\n    ready   = http\n"),
            Step("solution.bake", 'version = "1.0.1"', 'version = "1.0.1"\n  bake = full'),
        ),
    ),
    "queue": Walk(
        steps=(
            Step("scale.metric scale.target", "metric = cpu, target = 70%", "metric = memory, target = 50%"),
            Step("scale.cooldown", "cooldown = 2min", "cooldown = 3min"),
            Step("tier.count", "count   = 1..20", "count   = 1..5"),
            Step("tier.update", "cooldown = 3min }\n    update  { batch = 5 }\n", "cooldown = 3min }\n"),
            Step(
                "tier.count tier.scale",
                "count   = 1..5\n    scale   { metric = memory, target = 50%, cooldown = 3min }",
                "count   = 2",
            ),
            Step("secret.length", "length = 40", "length = 44"),
            Step(
                "secret.was",
                "secret password { length = 44 }",
                'secret key { length = 44, was = "password" }\n  let password = key',
            ),
            Step("expose.balance", "port = 6379 }\n  }", "port = 6379, balance = round_robin }\n  }"),
            Step(
                "network.was",
                'network lan { cidr = "10.30.0.0/22" }',
                'network inner { cidr = "10.30.0.0/22", was = "lan" }\n  let lan = inner',
            ),
            Step("network.cidr", 'cidr = "10.30.0.0/22"', 'cidr = "10.31.0.0/22"'),
        ),
    ),
    "shop": Walk(
        settings=("app_servers=2",),
        steps=(
            Step(
                "expose.balance expose.health",
                'balance = round_robin, health = "/ready"',
                'balance = least_connections, health = "/"',
            ),
            Step("tier.spread", "app_servers\n    spread  = hosts\n", "app_servers\n"),
            Step("expose.protocol", "protocol = tcp }", "protocol = http }"),
            Step(
                "tier.allow",
                "    allow   sql from admin_cidr\n",
                '    allow   sql from "192.0.2.0/24"\n    allow   sql from admin_cidr\n',
            ),
            Step(
                "tier.volume",
                "    volume  data",
                '    volume  logs { size = 1GiB, mount = "/var/log/pg" }\n    volume  data',
            ),
            Step("update.pause update.batch", "update  { batch = 1, pause = 30s }", "update  { batch = 2 }"),
            Step("machine.cpu machine.memory", "{ cpu = 4, memory = 8GiB, disk", "{ cpu = 3, memory = 6GiB, disk"),
            Step(
                "machine.disk",
                "disk = 20GiB }\n    network = back\n    bake",
                "disk = 30GiB }\n    network = back\n    bake",
            ),
            Step("machine.flavor", "disk = 30GiB }", 'disk = 30GiB, flavor = "m1.large" }'),
            Step(
                "solution.param solution.output",
                "  output url",
                '  param  other: string = "x"\n  output other = other\n  output url',
            ),
            Step(
                "param.min_length param.max_length param.pattern param.message",
                'other: string = "x"\n',
                'other: string = "x" { min_length = 1, max_length = 8, pattern = "[a-z]+", message = "a word" }\n',
            ),
            Step(
                "param.min param.max param.allowed",
                'other: string = "x" { min_length = 1, max_length = 8, pattern = "[a-z]+", message = "a word" }\n',
                "other: int = 3 { min = 1, max = 9, allowed = [3, 5] }\n",
            ),
            Step("secret.given", "  secret db_password { length = 32 }", "  secret db_password { given = true }"),
            Step("solution.secret", "  secret db_password", "  secret another { length = 20 }\n  secret db_password"),
            Step("expose.port", "port = 8080", "port = 8081"),
        ),
    ),
    "farm": Walk(
        settings=("workers=12",),
        steps=(
            Step(
                "tier.expose tier.allow",  # on the members of a tier that had nothing of its own
                "    bake    = full\n",
                '    bake    = full\n    expose  status { port = 9000 }\n    allow   status from "192.0.2.0/24"\n',
            ),
            Step(
                "expose.port tier.peers",
                "    expose  status { port = 9000 }\n",
                "    expose  status { port = 9000..9002 }\n    peers   = [status]\n",
            ),
            Step(
                "expose.balance",
                "expose  jobs { port = 11300 }",
                "expose  jobs { port = 11300, balance = round_robin }",
            ),
            Step("update.batch", "batch = 40", "batch = 6"),
            Step("tier.image", "image   = beanstalk", "image   = base"),
            Step(
                "tier.count tier.scale",
                "machine { cpu = 4, memory = 8GiB, disk = 20GiB }",
                "machine { cpu = 4, memory = 8GiB, disk = 20GiB }\n    count   = 2..3\n    scale   { metric = cpu, target = 60% }",
            ),
        ),
    ),
    "galera": Walk(
        settings=("nodes=2",),
        steps=(
            Step("ready.environment", '"files/synced.sh" }', '"files/synced.sh", environment = { LEAST = nodes } }'),
            Step(
                "ready.script tier.ready",
                'ready        { script = "files/synced.sh", environment = { LEAST = nodes } }',
                "ready        = sql",
            ),
            Step("expose.port", "wsrep { port = 4567..4568 }", "wsrep { port = 4567..4569 }"),
            Step("param.max solution.param", "max = 5000 }", "max = 9000 }"),
        ),
    ),
    "elk": Walk(
        settings=("data_nodes=1",),
        steps=(
            Step(
                "tier.allow",
                "    allow   http from office\n",
                '    allow   http from office\n    allow   http from "192.0.2.0/24"\n',
            ),
            Step("tier.count", "count   = 2..6", "count   = 2..5"),
            Step(
                "expose.public",
                '    allow   http from office\n    allow   http from "192.0.2.0/24"\n',
                "    expose  ssh { port = 22, public = office }\n",
            ),
            Step("expose.network", 'health = "/healthz", network = edge }', 'health = "/healthz", network = logs }'),
        ),
    ),
    "wordpress": Walk(
        settings=("most_web_servers=2",),
        steps=(
            Step("param.max", "min = 1, max = most_web_servers,", "min = 1, max = 3,"),
            Step(
                "health.every health.timeout",
                "every = 10s, after = 2, timeout = 5s",
                "every = 8s, after = 2, timeout = 4s",
            ),
            Step("scale.target", "metric = cpu, target = 80%", "metric = cpu, target = 70%"),
            Step(
                "expose.public tier.allow",
                "    expose  ssh { port = 22 }\n    allow   ssh from ssh_location\n",
                "    expose  ssh { port = 22, public = ssh_location, each = true }\n",
            ),
        ),
    ),
}
EXCUSED = {
    "network.existing": "the walked solutions have networks of their own; another stack's is used in test_existing.py",
    "network.router": "the same: test_existing.py has a router that is there",
    "volume.existing": "adopts what another stack has kept: test_adopted.py does",
    "expose.address": "the same: test_adopted.py has reserved addresses",
    "tier.zone": "the name of a zone is asked for at deployment; tests/test_spread.py has Heat's own engine place the members",
    "solution.native": "needs files of the project, which the walked ones lack; test_existing.py has some",
    "solution.override": "the same",
    **{
        f"{block}.{name}": "belongs to the block"
        for block in ("native", "override")
        for name in ("heat", "cloudformation", "parameters")
    },
    "expose.tls": "asks for a certificate in Barbican, which the clouds of the tests lack",
    "machine.architecture": "asks for hosts of another architecture",
}
"""Settings that are not walked, and why."""
