"""Stands in for machines that do not run: does what their first boot would do last.

The real user data of each server is read back from the cloud, the signal program is taken out of it, and that very program is
run, under the server's host name. It carries the address and the token of the stack's wait condition, so a signal that
arrives shows that the guest's own program, address and token are right.
"""

from __future__ import annotations

import base64
import email
import gzip
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNAL = "/var/lib/bpc/signal"


class Guest(NamedTuple):
    """A server that has the user data of a stack: `tier` is whose wait condition its signal goes to."""

    id: str
    name: str
    tier: str
    active: bool
    program: str


class Guests:
    """The guests of one stack. `signalled` are the ids of those that have said that they are ready, with their tiers."""

    def __init__(self, admin: Any, project: str, stack: str) -> None:
        self.admin, self.project, self.stack = admin, project, stack
        self.signalled: dict[str, str] = {}
        self.early: list[str] = []

    def seen(self) -> list[Guest]:
        """All servers of the project whose user data signals to the stack."""
        servers = self.admin.compute.servers(details=True, all_projects=True, project_id=self.project)
        return [guest for server in servers for guest in self._guest(server)]

    def _guest(self, server: Any) -> Iterator[Guest]:
        program = signal_program(server.user_data or "")
        found = re.search(
            rf"/stacks/{re.escape(self.stack)}(?:-tier\.([^-]+)-[^/]*)?/[^/]+/resources/handle\.([^/]+)/", program
        )
        if found:  # a member's own handle, or the one that its tier has in the root template
            yield Guest(server.id, server.name, found[1] or found[2], server.status == "ACTIVE", program)

    def say_ready(self, starts_after: dict[str, list[str]], members: dict[str, int]) -> None:
        """Every active guest that was not heard yet says that it is ready.

        A guest whose tier should not have started yet is noted in `early`.
        """
        for guest in self.seen():
            for before in starts_after.get(guest.tier, []):
                if list(self.signalled.values()).count(before) < members[before]:
                    self.early.append(f"{guest.name} was there before tier {before} was ready")
            if guest.active and guest.id not in self.signalled:
                signal(guest, "SUCCESS", "ready")
                self.signalled[guest.id] = guest.tier

    def say_failed(self, reason: str) -> None:
        """Every active guest that was not heard yet says that it failed."""
        for guest in self.seen():
            if guest.active and guest.id not in self.signalled:
                signal(guest, "FAILURE", reason)
                self.signalled[guest.id] = guest.tier


def signal(guest: Guest, status: str, reason: str) -> None:
    """Runs the guest's program. Its id for Heat begins with the host name, which is the server's name, not this machine's."""
    program = guest.program.replace("socket.gethostname()", repr(guest.name))
    subprocess.run([sys.executable, "-c", program, status], input=reason.encode(), timeout=120, check=True)


def signal_program(user_data: str) -> str:
    """The text of the signal program in a server's user data (base64), or "" where there is none."""
    for config in cloud_configs(base64.b64decode(user_data)):
        for file in config.get("write_files") or []:
            if file["path"] == SIGNAL:
                return _content(file)
    return ""


def _content(file: dict[str, str]) -> str:
    encoding, content = file.get("encoding", ""), file["content"]
    data = base64.b64decode(content) if "b64" in encoding or "base64" in encoding else content.encode()
    return (gzip.decompress(data) if "gz" in encoding else data).decode()


def cloud_configs(data: bytes) -> Iterator[dict[str, Any]]:
    """The cloud-config documents of user data, plain or in a multipart message."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if data.startswith(b"#cloud-config"):
        yield yaml.safe_load(data)
    elif b"multipart/" in data[:500]:
        for part in email.message_from_bytes(data).walk():
            if part.get_content_type() == "text/cloud-config":
                yield yaml.safe_load(part.get_payload(decode=True))
