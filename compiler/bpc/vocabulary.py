"""The words of the language: what each block may say, with types and defaults; units, functions and releases.

One table that the stages read and that the language reference is generated from. A type is written as in the language
(`string`, `list(network)`), and a set of bare words as `"a | b"`.
"""

from __future__ import annotations

from bpc.platforms import SETTINGS
from bpc.record import Record
from bpc.words import Word

EDITION = 1

SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
DURATIONS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
UNITS = {**dict.fromkeys(SIZES, "size"), **dict.fromkeys(DURATIONS, "duration"), "%": "percent"}

PARAM_TYPES = ("bool", "int", "number", "string", "size", "duration", "percent", "cidr", "port")
IMAGE_PARAM_TYPES = (*PARAM_TYPES, "range", "endpoint", "secret", "image", "list", "map")
RELEASES = ("almalinux", "centos", "debian", "fedora", "opensuse", "rocky", "ubuntu")


SCALARS = frozenset(
    [
        "any",
        "bool",
        "int",
        "number",
        "string",
        "size",
        "duration",
        "percent",
        "range",
        "cidr",
        "port",
        "endpoint",
        "secret",
        "image",
        "release",
        "network",
    ]
)


def words(kind: str) -> tuple[str, ...]:
    """The bare words that a setting takes; empty where it takes an expression. `service` takes any word."""
    if "(" in kind:
        return ()
    return tuple(word for word in kind.split(" | ") if word not in SCALARS)


class Keyword(Record):
    """One kind of block: its settings and the blocks and statements that may stand inside it."""

    settings: dict[str, Word]
    blocks: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    label: str = ""
    once: bool = False
    says: str = ""


_BAKE = Word(type="base | software | full", says="what the image carries and what happens at first boot")
_WAS = Word(type="string", says="the name before a rename; keeps the identity of what exists")

_MACHINE = Keyword(
    once=True,
    says="what a member needs",
    settings={
        "cpu": Word(type="int", says="virtual processors"),
        "memory": Word(type="size", says="memory"),
        "disk": Word(type="size", says="root disk"),
        "architecture": Word(type="x86_64 | aarch64", says="processor architecture, `x86_64` where it is not said"),
        "flavor": Word(type="string", says="a cloud's own machine type, where one must name it"),
    },
)

