"""The model as a JSON document, and the JSON Schema of it, both derived from the model's own classes.

A record becomes an object with its fields; a record of a union also says which one it is, as `"kind"`. Places become
`"file:line"`; bytes become their SHA-256 and size; a text with holes becomes a list of strings and objects.
"""

from __future__ import annotations

from bpc.digest import sha256
from bpc.record import Record, fields
from bpc.source import Span, where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.solution import Solution

MODULES = ("values", "steps", "resources", "solution")


def document(solution: Solution) -> dict[str, Any]:
    """The solution as plain JSON values, in the order of the model."""
    return {"format": 1, **plain(solution)}


def plain(record: Record) -> dict[str, Any]:
    """One record of the model as plain JSON values."""
    made = _plain(record)
    assert isinstance(made, dict)
    return made


def _plain(value: object) -> object:
    if isinstance(value, Span):
        return where(value)
    if isinstance(value, Record):
        return {"kind": type(value).__name__, **{_json_name(name): _plain(item) for name, item in fields(value)}}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return {"kind": "Bytes", "sha256": sha256(value), "size": len(value)}
    if isinstance(value, float):
        return int(value) if value == int(value) else value
    return value if isinstance(value, str | bool) or value is None else int(str(value))


def _json_name(name: str) -> str:
    """`span` is a place in the model; a step's own `kind` (its layer) makes room for the record's."""
    return {"span": "source_place", "kind": "layer"}.get(name, name)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document: each class a definition with its fields, its docstring as the description."""
    from importlib import import_module
    from inspect import cleandoc

    kinds = {
        name: kind
        for module in MODULES
        for name, kind in vars(import_module(f"bpc.model.{module}")).items()
        if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
    }
    definitions: dict[str, dict[str, Any]] = {
        name: {
            "description": cleandoc(kind.__doc__ or ""),
            "type": "object",
            "properties": {
                "kind": {"const": name},
                **{_json_name(field): _annotation(text, kinds) for field, text in _annotations(kind).items()},
            },
            "required": ["kind", *(_json_name(field) for field in _annotations(kind))],
            "additionalProperties": False,
        }
        for name, kind in kinds.items()
    }
    root = definitions["Solution"]
    root["properties"]["format"] = {"const": 1}
    root["required"] = ["format", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The cloud-neutral model of a solution",
        "$ref": "#/$defs/Solution",
        "$defs": definitions,
    }


def _annotations(kind: type[Record]) -> dict[str, str]:
    return {
        name: str(text)
        for base in reversed(kind.__mro__)
        for name, text in vars(base).get("__annotations__", {}).items()
        if base is not Record and name in kind._fields
    }


BASE: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "Span": {"type": "string", "pattern": ":[0-9]+$"},
    "bytes": {
        "type": "object",
        "properties": {"kind": {"const": "Bytes"}, "sha256": {"type": "string"}, "size": {"type": "integer"}},
        "required": ["kind", "sha256", "size"],
    },
    "Protocol": {"enum": ["tcp", "udp", "http", "https"]},
    "Algorithm": {"enum": ["round_robin", "least_connections", "source_ip"]},
    "Spread": {"enum": ["hosts", "zones"]},
    "Metric": {"enum": ["cpu", "memory", ""]},
    "Architecture": {"enum": ["x86_64", "aarch64"]},
    "Filesystem": {"enum": ["ext4", "xfs"]},
    "Bake": {"enum": ["base", "software", "full"]},
    "Kind": {"enum": ["system", "software", "configuration"]},
    "Platform": {"enum": ["ansible", "puppet", "chef", "salt"]},
    "ParamType": {"enum": ["bool", "int", "number", "string", "size", "duration", "percent", "cidr", "port"]},
}
UNIONS = {
    "Resource": ("Network", "Secret", "Group", "Balancer", "Rule"),
    "Peer": ("FromAnywhere", "FromCidr", "FromGroup", "FromBalancer"),
    "Step": ("Packages", "Artifact", "Run", "File", "Service", "User", "Mount", "Configure"),
    "Data": ("Scalar", "Sequence", "Mapping"),
    "Hole": (
        "ParamHole",
        "SecretHole",
        "MemberAddressHole",
        "MemberAddressesHole",
        "BalancerAddressHole",
        "PublicAddressHole",
        "VolumeDeviceHole",
        "QuotedHole",
    ),
}


def _annotation(text: str, kinds: dict[str, type[Record]]) -> dict[str, Any]:
    """The schema of an annotation, as the model writes them: `A | B`, `tuple[A, ...]`, `Literal[...]`, names."""
    if " | " in text and not text.startswith(("tuple[", "Literal[")):
        return {"anyOf": [_annotation(part, kinds) for part in text.split(" | ")]}
    if text.startswith("tuple["):
        return {"type": "array", "items": _annotation(text[6:].removesuffix(", ...]"), kinds)}
    if text.startswith("Literal["):
        return {"enum": [word.strip(" \"'") for word in text[8:-1].split(",")]}
    if text == "Text":
        return {"type": "array", "items": {"anyOf": [{"type": "string"}, *_references(UNIONS["Hole"])]}}
    if text in UNIONS:
        return {"anyOf": _references(UNIONS[text])}
    return dict(BASE[text]) if text in BASE else _references((text,))[0]


def _references(names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"$ref": f"#/$defs/{name}"} for name in names]
