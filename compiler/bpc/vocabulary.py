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
    """One kind of block: its settings and the blocks and statements that may stand inside it. `form` is that of its label."""

    settings: dict[str, Word]
    blocks: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    label: str = ""
    once: bool = False
    says: str = ""
    form: str = "line"


_BAKE = Word(
    type="base | software | full", says="what the image contains and what happens at first boot; default: `software`"
)
_WAS = Word(type="string", says="the name before a rename; keeps the identity of what exists")

_MACHINE = Keyword(
    once=True,
    says="what a member needs",
    settings={
        "cpu": Word(type="int", says="virtual processors"),
        "memory": Word(type="size", says="memory"),
        "disk": Word(type="size", says="root disk"),
        "architecture": Word(type="x86_64 | aarch64", says="processor architecture; default: `x86_64`"),
        "flavor": Word(type="string", says="a cloud's own machine type, where one must be named", form="argument"),
    },
)

BLOCKS: dict[str, Keyword] = {
    "file scope": Keyword(settings={}, blocks=("image", "solution"), statements=("import", "let")),
    "solution": Keyword(
        label="name",
        form="name",
        says="the whole solution",
        settings={"version": Word(type="string", required=True, says="version of the solution"), "bake": _BAKE},
        blocks=("secret", "network", "tier", "environment"),
        statements=("param", "let", "output", "for"),
    ),
    "secret": Keyword(
        label="name",
        form="name",
        says="a value that the cloud generates",
        settings={"length": Word(type="int", says="letters and digits, 8 to 512; default: 32"), "was": _WAS},
    ),
    "network": Keyword(
        label="name",
        form="name",
        says="a private network, routed to the solution's others and outbound",
        settings={
            "cidr": Word(type="cidr", required=True, says="its addresses"),
            "public": Word(type="bool", says="whether machines on it may have public addresses"),
            "was": _WAS,
        },
    ),
    "tier": Keyword(
        label="name",
        form="name",
        says="machines of one kind",
        settings={
            "image": Word(type="image", required=True, says="the image template, with its arguments"),
            "count": Word(
                type="int | range",
                says="number of members: with a number they keep their identities, a range scales; default: 1",
            ),
            "spread": Word(
                type="hosts | zones", says="`hosts`: no two members on one host; `zones`: members in different zones"
            ),
            "network": Word(type="network | list(network)", required=True, says="its networks, the primary one first"),
            "bake": _BAKE,
            "ready_within": Word(type="duration", says="how long first boot may take; default: 30min"),
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
                type="percent", required=True, says="average use that scaling maintains: more than 0%, at most 100%"
            ),
            "cooldown": Word(type="duration", says="waiting time after a change; default: 1min"),
        },
    ),
    "expose": Keyword(
        label="name",
        form="name",
        says="a port on which the members listen",
        settings={
            "port": Word(type="port", required=True, says="the port number; it is written only here"),
            "protocol": Word(
                type="tcp | udp | http | https", says="default: `http` if `health` is set, otherwise `tcp`"
            ),
            "public": Word(type="bool", says="whether it can be reached from the internet"),
            "health": Word(
                type="string", says="path of an HTTP check by the balancer; default: no check", form="health"
            ),
            "balance": Word(type="round_robin | least_connections | source_ip", says="one address for all members"),
            "tls": Word(
                type="string", deploy=True, says="the cloud's reference to a certificate; TLS ends at the balancer"
            ),
            "network": Word(type="network", says="network on which it listens; default: the primary network"),
        },
    ),
    "volume": Keyword(
        label="name",
        form="name",
        says="a block volume for each member",
        settings={
            "size": Word(type="size", required=True, says="its size, whole GiB"),
            "mount": Word(type="string", required=True, says="where it is mounted", form="mount"),
            "filesystem": Word(type="ext4 | xfs", says="file system, created if the volume is empty; default: `ext4`"),
            "keep": Word(type="bool", says="whether it outlives the stack"),
            "type": Word(type="string", says="a cloud's volume type", form="argument"),
            "was": _WAS,
        },
    ),
    "update": Keyword(
        once=True,
        says="how a change rolls through the members",
        settings={
            "batch": Word(type="int", says="members at a time; default: what is safe on the target (docs/targets.md)"),
            "pause": Word(type="duration", says="pause between batches; default: none"),
            "minimum": Word(type="int", says="members that stay in service; default: all but one batch"),
        },
    ),
    "environment": Keyword(
        label="name",
        form="name",
        says="the same solution with some settings changed",
        settings={"bake": _BAKE},
        blocks=("machine", "tier"),
        statements=("let",),
    ),
    "image": Keyword(
        label="name",
        form="name",
        says="an image template",
        settings={
            "from": Word(
                type="release | image", required=True, says="a release, a ready cloud image or another template"
            ),
            "packages": Word(
                type="list(string)", says="packages of the release, `name` or `name=version`", form="package"
            ),
        },
        blocks=("file", "artifact", "run", "service", "user", "configure"),
        statements=("param", "let", "for"),
    ),
    "file": Keyword(
        label="path",
        form="path",
        says="a file with its content: one of `text`, `source`, `template`",
        settings={
            "text": Word(type="string", deploy=True, says="the content", form="text"),
            "source": Word(type="string", says="a project file that is copied as it is"),
            "template": Word(
                type="string", says="a Jinja template of the project; the image's parameters are its variables"
            ),
            "mode": Word(type="string", says='octal; default: "0644", with a secret "0600"', form="mode"),
            "owner": Word(type="string", says='default: "root"', form="owner"),
            "group": Word(type="string", says="default: the same name as the owner", form="owner"),
            "reload": Word(type="service", says="the service to reload when the file changes", form="unit"),
        },
    ),
    "artifact": Keyword(
        label="path",
        form="path",
        says="software that is in no package: unpacked or copied to the path",
        settings={
            "source": Word(type="string", required=True, says="a project file or a URL", form="source"),
            "version": Word(type="string", required=True, says="its version, for the bill of materials"),
            "licence": Word(type="string", required=True, says="its SPDX licence expression"),
            "sha256": Word(type="string", required=True, says="checksum, verified when it is baked or fetched"),
        },
    ),
    "run": Keyword(
        label="title",
        says="a script that runs once as root: one of `script`, `text`",
        settings={
            "script": Word(type="string", says="a script file of the project"),
            "text": Word(
                type="string", deploy=True, says="the script as text; deploy-time values in `quote()` only", form="text"
            ),
            "environment": Word(
                type="map(any)", deploy=True, says="variables of this step, of any value, by name", form="text"
            ),
            "creates": Word(type="string", says="the script does not run if this path exists", form="creates"),
            "network": Word(
                type="bool",
                says="whether the script may use a network while `bpc build` makes the image (default: false); elsewhere it has one",
            ),
        },
    ),
    "service": Keyword(
        label="name",
        form="unit",
        says="a systemd service, enabled and started",
        settings={
            "unit": Word(type="string", says="a unit file of the project, for a service that is in no package"),
            "enabled": Word(type="bool", says="whether it starts at boot; default: true"),
        },
    ),
    "user": Keyword(
        label="name",
        form="account",
        says="an account",
        settings={
            "groups": Word(type="list(string)", says="additional groups", form="group"),
            "shell": Word(
                type="string",
                says='login shell; default: "/bin/bash", for a system account "/usr/sbin/nologin"',
                form="shell",
            ),
            "home": Word(type="string", says="its home folder", form="home"),
            "system": Word(type="bool", says="whether it is an account for a service"),
            "sudo": Word(type="bool", says="whether it may become root without a password"),
            "ssh_keys": Word(type="list(string)", deploy=True, says="public keys that may log in", form="key"),
        },
    ),
    "configure": Keyword(
        once=True,
        says="leaves the rest of the configuration to a platform at first boot; each platform has its own settings",
        settings=SETTINGS,
    ),
}

