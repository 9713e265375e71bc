"""What to write instead of a value of the wrong type. Loaded when there is one."""

from __future__ import annotations

import re

from bpc.diagnostics.base import did_you_mean
from bpc.language.values import EndpointValue, Hosts, ModuleValue, TemplateValue, TierValue, type_name
from bpc.record import replace
from bpc.syntax.lexer import DIGITS, meant_unit
from bpc.syntax.tree import Let
from bpc.vocabulary import DURATIONS, FUNCTIONS, RELEASES, SIZES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.diagnostics.base import Diagnostic
    from bpc.language.values import Value
    from bpc.source import Span
    from bpc.syntax.tree import Block

QUANTITY = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*\Z")
NUMBER = re.compile(r"[0-9][0-9_.]*\Z")
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
LEAST_MIB = {"memory": 128, "disk": 4096, "size": 4096}
"""From which number on a setting without a unit most likely counts MiB; 512 where the setting is another."""
LEAST_BYTES = 2**26
FIELDS = {"string": "host", "int": "port", "port": "port", "any": "host", "list(string)": "hosts"}
"""What of an endpoint is wanted, by the type that is."""
WHOLE = {"string", "int", "number", "size", "duration", "percent", "bool", "any"}


def meant(value: Value, kind: str, span: Span) -> str:
    """What was meant by a value that does not fit `kind`; empty where nobody can know."""
    kinds = kind.split(" | ")
    if isinstance(value, EndpointValue | TierValue | Hosts):
        return _of_a_tier(value, kinds, _written(span))
    if isinstance(value, ModuleValue):
        return f"name one of its images: {_written(span)}.NAME" if "image" in kinds else ""
    if isinstance(value, TemplateValue):
        return ""
    if isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _of_a_text(value, kinds)
    if type_name(value) in ("int", "number") and isinstance(value, int | float):
        return _of_a_number(value, kinds, span)
    return _as_text(kinds, span)


def _written(span: Span) -> str:
    return span.source.text[span.start : span.end]


def _as_text(kinds: list[str], span: Span) -> str:
    """A quantity or number where a text is needed: in quotes, as it is written."""
    written = _written(span)
    literal = re.fullmatch(r"[0-9][0-9A-Za-z._%]*", written)
    return f'write it in quotes: "{written}"' if "string" in kinds and literal else ""


def _of_a_tier(value: Value, kinds: list[str], written: str) -> str:
    if isinstance(value, Hosts):
        return f'write join(",", {written}) for all of them in one text' if "string" in kinds else ""
    if isinstance(value, TierValue):
        return f"name one of its endpoints: {written}.NAME" if "endpoint" in kinds else ""
    field = next((FIELDS[kind] for kind in kinds if kind in FIELDS), "")
    return f"write {written}.{field}" if field else ""


def _of_a_number(value: int | float, kinds: list[str], span: Span) -> str:
    text = _written(span) if NUMBER.match(_written(span)) else str(value)
    for kind in kinds:
        if kind == "size":
            return f"give it a unit: {size(value, _setting(span))}"
        if kind == "duration":
            return f"give it a unit: {_duration(value)}"
        if kind == "percent":
            return f"give it a unit: {value * 100 if 0 < value < 1 else value:.15g}%"
    if "bool" in kinds and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    return _as_text(kinds, span) or (f'write it in quotes: "{text}"' if "string" in kinds else "")


def _setting(span: Span) -> str:
    """The setting in front of a value, as it is written."""
    line = span.source.text[max(0, span.start - 80) : span.start]
    found = re.search(r"([A-Za-z_]\w*)[ \t]*=[ \t]*\Z", line)
    return found[1] if found else ""


