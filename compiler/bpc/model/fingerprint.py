"""One fingerprint of what the model says: names of images come from it, and so does what has changed since the last build.

It is of values, not of places: where a step was written, and from which file its content came, changes no fingerprint.
"""

from __future__ import annotations

import json

from bpc.digest import sha256
from bpc.record import Record, fields

PLACES = ("span", "source")
"""Fields that say where something was written."""
LATER: dict[str, object] = {"network": False, "environment": ()}
"""Fields that came after the first images, with their defaults: those go without saying, so that known names stay."""


def fingerprint(*values: object) -> str:
    """SHA-256, in hexadecimal, of records of the model and of tuples, texts, bytes and numbers, in their order."""
    return sha256(json.dumps(_plain(values), sort_keys=True, separators=(",", ":")).encode())


def _plain(value: object) -> object:
    if isinstance(value, Record):
        said = {name: item for name, item in fields(value) if name not in PLACES}
        later = {name for name, default in LATER.items() if said.get(name) == default}
        return {"": type(value).__name__, **{name: _plain(item) for name, item in said.items() if name not in later}}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return sha256(value)
    return value