UNSUPPORTED_SETTINGS = {"layout": "environment"}
"""Settings of the language's design that this compiler does not do, and where they stand."""


class Function(Record):
    """A function of the language: parameter types, how many must be given, result type, what it does.

    `form` is that of its texts, where they are names and no data (`names.FORMS`).
    """

    parameters: tuple[str, ...]
    required: int
    result: str
    says: str
    variadic: bool = False
    form: str = "text"


FUNCTIONS: dict[str, Function] = {
    "length": Function(parameters=("any",), required=1, result="int", says="number of characters, items or entries"),
    "join": Function(
        parameters=("string", "list(any)"),
        required=2,
        result="string",
        says="the items as one text with a separator between them",
    ),
    "split": Function(
        parameters=("string", "string"),
        required=2,
        result="list(string)",
        says="the parts of a text between separators",
    ),
    "lower": Function(parameters=("string",), required=1, result="string", says="the text in lower case"),
    "upper": Function(parameters=("string",), required=1, result="string", says="the text in upper case"),
    "replace": Function(
        parameters=("string", "string", "string"),
        required=3,
        result="string",
        says="every occurrence of the second text in the first is replaced by the third",
    ),
    "format": Function(
        parameters=("string", "any"),
        required=1,
        result="string",
        variadic=True,
        says="`{}` and `{0}` are replaced by the values",
    ),
    "quote": Function(
        parameters=("any",), required=1, result="string", says="as one word of a shell, also a deploy-time value"
    ),
    "base64": Function(parameters=("string",), required=1, result="string", says="of the text's UTF-8 bytes"),
    "sha256": Function(
        parameters=("string",), required=1, result="string", says="hexadecimal, of the text's UTF-8 bytes"
    ),
    "file": Function(parameters=("string",), required=1, result="string", says="a project file's text"),
    "template": Function(
        parameters=("string", "map(any)"), required=2, result="string", says="a rendered Jinja template"
    ),
    "cidr_subnet": Function(
        parameters=("cidr", "int", "int"),
        required=3,
        result="cidr",
        says="subnet number n, whose prefix is longer by so many bits",
    ),
    "cidr_host": Function(
        parameters=("cidr", "int"), required=2, result="string", says="address number n of a network"
    ),
    "min": Function(parameters=("any",), required=1, result="any", variadic=True, says="the smallest value"),
    "max": Function(parameters=("any",), required=1, result="any", variadic=True, says="the largest value"),
    "merge": Function(
        parameters=("map(any)",),
        required=1,
        result="map(any)",
        variadic=True,
        says="the entries of all maps; later ones win",
    ),
    "keys": Function(parameters=("map(any)",), required=1, result="list(string)", says="the keys of a map in order"),
    "values": Function(
        parameters=("map(any)",), required=1, result="list(any)", says="the values of a map in the order of their keys"
    ),
    "range": Function(
        parameters=("int", "int"),
        required=1,
        result="list(int)",
        says="whole numbers from 0, or the first argument, up to but not including the last",
    ),
    "cloud_image": Function(
        parameters=("string",), required=1, result="release", says="a ready cloud image", form="argument"
    ),
    **{
        name: Function(
            parameters=("string",), required=1, result="release", says=f"a release of {name}", form="release"
        )
        for name in RELEASES
    },
}
