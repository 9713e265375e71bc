"""Blueprints made from bytes: each byte is a choice, so that hypothesis makes, changes and shrinks them cheaply.

One of four is tame: names are declared, values have the right types, and nearly all of these compile. The others are wild: now and
then a value of another type, an odd literal or an unknown name, and tokens that are left out, doubled, swapped or replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from bpc.syntax._tables import KEYWORDS
from bpc.vocabulary import BLOCKS, words

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SETTINGS = {name: word for block in BLOCKS.values() for name, word in block.settings.items()}
WORDS = sorted({*KEYWORDS, *SETTINGS, *(choice for word in SETTINGS.values() for choice in words(word.type))})
SYMBOLS = [
    *"{}()[]=,.:+-*/%<>#$\"'\\\n\n\n",
    *("..", "==", "!=", "<=", '"""', "${", "\0", "\r\n", "\t", "é", "\u2028", "😀"),
]
NUMBERS = [
    "0",
    "1.5",
    "443",
    "65535",
    "65536",
    "999999",
    "1_000",
    "0.1",
    "9" * 18,
    "9" * 14 + ".25",
    "9" * 400 + ".5",
    "1" * 5000,
]
SIZES = [
    "0GiB",
    "1.5GiB",
    "1KiB",
    "3TiB",
    "0.3KiB",
    "9" * 14 + ".5TiB",
    "9" * 18 + "TiB",
    "9" * 350 + ".5TiB",
    "1" * 5000 + "s",
]
DURATIONS = ["0s", "1.5ms", "9999999d", "0.1ms", "500ms"]
TEXTS = [
    *(
        "",
        "/",
        "a/b",
        "../a",
        "é",
        "{}",
        "{0}{1}",
        "{",
        "{9}",
        "{a!r:3}",
        "10.0.0.0/8",
        "fd00::/64",
        "300.0.0.0/8",
        "0600",
        "9999",
    ),
    *(
        "nginx",
        "12",
        r"\n",
        r"\t\n",
        r"\u{1F600}",
        r"\u{D800}",
        r"\u{0}",
        "$",
        "%s",
        "@@secret.token@@",
        "null",
        "yes",
        "-",
        "#x",
    ),
    *("a" * 300, "files/0.j2", "app", "²", "{²}", "${a}", '${"', "\x07"),
]
CIDRS = ["0.0.0.0/0", "10.0.0.1/24", "10.2.0.0/33", "fd00::/128", "10.0.0.0/31", "::/0", "fe80::%eth0/64"]
TEMPLATES = [
    *(
        "a = {{ a }}\n",
        "{{ p0 }} {{ p1 }}",
        "{% for x in p0 %}{{ x }}{% endfor %}",
        "{% if p0 %}1{% endif %}",
        "{{ p0.host }}:{{ p0.port }}",
    ),
    *(
        "{{ p0.hosts | join(',') }}",
        "{{ b | length }}",
        "{{ a.b.c }}",
        "{{ a[0] }}",
        "{% set x = p0 ~ p1 %}{{ x }}",
        "{{ loop }}",
    ),
    *(
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ p0 | int }}",
        "{{",
        "{% include 'x' %}",
    ),
    *(
        "{{ a.__class__ }}",
        "{{ 'x' * 100000000 }}",
        "{{ p0 == p1 }}",
        "{{ p0 }}",
        "{{ p0 | upper | tojson }}",
        "{# #}",
        "{{ p0.nothing }}",
    ),
]
FILES = {
    "files/a.txt": b"hello ${x}\n",
    "files/binary": bytes(range(256)),
    "more.bp": b'blueprint 1\nlet m = 3\nimage base { from = debian("12") }\n',
    **{f"files/{number}.j2": text.encode() for number, text in enumerate(TEMPLATES)},
}
"""What lies beside every blueprint."""
RELEASES = ('debian("12")', 'ubuntu("24.04")', 'rocky("9")')
CALLS = (
    ("upper", ("string",)),
    ("lower", ("string",)),
    ("join", ("string", "list")),
    ("format", ("pattern", "scalar")),
    ("replace", ("string", "plain", "string")),
    ("base64", ("string",)),
    ("sha256", ("string",)),
    ("file", ("path",)),
    ("cidr_host", ("cidr", "int")),
)
WILD_CALLS = (
    *CALLS,
    ("template", ("path", "map")),
    ("format", ("string", "any", "any")),
    ("join", ("string", "any")),
    ("length", ("any",)),
    ("split", ("string", "string")),
    ("min", ("any", "any")),
    ("max", ("list",)),
    ("merge", ("map", "map")),
    ("keys", ("map",)),
    ("values", ("map",)),
    ("range", ("int",)),
    ("range", ("int", "int")),
    ("cidr_subnet", ("cidr", "int", "int")),
    ("tier", ("string",)),
    ("cloud_image", ("string",)),
    ("debian", ("string",)),
)
SCALARS = ("string", "int", "bool")
ANYTHING = (
    *SCALARS,
    "list",
    "map",
    "size",
    "duration",
    "percent",
    "range",
    "member",
    "conditional",
    "endpoint",
    "secret",
    "network",
)
PARAM_TYPES = ("string", "int", "bool", "cidr", "port", "number", "size", "duration", "percent")
ODD_TYPES = ("list(string)", "map(int)", "list(list(int))", "thing", "endpoint", "secret", "image", "range")


