"""Guests that are heard one after the other, and late."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from judges.guests import Guest, signal

if TYPE_CHECKING:
    from judges.lifetime import Lifetime

LATE = 8
"""Seconds between a guest's being there and its signal: several of Heat's own rounds."""


class Watch:
    """Says for each new guest that it is ready, late; tier web's guest number `failing` says that it failed, with the end of `log`.

    `order` are the guests that were heard; `together` is how many of a tier were waited for at the same time, at most.
    """

    def __init__(self, life: Lifetime, failing: int = 0, log: str = "") -> None:
        self.life, self.failing, self.log = life, failing, log
        self.since: dict[str, float] = {}
        self.order: list[Guest] = []
        self.together: Counter[str] = Counter()

    def __call__(self) -> None:
        now, heard = time.monotonic(), self.life.guests.signalled
        silent = [guest for guest in self.life.guests.seen() if guest.id not in heard]
        self.together |= Counter(guest.tier for guest in silent)
        for guest in silent:
            if guest.active and now - self.since.setdefault(guest.id, now) >= LATE:
                self.failing -= guest.tier == "web"
                failed = guest.tier == "web" and self.failing == 0
                signal(guest, "FAILURE" if failed else "SUCCESS", self.log if failed else "ready")
                heard[guest.id] = guest.tier
                self.order.append(guest)

    def heard(self, tier: str) -> int:
        return sum(guest.tier == tier for guest in self.order)
