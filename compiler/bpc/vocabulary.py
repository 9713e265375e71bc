"""The words of the language: what each block may say, with types and defaults; units, functions and releases.

One table that the stages read and that the language reference is generated from. A type is written as in the language
(`string`, `list(network)`), and a set of bare words as `"a | b"`.
"""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EDITION = 1

SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
DURATIONS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
MIB, GIB, SECOND, MINUTE = SIZES["MiB"], SIZES["GiB"], DURATIONS["s"], DURATIONS["min"]
UNITS = {**dict.fromkeys(SIZES, "size"), **dict.fromkeys(DURATIONS, "duration"), "%": "percent"}

PARAM_TYPES = ("bool", "int", "number", "string", "size", "duration", "percent", "cidr", "port")
SOLUTION_PARAM_TYPES = (*PARAM_TYPES, "image")
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


_words: dict[str, tuple[str, ...]] = {}


ANY_WORD = ("service", "expose")
"""Types that take any bare word."""


def words(kind: str) -> tuple[str, ...]:
    """The bare words that a setting takes; empty where it takes an expression. Those of `ANY_WORD` take any word."""
    if kind not in _words:
        parts = () if "(" in kind else kind.split(" | ")
        _words[kind] = tuple(word for word in parts if word not in SCALARS)
    return _words[kind]


class SettingSpec(Record):
    """One setting of a block, all that is to be said of it: the reader, the checks and the reference take it from here.

    `default` is a value of the type, in its unit (bytes, milliseconds); without one, the type's `NOTHING`. Of a required setting it
    is what lowering goes on with after the error. `otherwise` says in words what a default that depends on others is.
    `least` and `most` hold for numbers, sizes and durations. `form` says what a text in it may be (`names.FORMS`): one line,
    unless it is said.
    """

    type: str
    required: bool = False
    deploy: bool = False
    doc: str = ""
    form: str = "line"
    default: object = None
    otherwise: str = ""
    least: int | None = None
    most: int | None = None

    @property
    def usual(self) -> Any:
        """The value of a setting that does not stand there."""
        return NOTHING.get(self.type) if self.default is None else self.default


CONSTRAINTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("int", "number", "size", "duration", "percent", "port"), ("min", "max", "allowed", "message")),
    "string": ("min_length", "max_length", "pattern", "allowed", "message"),
    "cidr": ("allowed", "message"),
    "image": ("allowed", "message"),
}
"""The constraints that a param of a type may have; none of others."""

NOTHING: dict[str, object] = {
    "string": "",
    "service": "",
    "bool": False,
    "list(string)": (),
    "list(name)": (),
    "map(any)": {},
    "map(string)": {},
    "expose": "",
}


def literal(value: object, kind: str) -> str:
    """A value of a type as a blueprint would say it; a size or duration in the largest unit that gives a whole number."""
    units = SIZES if kind == "size" else DURATIONS if kind == "duration" else {}
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        unit = next((unit for unit, size in reversed(units.items()) if value and value % size == 0), "")
        return f"{value // units[unit]}{unit}" if unit else str(value)
    return f'"{value}"' if kind == "string" else str(value)


class BlockSpec(Record):
    """One kind of block: its settings and the blocks and statements that may stand inside it. `form` is that of its label."""

    settings: dict[str, SettingSpec]
    blocks: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    label: str = ""
    once: bool = False
    doc: str = ""
    form: str = "line"


_NUMBERS = "int | number | size | duration | percent"
_BAKE = SettingSpec(
    type="base | software | full", doc="what the image contains and what happens at first boot", otherwise="`software`"
)
_TAGS = SettingSpec(type="map(string)", doc="what its things are marked with in the cloud", form="text")
_WAS = SettingSpec(type="string", doc="the name before a rename; keeps the identity of what exists")

_FILES = {
    "heat": SettingSpec(type="string", doc="a file of the project for OpenStack Heat, in YAML", form="argument"),
    "cloudformation": SettingSpec(
        type="string", doc="a file of the project for AWS CloudFormation, in YAML or JSON", form="argument"
    ),
}
_PARAMETERS = SettingSpec(type="map(any)", deploy=True, doc="values of the file's parameters, by name", form="text")

