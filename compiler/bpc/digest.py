"""SHA-256 without OpenSSL: `hashlib` loads it, which takes 3 ms, 5 % of a compile without Jinja templates (with them, it comes anyway)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256 as plain
else:
    try:
        from _sha2 import sha256 as plain  # Python 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256 as plain
        except ImportError:
            from hashlib import sha256 as plain

LARGE = 2**20


def sha256(data: bytes) -> str:
    """The digest in lower-case hexadecimal; that of large data by OpenSSL, which is faster."""
    if len(data) > LARGE:
        import hashlib

        return hashlib.sha256(data).hexdigest()
    return plain(data).hexdigest()