class Choices:
    """Bytes as choices; when they are used up, each further choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.wild = self.below(4) > 0
        self.odds = self.pick((4, 2, 1))

    def below(self, limit: int) -> int:
        self.at += 1
        return self.data[self.at - 1] % limit if self.at <= len(self.data) else 0

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def rarely(self, one_in: int) -> bool:
        return self.below(one_in) == one_in - 1

    def oddly(self, one_in: int) -> bool:
        """Rarely, and in wild blueprints only."""
        return self.wild and self.rarely(one_in * self.odds)

    def literal(self, tame: Sequence[str], odd: Sequence[str]) -> str:
        return self.pick(odd) if self.oddly(6) else self.pick(tame)


class Values(Choices):
    """Expressions of a type, over the names that are declared so far."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.lets: dict[str, str] = {}
        self.params: dict[str, str] = {}
        self.images: dict[str, dict[str, str]] = {}
        self.networks: dict[str, bool] = {}
        self.tiers: dict[str, list[str]] = {}
        self.secrets: list[str] = []

    def value(self, kind: str, depth: int = 0) -> str:
        kind = self.pick(ANYTHING) if self.oddly(30) else kind
        made: str = getattr(self, f"_{kind}")(min(depth, 3))
        return made

    def _named(self, kind: str, depth: int) -> str:
        known = [name for name, its in self.lets.items() if its == kind]
        if self.oddly(5):
            known = [*self.lets, *self.params, *self.secrets, "x", "nothing", "app"]
        return self.pick(known) if known else self.value(kind, depth + 1)

    def _plain(self, _: int) -> str:
        return f'"{self.literal(("a", "x y", "v1.0", "/etc/x"), TEXTS)}"'

    def _string(self, depth: int) -> str:
        if depth == 3:
            return self._plain(depth)
        form = self.below(9)
        if form < 3:
            return self._plain(depth)
        if form == 3:
            return f'"{self.literal(("", "a"), TEXTS)}${{{self.value("scalar", depth + 1)}}}"'
        if form == 4:
            return f"{self.value('string', depth + 1)} + {self.value('string', depth + 1)}"
        if form == 5:
            return self._named("string", depth)
        name, kinds = self.pick(WILD_CALLS if self.oddly(2) else CALLS)
        return f"{name}({', '.join(self.value(kind, depth + 1) for kind in kinds)})"

    def _scalar(self, depth: int) -> str:
        return self.value(self.pick(("any",) if self.oddly(4) else SCALARS), depth)

    def _any(self, depth: int) -> str:
        return self.value(self.pick(ANYTHING), depth)

    def _pattern(self, _: int) -> str:
        return self.pick(('"{}"', '"a {0} {0}"', '"plain"'))

    def _path(self, _: int) -> str:
        if self.oddly(3):
            return f'"files/{self.below(len(TEMPLATES))}.j2"'
        return f'"{self.literal(("files/a.txt",), ("files/none", "../a", "files", "", "files/binary", "/etc/passwd"))}"'

    def _text(self, depth: int) -> str:
        """What a file on a machine may say: also values that are known only when the stack runs."""
        shown = {"endpoint": ".port", "list": "[0]", "map": ".a"}
        known = [
            name + shown.get(kind, "")
            for name, kind in self.params.items()
            if kind not in ("list", "map") or self.oddly(3)
        ]
        return f'"a=${{{self.pick(known)}}}\\n"' if known else self.value("string", depth)

    def _int(self, depth: int) -> str:
        form = self.below(6) if depth < 3 else 0
        if form < 3:
            return self.literal(("1", "2", "3", "10"), NUMBERS)
        if form == 3:
            sign = self.pick("+-*/%" if self.oddly(2) else "+*")
            return f"({self.value('int', depth + 1)} {sign} {self.value('int', depth + 1)})"
        if form == 4:
            return f"length({self.value(self.pick(('list', 'string', 'map')), depth + 1)})"
        return f"-{self.value('int', depth + 1)}" if self.oddly(2) else self._named("int", depth)

    def _count(self, depth: int) -> str:
        return self.value("int", depth) if self.oddly(2) else self.pick("1234")

    def _bool(self, depth: int) -> str:
        form = self.below(5) if depth < 3 else 0
        if form < 3:
            return self.pick(("true", "false"))
        if form == 3:
            kind = self.pick(ANYTHING if self.oddly(2) else ("int", "size", "string"))
            sign = self.pick(("==", "!=", "<", ">=", "in", "not in") if self.oddly(2) else ("==", "!=", "<", ">="))
            return f"({self.value(kind, depth + 1)} {sign} {self.value(kind, depth + 1)})"
        return f"({self.value('bool', depth + 1)} {self.pick(('and', 'or'))} not {self.value('bool', depth + 1)})"

    def _list(self, depth: int) -> str:
        form = self.below(5) if depth < 3 else 0
        if form < 2:
            kind = "any" if self.oddly(2) else "string"
            return f"[{', '.join(self.value(kind, depth + 1) for _ in range(self.below(4)))}]"
        if form == 2:
            condition = f" if {self.value('bool', depth + 1)}" if self.rarely(3) else ""
            element = '"${x}"' if self.below(2) else self.value("any" if self.oddly(2) else "string", depth + 1)
            return f"[{element} for x in {self.value('list', depth + 1)}{condition}]"
        if form == 3:
            return f"({self.value('list', depth + 1)} + {self.value('list', depth + 1)})"
        return self._named("list", depth)

    def _map(self, depth: int) -> str:
        entries = [
            f"{self.pick('abxe')} = {self.value('any' if self.oddly(2) else 'string', depth + 1)}"
            for _ in range(self.below(3))
        ]
        return f"{{ {', '.join(entries if self.wild else dict.fromkeys(entries[:1]))} }}"

    def _member(self, depth: int) -> str:
        if not self.wild:
            return self.value("int", depth)
        if self.below(2):
            name = self.pick(("host", "port", "hosts", "a", "b", "address", "protocol", "name"))
            return f"{self.value(self.pick(('endpoint', 'map', 'tier')), depth + 1)}.{name}"
        return f"{self.value(self.pick(('list', 'map', 'tier')), depth + 1)}[{self.value('int', depth + 1)}]"

    def _conditional(self, depth: int) -> str:
        kind = self.pick(ANYTHING[:6] if depth < 3 and self.oddly(2) else ("string", "int"))
        return f"({self.value(kind, depth + 1)} if {self.value('bool', depth + 1)} else {self.value(kind, depth + 1)})"

    def _size(self, depth: int) -> str:
        if self.rarely(5) and depth < 3:
            return (
                f"{self.value('size', depth + 1)} * {self.value('int', depth + 1)}"
                if self.below(2)
                else self._named("size", depth)
            )
        return self.literal(("1GiB", "10GiB", "20GiB"), SIZES)

    def _duration(self, _: int) -> str:
        return self.literal(("30s", "5min", "2h", "1s"), DURATIONS)

    def _percent(self, _: int) -> str:
        return self.literal(("60%", "70%", "50%"), ("0%", "1.5%", "900%", "60"))

    def _range(self, depth: int) -> str:
        return (
            f"{self.value('int', depth + 1)}..{self.value('int', depth + 1)}"
            if self.oddly(4)
            else self.pick(("1..3", "2..10", "1..1"))
        )

    def _number(self, depth: int) -> str:
        return self.value("int", depth) if self.below(2) else "1.5"

    def _cidr(self, _: int) -> str:
        return f'"{self.literal(("10.9.0.0/16", "192.168.7.0/24", "172.16.0.0/28"), CIDRS)}"'

    def _port(self, _: int) -> str:
        return self.literal(("80", "8080", "443", "5432"), NUMBERS)

    def _secret(self, _: int) -> str:
        return self.pick(self.secrets or ["token"])

    def _network(self, _: int) -> str:
        return self.pick(list(self.networks) or ["lan"])

    def _tier(self, _: int) -> str:
        return self.pick(list(self.tiers) or ["app"])

    def _endpoint(self, _: int) -> str:
        known = [f"{tier}.{name}" for tier, names in self.tiers.items() for name in names]
        return self.pick(known or ["app.e0"])

    def _image(self, depth: int) -> str:
        lacking = {"endpoint"} if not any(self.tiers.values()) else set()
        lacking |= {"secret"} if not self.secrets else set()
        known = [name for name, params in self.images.items() if lacking.isdisjoint(params.values()) or self.oddly(6)]
        name = self.pick(known or ["base"])
        params = self.images.get(name, {})
        given = [f"{param} = {self.value(kind, depth + 1)}" for param, kind in params.items() if not self.oddly(20)]
        return f"{name}({', '.join(given)})" if given else name