_CONFIGURE = {
    "with": SettingSpec(type="ansible | puppet | chef | salt", required=True, doc="the platform"),
    "package": SettingSpec(
        type="string",
        doc='the package that provides it, if it is not the usual one; "" for none',
        form="platform package",
    ),
    "playbook": SettingSpec(
        type="string",
        doc="ansible, required: a playbook of the project, or of the repository at `url`",
        form="argument",
    ),
    "files": SettingSpec(
        type="list(string)", doc="ansible: further files of the project, which the playbook uses", form="argument"
    ),
    "url": SettingSpec(
        type="string", deploy=True, doc="ansible: a git repository, from which each machine pulls", form="argument"
    ),
    "checkout": SettingSpec(
        type="string", deploy=True, doc="ansible: the repository's branch, tag or commit", form="argument"
    ),
    "vars": SettingSpec(
        type="map(any)", deploy=True, doc="ansible: variables of a playbook of the project", form="text"
    ),
    "server": SettingSpec(type="string", deploy=True, doc="puppet, required: the server's host"),
    "certname": SettingSpec(
        type="string", deploy=True, doc="puppet: the machine's name there", otherwise="its host name"
    ),
    "environment": SettingSpec(type="string", deploy=True, doc="puppet, chef: the environment there"),
    "settings": SettingSpec(type="map(any)", deploy=True, doc="puppet, salt: further settings of the agent or minion"),
    "server_url": SettingSpec(type="string", deploy=True, doc="chef, required: the server's address"),
    "validation_name": SettingSpec(type="string", deploy=True, doc="chef, required: who registers new machines"),
    "node_name": SettingSpec(type="string", deploy=True, doc="chef: the machine's name there", otherwise="its id"),
    "run_list": SettingSpec(type="list(string)", deploy=True, doc="chef: recipes and roles"),
    "attributes": SettingSpec(type="map(any)", deploy=True, doc="chef: attributes of the first run", form="text"),
    "licence": SettingSpec(type="string", doc='chef: "accept", where the package asks for it'),
    "master": SettingSpec(type="string", deploy=True, doc="salt, required: the master's host"),
    "id": SettingSpec(type="string", deploy=True, doc="salt: the minion's name", otherwise="its host name"),
    "grains": SettingSpec(type="map(any)", deploy=True, doc="salt: grains of the minion", form="text"),
}

_MACHINE = BlockSpec(
    once=True,
    doc="what a member needs",
    settings={
        "cpu": SettingSpec(type="int", doc="virtual processors", default=1, least=1),
        "memory": SettingSpec(type="size", doc="memory", default=GIB, least=MIB),
        "disk": SettingSpec(type="size", doc="root disk", default=10 * GIB, least=GIB),
        "architecture": SettingSpec(type="x86_64 | aarch64", doc="processor architecture", default="x86_64"),
        "flavor": SettingSpec(
            type="string", doc="a cloud's own machine type, where one must be named", form="argument"
        ),
    },
)