BLOCKS: dict[str, Keyword] = {
    "file scope": Keyword(settings={}, blocks=("image", "solution"), statements=("import", "let")),
    "solution": Keyword(
        label="name",
        says="the whole solution",
        settings={"version": Word(type="string", required=True, says="version of the solution"), "bake": _BAKE},
        blocks=("secret", "network", "tier", "environment"),
        statements=("param", "let", "output", "for"),
    ),
    "secret": Keyword(
        label="name",
        says="a value that the cloud generates",
        settings={
            "length": Word(type="int", says="letters and digits, 8 to 512; 32 where it is not said"),
            "was": _WAS,
        },
    ),
    "network": Keyword(
        label="name",
        says="a private network, routed to the solution's others and outbound",
        settings={
            "cidr": Word(type="cidr", required=True, says="its addresses"),
            "public": Word(type="bool", says="whether public addresses may stand on it"),
            "was": _WAS,
        },
    ),
    "tier": Keyword(
        label="name",
        says="machines of one kind",
        settings={
            "image": Word(type="image", required=True, says="the image template, with its arguments"),
            "count": Word(
                type="int | range", says="members: a number keeps identities, a range scales; 1 where not said"
            ),
            "spread": Word(type="hosts | zones", says="no two members on one host, or over the zones"),
            "network": Word(type="network | list(network)", required=True, says="its networks, the primary one first"),
            "bake": _BAKE,
            "ready_within": Word(type="duration", says="how long first boot may take; 30min where it is not said"),
            "was": _WAS,
        },
        blocks=("machine", "scale", "expose", "volume", "update"),
        statements=("allow", "connect", "for"),
    ),
    "machine": _MACHINE,
    "scale": Keyword(
        once=True,
        says="how a range scales",
        settings={
            "metric": Word(type="cpu | memory", required=True, says="what is measured"),
            "target": Word(
                type="percent", required=True, says="the mean that scaling holds: more than 0%, at most 100%"
            ),
            "cooldown": Word(type="duration", says="rest after a change; 1min where it is not said"),
        },
    ),
    "expose": Keyword(
        label="name",
        says="a port on which the members listen",
        settings={
            "port": Word(type="port", required=True, says="the port; written here and nowhere else"),
            "protocol": Word(type="tcp | udp | http | https", says="`http` with `health`, else `tcp`"),
            "public": Word(type="bool", says="reachable from the internet"),
            "health": Word(
                type="string", says="path of an HTTP check by the balancer; where there is none, nothing checks it"
            ),
            "balance": Word(type="round_robin | least_connections | source_ip", says="one address for all members"),
            "tls": Word(
                type="string", deploy=True, says="the cloud's reference of a certificate; ends TLS at the balancer"
            ),
            "network": Word(type="network", says="where it listens; the primary network where it is not said"),
        },
    ),
    "volume": Keyword(
        label="name",
        says="a block volume for each member",
        settings={
            "size": Word(type="size", required=True, says="its size, whole GiB"),
            "mount": Word(type="string", required=True, says="where it is mounted"),
            "filesystem": Word(type="ext4 | xfs", says="made where the volume is empty; `ext4` where it is not said"),
            "keep": Word(type="bool", says="outlives the stack"),
            "type": Word(type="string", says="a cloud's volume type"),
            "was": _WAS,
        },
    ),
    "update": Keyword(
        once=True,
        says="how a change rolls through the members",
        settings={
            "batch": Word(
                type="int", says="members at a time; where it is not said, what is safe on the target (docs/targets.md)"
            ),
            "pause": Word(type="duration", says="between batches; none where it is not said"),
            "minimum": Word(type="int", says="members that stay in service; all but a batch where it is not said"),
        },
    ),
    "environment": Keyword(
        label="name",
        says="the same solution with some facts said differently",
        settings={"bake": _BAKE},
        blocks=("machine", "tier"),
        statements=("let",),
    ),
    "image": Keyword(
        label="name",
        says="an image template",
        settings={
            "from": Word(
                type="release | image", required=True, says="a release, a ready cloud image or another template"
            ),
            "packages": Word(type="list(string)", says="packages of the release, `name` or `name=version`"),
        },
        blocks=("file", "artifact", "run", "service", "user", "configure"),
        statements=("param", "let", "for"),
    ),
    "file": Keyword(
        label="path",
        says="a file with its content: one of `text`, `source`, `template`",
        settings={
            "text": Word(type="string", deploy=True, says="the content"),
            "source": Word(type="string", says="a project file that is copied as it is"),
            "template": Word(
                type="string", says="a Jinja template of the project; the image's parameters are its variables"
            ),
            "mode": Word(type="string", says='octal; "0644", with a secret "0600"'),
            "owner": Word(type="string", says='"root" where it is not said'),
            "group": Word(type="string", says="the owner's where it is not said"),
            "reload": Word(type="service", says="the service to reload when the file changes"),
        },
    ),
    "artifact": Keyword(
        label="path",
        says="software that no package carries: unpacked or copied to the path",
        settings={
            "source": Word(type="string", required=True, says="a project file or a URL"),
            "version": Word(type="string", required=True, says="its version, for the bill of materials"),
            "licence": Word(type="string", required=True, says="its SPDX licence expression"),
            "sha256": Word(type="string", required=True, says="checksum, verified when it is baked or fetched"),
        },
    ),
    "run": Keyword(
        label="title",
        says="a script, run once as root: one of `script`, `text`",
        settings={
            "script": Word(type="string", says="a script file of the project"),
            "text": Word(type="string", deploy=True, says="the script itself"),
            "creates": Word(type="string", says="not run where this path exists"),
            "network": Word(
                type="bool",
                says="whether the script may use a network while `bpc build` makes the image (default: false); elsewhere it has one",
            ),
        },
    ),
    "service": Keyword(
        label="name",
        says="a systemd service, enabled and started",
        settings={
            "unit": Word(type="string", says="a unit file of the project, for a service that no package brings"),
            "enabled": Word(type="bool", says="started at boot; true where it is not said"),
        },
    ),
    "user": Keyword(
        label="name",
        says="an account",
        settings={
            "groups": Word(type="list(string)", says="further groups"),
            "shell": Word(type="string", says='"/bin/bash", of a system account "/usr/sbin/nologin"'),
            "home": Word(type="string", says="its home folder"),
            "system": Word(type="bool", says="an account for a service"),
            "sudo": Word(type="bool", says="may become root without a password"),
            "ssh_keys": Word(type="list(string)", deploy=True, says="public keys that may log in"),
        },
    ),
    "configure": Keyword(
        once=True,
        says="hands the rest of the configuration to a platform, at first boot; each takes settings of its own",
        settings=SETTINGS,
    ),
}

