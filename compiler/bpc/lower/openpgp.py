"""OpenPGP public keys (RFC 4880, RFC 9580) as far as a repository needs them: which packets a file has, and their fingerprints."""

from __future__ import annotations

import binascii
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Packet = tuple[int, bytes, bytes]

PUBLIC, SECRET = 6, (5, 7)
OF_A_KEY = {2: "signature", 13: "user id", 14: "subkey", 17: "attribute"}
LEFT_OUT = (10, 12, 21)
"""Markers, trust of somebody's own keyring, padding: nothing that a key has."""
BEGIN, END = b"-----BEGIN PGP ", b"-----END PGP "
OTHER_BLOCKS = {b"PRIVATE": "it has a private key", b"SIGNATURE": "it has a signature", b"MESSAGE": "it has a message"}
UNWHOLE = "it has no whole block between BEGIN PGP PUBLIC KEY BLOCK and END PGP PUBLIC KEY BLOCK"
LARGEST = 2**17
"""Bytes of a file of keys."""


class NoKey(ValueError):
    """Why bytes are no public keys, in words."""


def public_keys(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """(keys in binary form, the fingerprint of each). Raises `NoKey`."""
    found = _judged(content)
    if isinstance(found, str):
        raise NoKey(found)
    return found


@lru_cache(maxsize=64)
def _judged(content: bytes) -> tuple[bytes, tuple[str, ...]] | str:
    """The same, once for each file: many repositories may have one key."""
    try:
        return _read(content)
    except NoKey as wrong:
        return str(wrong)


def _read(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    if len(content) > LARGEST:
        raise NoKey(f"it has {len(content):,} bytes, more than {LARGEST:,}")
    kept: list[bytes] = []
    fingerprints: list[str] = []
    for tag, whole, body in _packets(_binary(content)):
        if tag in SECRET:
            raise NoKey("it has a private key")
        if tag in LEFT_OUT:
            continue
        if tag == PUBLIC:
            fingerprints.append(_fingerprint(body))
        elif tag not in OF_A_KEY:
            raise NoKey(f"it has a packet of another kind (tag {tag})")
        elif not fingerprints:
            raise NoKey(f"it begins with a {OF_A_KEY[tag]}")
        kept.append(whole)
    if not fingerprints:
        raise NoKey("it is empty")
    return b"".join(kept), tuple(dict.fromkeys(fingerprints))


def _binary(content: bytes) -> bytes:
    """What the file's armor holds, or the file itself."""
    if content[:1] and content[0] & 0x80 and BEGIN not in content:
        return content
    return b"".join(_unarmored(lines) for lines in _blocks(content))


def _blocks(content: bytes) -> Iterator[list[bytes]]:
    """The lines within each block. What stands around blocks is for people."""
    title, any_block = b"", False
    lines: list[bytes] = []
    for line in map(bytes.strip, content.split(b"\n")):
        if line.startswith((BEGIN, END)):
            if line.startswith(BEGIN) is bool(title):
                raise NoKey(UNWHOLE)
            if not title:
                title, lines, any_block = _title(line), [], True
                continue
            if line != END + title:
                raise NoKey(UNWHOLE)
            yield lines
            title = b""
        elif title:
            lines.append(line)
    if title or not any_block:
        raise NoKey(UNWHOLE)


def _title(line: bytes) -> bytes:
    """What is behind the word BEGIN."""
    title = line.removeprefix(BEGIN)
    for word, what in OTHER_BLOCKS.items():
        if word in title:
            raise NoKey(what)
    if title != b"PUBLIC KEY BLOCK-----":
        raise NoKey(UNWHOLE)
    return title


def _unarmored(lines: list[bytes]) -> bytes:
    """The bytes of one block, whose checksum must fit where it has one."""
    start = lines.index(b"") if b"" in lines and any(b":" in line for line in lines) else -1
    body = [line for line in lines[start + 1 :] if line]
    check = body.pop()[1:] if body and body[-1].startswith(b"=") and len(body[-1]) == 5 else b""
    try:
        made = binascii.a2b_base64(b"".join(body), strict_mode=True)
        expected = int.from_bytes(binascii.a2b_base64(check, strict_mode=True)) if check else None
    except binascii.Error:
        raise NoKey("its lines are not base64") from None
    if expected is not None and crc24(made) != expected:
        raise NoKey("its checksum does not fit: it is damaged")
    return made


def crc24(data: bytes) -> int:
    """The checksum of an armor."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc


def _packets(data: bytes) -> Iterator[Packet]:
    """(tag, the packet, its body) of each."""
    at = 0
    while at < len(data):
        first = data[at]
        if not first & 0x80:
            raise NoKey("it is not in OpenPGP's format")
        tag, start, size = _new(data, at) if first & 0x40 else _old(data, at)
        if start + size > len(data):
            raise NoKey("it breaks off")
        yield tag, data[at : start + size], data[start : start + size]
        at = start + size


def _new(data: bytes, at: int) -> tuple[int, int, int]:
    """(tag, where the body starts, its size) of a packet in the new format."""
    first = data[at + 1] if at + 1 < len(data) else 0
    if 224 <= first < 255:
        raise NoKey("it has a packet of unknown length")
    if first < 192:
        return data[at] & 0x3F, at + 2, first
    if first < 224:
        return data[at] & 0x3F, at + 3, ((first - 192) << 8) + int.from_bytes(data[at + 2 : at + 3]) + 192
    return data[at] & 0x3F, at + 6, int.from_bytes(data[at + 2 : at + 6])


def _old(data: bytes, at: int) -> tuple[int, int, int]:
    """The same in the old format."""
    kind = data[at] & 3
    if kind == 3:
        raise NoKey("it has a packet of unknown length")
    width: int = 1 << kind
    return data[at] >> 2 & 0xF, at + 1 + width, int.from_bytes(data[at + 1 : at + 1 + width])


def _fingerprint(body: bytes) -> str:
    """Of a public key, in upper-case hexadecimal: by SHA-1 for version 4, by SHA-256 for version 6."""
    import hashlib

    version = body[0] if len(body) > 6 else 0
    if version == 4:
        return hashlib.sha1(b"\x99" + len(body).to_bytes(2) + body).hexdigest().upper()
    if version == 6:
        return hashlib.sha256(b"\x9b" + len(body).to_bytes(4) + body).hexdigest().upper()
    raise NoKey(f"it has a key of version {version}, which apt does not take" if version else "it breaks off")