BLOCKS: dict[str, BlockSpec] = {
    "file scope": BlockSpec(settings={}, blocks=("image", "solution"), statements=("import", "let")),
    "solution": BlockSpec(
        label="name",
        form="name",
        doc="the whole solution",
        settings={
            "version": SettingSpec(type="string", required=True, doc="version of the solution"),
            "bake": _BAKE,
            "tags": _TAGS,
        },
        blocks=("secret", "network", "native", "override", "tier", "environment"),
        statements=("param", "let", "output", "for"),
    ),
    "param": BlockSpec(
        doc="what is asked for at deployment: what its value must be",
        settings={
            "min": SettingSpec(
                type=_NUMBERS, doc="the least; of the param's own type, as `max` and `allowed` are", otherwise="none"
            ),
            "max": SettingSpec(type=_NUMBERS, doc="the most", otherwise="none"),
            "min_length": SettingSpec(type="int", doc="of a string: characters, at least", otherwise="none", least=0),
            "max_length": SettingSpec(type="int", doc="of a string: characters, at most", otherwise="none", least=0),
            "pattern": SettingSpec(
                type="string", doc="of a string: a regular expression that matches the whole value", form="text"
            ),
            "allowed": SettingSpec(type="list(any)", doc="the only values; of an image, templates", otherwise="any"),
            "message": SettingSpec(type="string", doc="what is said to whoever gives another value"),
        },
    ),
    "secret": BlockSpec(
        label="name",
        form="name",
        doc="a value that the cloud generates, or that is given at deployment",
        settings={
            "given": SettingSpec(
                type="bool",
                doc="whether the value comes from outside, as a key or certificate does: never text in any output of bpc",
            ),
            "length": SettingSpec(
                type="int", doc="of a generated one: letters and digits", default=32, least=8, most=512
            ),
            "was": _WAS,
        },
    ),
    "network": BlockSpec(
        label="name",
        form="name",
        doc="a private network, routed to the solution's others and outbound",
        settings={
            "cidr": SettingSpec(type="cidr", required=True, doc="its addresses", default="10.0.0.0/24"),
            "existing": SettingSpec(
                type="bool",
                doc="whether it is there already, and asked for at deployment; it then needs no `cidr`, and is never changed or deleted",
            ),
            "router": SettingSpec(
                type="new | existing",
                doc="what leads outside and to others: `existing` is asked for at deployment, and all new networks share one",
                default="new",
            ),
            "public": SettingSpec(type="bool", doc="whether machines on it may have public addresses"),
            "was": _WAS,
        },
    ),
    "native": BlockSpec(
        label="name",
        form="name",
        doc="resources in a cloud's own terms; `NAME.OUTPUT` is an output of the file",
        settings={**_FILES, "parameters": _PARAMETERS},
    ),
    "override": BlockSpec(
        label='"resource"',
        form="argument",
        doc="properties of one of the stack's own resources, in the cloud's terms, by its id there; at your own risk",
        settings={**_FILES, "parameters": _PARAMETERS},
    ),
    "tier": BlockSpec(
        label="name",
        form="name",
        doc="machines of one kind",
        settings={
            "image": SettingSpec(type="image", required=True, doc="the image template, with its arguments"),
            "count": SettingSpec(
                type="int | range",
                doc="number of members: with a number they keep their identities, a range scales",
                default=1,
                least=0,
                most=100_000,
            ),
            "spread": SettingSpec(
                type="hosts | prefer_hosts | zones",
                doc="`hosts`: no two members on one host; `prefer_hosts`: as far as there are hosts; `zones`: members in different zones",
            ),
            "zone": SettingSpec(
                type="string",
                doc="the zone of all its members, by a name for which the cloud's own is asked at deployment",
                otherwise="the cloud's choice",
                form="name",
            ),
            "network": SettingSpec(
                type="network | list(network)", required=True, doc="its networks, the primary one first"
            ),
            "bake": _BAKE,
            "ready": SettingSpec(
                type="expose",
                doc="one of its endpoints, which must answer on the machine before it is ready; or a block",
                otherwise="ready when first boot has run",
            ),
            "ready_within": SettingSpec(
                type="duration",
                doc="how long first boot may take, and what `ready` asks for after it",
                default=30 * MINUTE,
                least=SECOND,
            ),
            "metadata": SettingSpec(
                type="closed | open",
                doc="`closed`: from first boot on, the cloud's metadata service answers only root on the machine",
                default="closed",
            ),
            "tags": _TAGS,
            "peers": SettingSpec(
                type="list(name)", doc="endpoints of this tier on which its members reach one another, by name"
            ),
            "was": _WAS,
        },
        blocks=("machine", "scale", "expose", "volume", "update", "ready"),
        statements=("allow", "connect", "for"),
    ),
    "machine": _MACHINE,
    "ready": BlockSpec(
        once=True,
        doc="what must succeed on a machine, after first boot, before it is ready",
        settings={
            "script": SettingSpec(
                type="string",
                required=True,
                doc="a script file of the project, run as root again and again until it succeeds",
            ),
            "environment": SettingSpec(
                type="map(any)", deploy=True, doc="its variables, of any value, by name", form="text"
            ),
        },
    ),
    "scale": BlockSpec(
        once=True,
        doc="how a range scales",
        settings={
            "metric": SettingSpec(type="cpu | memory", required=True, doc="what is measured"),
            "target": SettingSpec(
                type="percent",
                required=True,
                doc="average use that scaling maintains: more than 0%, at most 100%",
                default=60.0,
            ),
            "cooldown": SettingSpec(type="duration", doc="waiting time after a change", default=MINUTE, least=0),
        },
    ),
    "expose": BlockSpec(
        label="name",
        form="name",
        doc="a port on which the members listen",
        settings={
            "port": SettingSpec(
                type="port | range",
                required=True,
                doc="the port number, or a range of them; it is written only here; `icmp` has none",
                default=1,
            ),
            "protocol": SettingSpec(
                type="tcp | udp | http | https | icmp",
                doc="what is spoken there",
                otherwise="`http` if `health` has a path, otherwise `tcp`",
            ),
            "public": SettingSpec(
                type="bool | cidr | list(cidr)",
                deploy=True,
                doc="whether it has a public address: `true` for everyone, or only for these addresses",
                default=False,
            ),
            "each": SettingSpec(type="bool", doc="a public address for each member, not one for all of them"),
            "address": SettingSpec(
                type="new | existing",
                doc="which public address: `existing` is a reserved one, asked for at deployment",
                default="new",
            ),
            "health": SettingSpec(
                type="string",
                doc="path of an HTTP check by the balancer; or a block",
                otherwise="no check",
                form="health",
            ),
            "balance": SettingSpec(
                type="round_robin | least_connections | source_ip",
                doc="one address for all members",
                otherwise="`round_robin` for a `public` http or https endpoint of a tier that may have several members",
            ),
            "member_port": SettingSpec(
                type="port",
                doc="with `balance`: the port on which the members listen, where `port` is the balancer's",
                otherwise="`port`",
            ),
            "tls": SettingSpec(
                type="string", deploy=True, doc="the cloud's reference to a certificate; TLS ends at the balancer"
            ),
            "network": SettingSpec(type="network", doc="network on which it listens", otherwise="the primary network"),
        },
        blocks=("health",),
    ),
    "health": BlockSpec(
        once=True,
        doc="how a balancer checks each member",
        settings={
            "path": SettingSpec(
                type="string", doc="path of an HTTP check", otherwise="only the connection is checked", form="health"
            ),
            "every": SettingSpec(
                type="duration", doc="time between two checks, whole seconds", default=10 * SECOND, least=SECOND
            ),
            "after": SettingSpec(
                type="int", doc="checks in a row that change what is known of a member", default=3, least=1, most=10
            ),
            "timeout": SettingSpec(
                type="duration",
                doc="how long an answer may take, whole seconds, less than `every`",
                default=5 * SECOND,
                least=SECOND,
            ),
            "codes": SettingSpec(
                type="string",
                doc='HTTP codes of a healthy member: one, a list such as "200,204", or a range such as "200-299"',
                default="200",
                form="codes",
            ),
        },
    ),
    "volume": BlockSpec(
        label="name",
        form="name",
        doc="a block volume for each member",
        settings={
            "size": SettingSpec(type="size", required=True, doc="its size, whole GiB", default=GIB, least=GIB),
            "existing": SettingSpec(
                type="bool",
                doc="whether it is there already, one for each member, and asked for at deployment; it then has no `size`, and is never formatted or deleted",
            ),
            "mount": SettingSpec(type="string", required=True, doc="where it is mounted", form="mount", default="/"),
            "filesystem": SettingSpec(
                type="ext4 | xfs", doc="file system, created if the volume is empty", default="ext4"
            ),
            "keep": SettingSpec(type="bool", doc="whether it outlives the stack"),
            "type": SettingSpec(type="string", doc="a cloud's volume type", form="argument"),
            "was": _WAS,
        },
    ),
    "update": BlockSpec(
        once=True,
        doc="how a change rolls through the members",
        settings={
            "batch": SettingSpec(
                type="int",
                doc="members at a time",
                default=0,
                otherwise="what is safe on the target (docs/targets.md)",
                least=1,
            ),
            "pause": SettingSpec(type="duration", doc="pause between batches", default=0, least=0),
            "minimum": SettingSpec(
                type="int", doc="members that stay in service", otherwise="all but one batch", least=0
            ),
        },
    ),
    "environment": BlockSpec(
        label="name",
        form="name",
        doc="the same solution with some settings changed",
        settings={"bake": _BAKE},
        blocks=("machine", "secret", "network", "tier", "volume"),
        statements=("let",),
    ),
    "image": BlockSpec(
        label="name",
        form="name",
        doc="an image template",
        settings={
            "from": SettingSpec(
                type="release | image", required=True, doc="a release, a ready cloud image or another template"
            ),
            "packages": SettingSpec(
                type="list(string)",
                doc="packages of the release, or of a `repository`: `name` or `name=version`",
                form="package",
            ),
        },
        blocks=("repository", "file", "artifact", "run", "service", "user", "configure"),
        statements=("param", "let", "for"),
    ),
    "repository": BlockSpec(
        label="name",
        form="repository",
        doc="a vendor's own apt repository, below the release",
        settings={
            "url": SettingSpec(type="string", required=True, doc="where it is, https or http", form="repository url"),
            "suite": SettingSpec(
                type="string",
                required=True,
                doc='its suite, such as "stable" or the release\'s name; one that ends with "/" has no components',
                form="suite",
            ),
            "components": SettingSpec(
                type="list(string)", doc="its components", otherwise='`["main"]`', form="component"
            ),
            "key": SettingSpec(
                type="string", required=True, doc="a project file with the OpenPGP keys that may sign it, and no others"
            ),
            "priority": SettingSpec(
                type="int",
                doc="apt's priority for its packages: the release's have 500, and win over less",
                default=100,
                least=1,
                most=1000,
            ),
        },
    ),
    "file": BlockSpec(
        label="path",
        form="path",
        doc="a file with its content: one of `text`, `source`, `template`",
        settings={
            "text": SettingSpec(type="string", deploy=True, doc="the content", form="text"),
            "source": SettingSpec(type="string", doc="a project file that is copied as it is"),
            "template": SettingSpec(
                type="string", doc="a Jinja template of the project; the image's parameters are its variables"
            ),
            "mode": SettingSpec(type="string", doc="octal", otherwise='"0644", with a secret "0600"', form="mode"),
            "owner": SettingSpec(type="string", doc="the account that owns it", default="root", form="owner"),
            "group": SettingSpec(type="string", doc="its group", otherwise="the same name as the owner", form="owner"),
            "reload": SettingSpec(type="service", doc="the service to reload when the file changes", form="unit"),
        },
    ),
    "artifact": BlockSpec(
        label="path",
        form="path",
        doc="software that is in no package: unpacked or copied to the path",
        settings={
            "source": SettingSpec(type="string", required=True, doc="a project file or a URL", form="source"),
            "version": SettingSpec(type="string", required=True, doc="its version, for the bill of materials"),
            "licence": SettingSpec(type="string", required=True, doc="its SPDX licence expression"),
            "sha256": SettingSpec(type="string", required=True, doc="checksum, verified when it is baked or fetched"),
        },
    ),
    "run": BlockSpec(
        label="title",
        doc="a script that runs once as root: one of `script`, `text`",
        settings={
            "script": SettingSpec(type="string", doc="a script file of the project"),
            "text": SettingSpec(
                type="string", deploy=True, doc="the script as text; deploy-time values in `quote()` only", form="text"
            ),
            "environment": SettingSpec(
                type="map(any)", deploy=True, doc="variables of this step, of any value, by name", form="text"
            ),
            "creates": SettingSpec(type="string", doc="the script does not run if this path exists", form="creates"),
            "network": SettingSpec(
                type="bool",
                doc="whether the script may use a network while `bpc build` makes the image; elsewhere it has one",
            ),
        },
    ),
    "service": BlockSpec(
        label="name",
        form="unit",
        doc="a systemd service, enabled and started",
        settings={
            "unit": SettingSpec(type="string", doc="a unit file of the project, for a service that is in no package"),
            "enabled": SettingSpec(type="bool", doc="whether it starts at boot", default=True),
        },
    ),
    "user": BlockSpec(
        label="name",
        form="account",
        doc="an account",
        settings={
            "groups": SettingSpec(type="list(string)", doc="additional groups", form="group"),
            "shell": SettingSpec(
                type="string",
                doc="login shell",
                otherwise='"/bin/bash", for a system account "/usr/sbin/nologin"',
                form="shell",
            ),
            "home": SettingSpec(type="string", doc="its home folder", form="home"),
            "system": SettingSpec(type="bool", doc="whether it is an account for a service"),
            "sudo": SettingSpec(type="bool", doc="whether it may become root without a password"),
            "ssh_keys": SettingSpec(type="list(string)", deploy=True, doc="public keys that may log in", form="key"),
        },
    ),
    "configure": BlockSpec(
        once=True,
        doc="leaves the rest of the configuration to a platform at first boot; each platform has its own settings",
        settings=_CONFIGURE,
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
    doc: str
    variadic: bool = False
    form: str = "text"


FUNCTIONS: dict[str, Function] = {
    "length": Function(parameters=("any",), required=1, result="int", doc="number of characters, items or entries"),
    "join": Function(
        parameters=("string", "list(any)"),
        required=2,
        result="string",
        doc="the items as one text with a separator between them",
    ),
    "split": Function(
        parameters=("string", "string"),
        required=2,
        result="list(string)",
        doc="the parts of a text between separators",
    ),
    "lower": Function(parameters=("string",), required=1, result="string", doc="the text in lower case"),
    "upper": Function(parameters=("string",), required=1, result="string", doc="the text in upper case"),
    "replace": Function(
        parameters=("string", "string", "string"),
        required=3,
        result="string",
        doc="every occurrence of the second text in the first is replaced by the third",
    ),
    "format": Function(
        parameters=("string", "any"),
        required=1,
        result="string",
        variadic=True,
        doc="`{}` and `{0}` are replaced by the values",
    ),
    "quote": Function(
        parameters=("any",), required=1, result="string", doc="as one word of a shell, also a deploy-time value"
    ),
    "base64": Function(parameters=("string",), required=1, result="string", doc="of the text's UTF-8 bytes"),
    "sha256": Function(
        parameters=("string",), required=1, result="string", doc="hexadecimal, of the text's UTF-8 bytes"
    ),
    "file": Function(parameters=("string",), required=1, result="string", doc="a project file's text"),
    "template": Function(
        parameters=("string", "map(any)"), required=2, result="string", doc="a rendered Jinja template"
    ),
    "cidr_subnet": Function(
        parameters=("cidr", "int", "int"),
        required=3,
        result="cidr",
        doc="subnet number n, whose prefix is longer by so many bits",
    ),
    "cidr_host": Function(parameters=("cidr", "int"), required=2, result="string", doc="address number n of a network"),
    "min": Function(parameters=("any",), required=1, result="any", variadic=True, doc="the smallest value"),
    "max": Function(parameters=("any",), required=1, result="any", variadic=True, doc="the largest value"),
    "merge": Function(
        parameters=("map(any)",),
        required=1,
        result="map(any)",
        variadic=True,
        doc="the entries of all maps; later ones win",
    ),
    "keys": Function(parameters=("map(any)",), required=1, result="list(string)", doc="the keys of a map in order"),
    "values": Function(
        parameters=("map(any)",), required=1, result="list(any)", doc="the values of a map in the order of their keys"
    ),
    "range": Function(
        parameters=("int", "int"),
        required=1,
        result="list(int)",
        doc="whole numbers from 0, or the first argument, up to but not including the last",
    ),
    "existing": Function(
        parameters=("string",),
        required=1,
        result="security group",
        doc="a security group of someone else, for `allow`: asked for at deployment, once for each name",
        form="name",
    ),
    "cloud_image": Function(
        parameters=("string",), required=1, result="release", doc="a ready cloud image", form="argument"
    ),
    **{
        name: Function(parameters=("string",), required=1, result="release", doc=f"a release of {name}", form="release")
        for name in RELEASES
    },
}