PUBLIC = ("true", '"203.0.113.0/24"', '["203.0.113.0/24", "198.51.100.7/32"]')


class Writer(Values):
    """Whole blueprints."""

    def settings(self, *choices: tuple[str, str, int]) -> list[str]:
        """Each (setting, type or bare words, one in how many blocks has it)."""
        made = []
        for name, kind, one_in in choices:
            if self.below(one_in) == 0 and not self.oddly(30):
                made.append(f"{name} = {self.pick(kind.split('|')).strip() if '|' in kind else self.value(kind)}")
        return made

    def looped(self) -> str:
        return self.value("list") if self.oddly(2) else '["a", "b"]'

    @staticmethod
    def block(head: str, lines: list[str]) -> str:
        return "\n".join((f"{head} {{", *lines, "}"))

    def let(self) -> str:
        name, kind = f"l{len(self.lets)}", self.pick((*SCALARS, "list", "size"))
        text = f"let {name} = {self.value(kind)}"
        self.lets[name] = kind
        return text

    # ---- images

    def image(self, name: str) -> str:
        lets, self.params = dict(self.lets), {}
        for number in range(self.below(4) if name != "base" else 0):
            self.params[f"p{number}"] = self.pick(("endpoint", "string", "secret", "int", "list", "map"))
        typed = {"list": "list(string)", "map": "map(string)"}
        lines = [f"param {param}: {typed.get(kind, kind)}" for param, kind in self.params.items()]
        root = 'cloud_image("x")' if self.oddly(8) else self.pick(RELEASES)
        lines.append(f"from = {'base' if name != 'base' and self.below(3) else root}")
        lines += (
            ['packages = ["nginx", "python3=3.11"]'] if not self.oddly(4) else self.settings(("packages", "list", 1))
        )
        lines += [self.item(number) for number in range(self.below(3))]
        self.images[name] = self.params
        self.lets, self.params = lets, {}
        return self.block(f"image {name}", lines)

    def item(self, number: int) -> str:
        form = self.below(7)
        if form <= 1:
            return self.file(number)
        if form == 2:
            return self.pick(("service nginx", "service x { enabled = false }", 'service x { unit = "files/a.txt" }'))
        if form == 3:
            return self.block(
                f'run "set up {number}"',
                self.settings(
                    ("text", "text", 1),
                    ("creates", '"/a"|"b"' if self.wild else '"/a"|"/b"', 4),
                    ("network", "bool", 4),
                ),
            )
        if form == 4:
            return self.block(
                f"user admin{number}",
                self.settings(("sudo", "bool", 2), ("system", "bool", 3), ("groups", '["a"]|[]', 3)),
            )
        if form == 5:
            places = '"https://example.org/a.tgz"|' + (
                '"files/a.txt"' if self.oddly(3) else '"http://example.org/b.tgz"'
            )
            settings = self.settings(("source", places, 1), ("version", '"1"|"2.0"', 1))
            digest = "0" * 64 if self.oddly(3) else "5" * 64
            return self.block(f'artifact "/opt/x{number}"', [*settings, 'licence = "MIT"', f'sha256 = "{digest}"'])
        return self.block(f"for x in {self.looped()}", [self.file(f"{number}${{x}}")])

    def file(self, name: object) -> str:
        lines = self.pick(
            (
                lambda: self.settings(("text", "text", 1)),
                lambda: self.settings((self.pick(("source", "template")), "path", 1)),
            )
        )()
        lines += self.settings(
            ("mode", '"0644"|"0600"|"99"' if self.wild else '"0644"|"0600"', 4), ("owner", '"root"|"www"', 6)
        )
        return self.block(f'file "{self.literal((f"/etc/{name}", f"/srv/{name}"), TEXTS)}"', lines)

    # ---- the solution

    def solution(self) -> str:
        lines = self.settings(("version", "plain", 1))
        for number in range(self.below(3)):
            kind = self.pick(ODD_TYPES) if self.oddly(12) else self.pick(PARAM_TYPES)
            default = f" = {self.value(kind if kind in PARAM_TYPES else 'any')}" if self.below(2) else ""
            lines.append(f"param q{number}: {kind}{default}")
            self.params[f"q{number}"] = kind
        lines += [self.let() for _ in range(self.below(3))]
        self.secrets = ["token", "password"][: self.below(3)]
        lines += [
            self.pick((f"secret {name}", f"secret {name} {{ length = {self.literal(('16', '40'), NUMBERS)} }}"))
            for name in self.secrets
        ]
        for number, name in enumerate(("lan", "dmz")[: 1 + self.below(2)]):
            self.networks[name] = bool(self.below(2))
            cidr = (
                self.value("cidr")
                if self.oddly(2)
                else f'"10.{number}.0.0/16"'
                if self.below(4)
                else f'"fd00:{number}::/64"'
            )
            lines.append(
                self.block(f"network {name}", [f"cidr = {cidr}", *(["public = true"] if self.networks[name] else [])])
            )
        tiers = [self.tier(name) for name in ("app", "web", "db")[: self.pick((1, 1, 2, 3))]]
        if self.rarely(8):
            inner = self.value("string", 2) if self.oddly(3) else "x"
            label = self.literal((f'"t_${{{inner}}}"',), (f'"${{{inner}}}"', '"../t_${x}"', '"${[x]}"'))
            tiers.append(self.block(f"for x in {self.looped()}", [self.tier(label)]))
        lines += reversed(tiers) if self.below(2) else tiers
        lines += [
            f"output o{number} = {self.value('any' if self.oddly(2) else 'scalar')}" for number in range(self.below(3))
        ]
        if self.below(3) == 0:
            lines.append(self.environment())
        return self.block("solution s", lines)

    def tier(self, name: str) -> str:
        network = self.value("network")
        lines = [f"network = {network if self.below(6) else f'[{network}]'}", *self.settings(("image", "image", 1))]
        scaled = self.rarely(3)
        lines += self.settings(("count", "range", 1)) if scaled else self.settings(("count", "count", 3))
        if scaled != self.oddly(4):
            lines.append(
                self.block(
                    "scale",
                    self.settings(("metric", "cpu|memory", 1), ("target", "percent", 1), ("cooldown", "duration", 4)),
                )
            )
        endpoints = [f"e{number}" for number in range(self.below(3))]
        lines += [
            self.expose(endpoint, 8000 + number, self.networks.get(network, True))
            for number, endpoint in enumerate(endpoints)
        ]
        if self.below(3) == 0:
            need = self.settings(
                ("cpu", "count", 1), ("memory", "size", 1), ("disk", "size", 2), ("architecture", "x86_64|aarch64", 8)
            )
            lines.append(self.block("machine", need + self.settings(("flavor", '"m1"|"m2"', 8))))
        if (not scaled or self.oddly(3)) and self.below(3) == 0:
            volume = self.settings(
                ("size", "size", 1),
                ("mount", '"/data"|"data"' if self.oddly(3) else '"/data"|"/srv"', 1),
                ("keep", "bool", 3),
            )
            lines.append(self.block("volume data", volume + self.settings(("filesystem", "ext4|xfs", 4))))
        if self.below(5) == 0:
            lines.append(self.block("update", self.settings(("batch", "count", 2), ("pause", "duration", 2))))
        if any(self.tiers.values()) and self.below(5) == 0:
            lines.append(f"connect {self.value('endpoint')}")
        if endpoints and self.below(4) == 0:
            lines.append(f"allow {self.pick(endpoints)} from {self.value('cidr')}")
        if '"' not in name:
            self.tiers[name] = endpoints
        return self.block(
            f"tier {name}",
            lines
            + self.settings(
                ("bake", "base|software|full", 3),
                ("spread", "hosts|prefer_hosts|zones", 6),
                ("zone", '"a"|"b"', 12),
                ("ready_within", "duration", 8),
            ),
        )

    def expose(self, name: str, port: int, public: bool) -> str:
        lines = [
            f"port = {self.value('port') if self.oddly(3) else port}",
            *self.settings(("balance", "round_robin|least_connections|source_ip", 3)),
        ]
        if (len(lines) > 1 or self.oddly(3)) and self.below(3) == 0:
            lines.append(f"member_port = {self.value('port') if self.oddly(3) else port + self.below(2)}")
        if (public or self.oddly(3)) and self.below(4) == 0:
            lines += [f"public = {self.pick(PUBLIC)}", *(["each = true"] if len(lines) == 1 and self.below(3) else [])]
        lines += ["each = true"] if self.oddly(9) else []
        lines += self.pick(
            (["protocol = http", 'health = "/x"'], ["protocol = tcp"], [], ['health = "/"'], ["protocol = udp"])
        )
        return self.block(
            f"expose {name}",
            lines + (self.settings(("tls", "string", 2), ("network", "network", 2)) if self.oddly(3) else []),
        )

    def environment(self) -> str:
        lines = self.settings(("bake", "base|software|full", 3))
        if self.lets and self.oddly(2):
            lines.append(f"let {self.pick(list(self.lets))} = {self.value('any')}")
        lines.append(
            self.block(
                f"tier {self.value('tier')}",
                self.settings(("ready_within", "duration", 2), ("count", "int", 2 if self.oddly(2) else 999)),
            )
        )
        return self.block("environment test", lines)

    # ---- texts

    def token(self) -> str:
        return self.pick(self.pick((WORDS, SYMBOLS, NUMBERS, SIZES, [f'"{text}"' for text in TEXTS])))

    def place(self, length: int) -> int:
        return (self.below(256) * 256 + self.below(256)) % max(1, length)

    def mutated(self, text: str) -> str:
        """Some tokens left out, doubled, swapped or replaced."""
        tokens = re.findall(r"\s+|\w+|.", text)
        for _ in range(self.pick((0, 0, 0, 0, 0, 1, 1, 4))):
            one, two = sorted((self.place(len(tokens)), self.place(len(tokens))))
            change = self.pick(([], [tokens[one]] * 2, [tokens[two]], [tokens[one], self.token()], [self.token()]))
            tokens[one : two if self.rarely(12) else one + 1] = change
            tokens = tokens or [""]
        return "".join(tokens)

    def soup(self) -> str:
        return "blueprint 1\n" + "".join(self.token() + self.pick((" ", "", "\n")) for _ in range(self.below(60)))

    def blueprint(self) -> str:
        if self.wild and self.rarely(16):
            return self.soup()
        head = ["blueprint 1", *(['import "more.bp" as more'] if self.below(4) == 0 else [])]
        head += [self.let() for _ in range(self.below(2))]
        images = [self.image(name) for name in ("base", "shop", "proxy")[: self.pick((1, 2, 2, 3))]]
        text = "\n".join((*head, *images, self.solution(), ""))
        return self.mutated(text) if self.wild else text