def size(number: int | float, setting: str) -> str:
    """The sensible size of a number without a unit: bytes where it is huge, MiB where GiB would be absurd, else GiB."""
    if number >= LEAST_BYTES and number % 2**20 == 0:
        return _spelt(int(number) // 2**20)
    if number >= LEAST_MIB.get(setting, 512):
        return _spelt(number)
    return f"{_exact(number)}GiB"


def _spelt(mebibytes: int | float) -> str:
    whole = mebibytes / 1024
    return f"{_exact(mebibytes)}MiB or {whole:.0f}GiB" if whole == int(whole) else f"{_exact(mebibytes)}MiB"


def _exact(number: int | float) -> str:
    return str(int(number) if number == int(number) else number)


def _duration(number: int | float) -> str:
    whole = number / 1000
    return f"{number}ms or {whole:.0f}s" if number >= 1000 and whole == int(whole) else f"{number}s"


def _of_a_text(text: str, kinds: list[str]) -> str:
    for kind in kinds:
        hint = _as_kind(text, kind)
        if hint:
            return hint
    return ""


def _as_kind(text: str, kind: str) -> str:
    """A text as what it was meant to be, where it has the form of one."""
    short = text.strip()
    match kind:
        case "size" | "duration" | "percent":
            return _quantity(short, kind)
        case "int" | "number" | "port":
            number = short if kind != "port" else short.partition(":")[0].partition("/")[0]
            return f"write it without quotes: {number}" if number.isascii() and number.isdigit() else ""
        case "range":
            found = re.fullmatch(r"([0-9]+)\s*(?:\.\.+|-|to)\s*([0-9]+)", short)
            return f"write it without quotes: {found[1]}..{found[2]}" if found else ""
        case "bool":
            return _bool(short)
        case "image" | "network" | "endpoint":
            named = re.fullmatch(r"[A-Za-z_][\w.-]*", short)
            return f"write the name without quotes: {short}" if named else ""
        case "release":
            return _release(short)
        case "secret":
            return "declare `secret NAME { length = 32 }` in the solution, and pass NAME"
    return f'write a list: ["{short}"]' if kind == "list(string)" and "\n" not in short and short else ""


def _quantity(text: str, kind: str) -> str:
    found = QUANTITY.match(text)
    if found is None:
        return ""
    number, word = found.groups()
    if len(number) > DIGITS:  # no number of the language
        return ""
    if kind == "percent":
        return f"write it without quotes: {number}%" if word.lower() in ("", "%", "percent", "pct") else ""
    units = SIZES if kind == "size" else DURATIONS
    if not word:
        plain = float(number.replace("_", ""))
        return f"write {size(plain, 'memory') if kind == 'size' else number + 's'}, without quotes"
    unit = word if word in units else meant_unit(word, kind)
    return f"write it without quotes: {number}{unit}" if unit in units else ""


def _bool(text: str) -> str:
    if text.lower() in TRUE:
        return "write true, without quotes"
    if text.lower() in FALSE:
        return "write false, without quotes"
    if re.fullmatch(r"[0-9a-fA-F.:]+/[0-9]+", text):
        return "write true here, and the addresses that may come in `public` of the endpoint"
    return ""


def _release(text: str) -> str:
    found = re.fullmatch(r"([A-Za-z]+)[ :/-]?v?([0-9][0-9.]*)?", text)
    name = found[1].lower() if found else ""
    if not found or name not in RELEASES:
        near = did_you_mean(name, RELEASES) if name else ""
        return near or 'write a release, such as debian("12"), or cloud_image("NAME") for a ready image'
    return f'write {name}("{found[2] or "VERSION"}")'


def meant_member(what: str, tier: str, known: tuple[str, ...], name: str) -> str:
    """What was meant by an unknown name behind the dot of a value of the type `what`."""
    if what == "tier":
        endpoints = known[:-1]
        if not endpoints:
            return f"the tier has no endpoint: declare one with `expose {name} {{ port = … }}`"
        near = did_you_mean(name, endpoints)
        if near:
            return near
        ordered = sorted(endpoints, key=lambda endpoint: -_likeness(name, endpoint))
        field = f".{name}" if name in ("host", "port", "last_port", "member_port", "protocol") else ""
        return "its endpoints are " + ", ".join(f"{tier}.{endpoint}{field}" for endpoint in ordered)
    if what == "string":
        function = {"len": "length", "size": "length"}.get(name, name)
        return (
            f"write {function}(text)"
            if function in FUNCTIONS
            else "a text has no attributes; functions are called around it"
        )
    return did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "")


def _likeness(name: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, name, other).ratio()


CODENAMES = {
    "debian": {"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "stable": "12", "latest": "12", "oldstable": "11"},
    "ubuntu": {
        "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04", "oracular": "24.10", "plucky": "25.04", "questing": "25.10",
        "latest": "24.04", "lts": "24.04", "18": "18.04", "20": "20.04", "22": "22.04", "24": "24.04",
    },
    "fedora": {"latest": "42"},
    "rocky": {"latest": "9"},
    "almalinux": {"latest": "9"},
    "centos": {"latest": "9", "stream": "9", "stream9": "9", "9-stream": "9"},
}  # fmt: skip
"""What releases are called besides their numbers."""


def release_number(distribution: str, version: str) -> str:
    """The number of a release that is named by its code name or a tag; empty where it is no such name."""
    word = version.strip().lower().split()[0] if version.strip() else ""
    return CODENAMES.get(distribution, {}).get(word.removesuffix("-slim"), "")


def given(diagnostic: Diagnostic, settings: Mapping[str, str], solution: Block | None) -> Diagnostic:
    """The diagnostic with the `--set` that gave the value, where the marked place names it, or a `let` that is made of it."""
    if diagnostic.code not in ("BPC401", "BPC403", "BPC405", "BPC451") or solution is None:
        return diagnostic
    words = _words(diagnostic.span)
    lets = {s.name.text: _words(s.value.span) for s in solution.body if isinstance(s, Let)}
    for _ in lets:
        more = words | {word for name in words & lets.keys() - settings.keys() for word in lets[name]}
        if more == words:
            break
        words = more
    name = next((name for name in settings if name in words), "")
    return replace(diagnostic, given=f"--set {name}={settings[name]}") if name else diagnostic


def _words(span: Span) -> set[str]:
    return set(re.findall(r"[A-Za-z_][\w-]*", _written(span)))