UNSUPPORTED_SETTINGS = {"layout": "environment"}
"""Settings of the language's design that this compiler does not do, and where they stand."""


class Function(Record):
    """A function of the language: parameter types, how many must be given, result type, what it does."""

    parameters: tuple[str, ...]
    required: int
    result: str
    says: str
    variadic: bool = False


FUNCTIONS: dict[str, Function] = {
    "length": Function(parameters=("any",), required=1, result="int", says="characters, items or entries"),
    "join": Function(
        parameters=("string", "list(any)"), required=2, result="string", says="items with a separator between"
    ),
    "split": Function(
        parameters=("string", "string"), required=2, result="list(string)", says="parts of a text at a separator"
    ),
    "lower": Function(parameters=("string",), required=1, result="string", says="in small letters"),
    "upper": Function(parameters=("string",), required=1, result="string", says="in capitals"),
    "replace": Function(
        parameters=("string", "string", "string"), required=3, result="string", says="each second in first by third"
    ),
    "format": Function(
        parameters=("string", "any"), required=1, result="string", variadic=True, says="`{}` and `{0}` filled"
    ),
    "base64": Function(parameters=("string",), required=1, result="string", says="of the UTF-8 bytes"),
    "sha256": Function(parameters=("string",), required=1, result="string", says="hexadecimal, of the UTF-8 bytes"),
    "file": Function(parameters=("string",), required=1, result="string", says="a project file's text"),
    "template": Function(
        parameters=("string", "map(any)"), required=1, result="string", says="a rendered Jinja template"
    ),
    "cidr_subnet": Function(
        parameters=("cidr", "int", "int"), required=3, result="cidr", says="the n-th subnet with so many more bits"
    ),
    "cidr_host": Function(parameters=("cidr", "int"), required=2, result="string", says="the n-th address"),
    "min": Function(parameters=("any",), required=1, result="any", variadic=True, says="the least"),
    "max": Function(parameters=("any",), required=1, result="any", variadic=True, says="the greatest"),
    "merge": Function(
        parameters=("map(any)",), required=1, result="map(any)", variadic=True, says="maps, later entries win"
    ),
    "keys": Function(parameters=("map(any)",), required=1, result="list(string)", says="in order"),
    "values": Function(parameters=("map(any)",), required=1, result="list(any)", says="in the keys' order"),
    "range": Function(
        parameters=("int", "int"), required=1, result="list(int)", says="from 0 or the first up to, without, the last"
    ),
    "cloud_image": Function(parameters=("string",), required=1, result="release", says="a ready cloud image"),
    **{
        name: Function(parameters=("string",), required=1, result="release", says=f"a release of {name}")
        for name in RELEASES
    },
}
