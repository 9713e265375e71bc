"""Whether a text has more than one way through a pattern: then an engine that goes back may try all of them.

A pattern's places are its characters and classes, repetitions written out, and what may follow each. Two ways are looked for
in pairs of places that one text leads to: where they meet again, the text has two ways to one place.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = tuple[Any, ...]
    """`("set", ranges)`, `("cat", nodes)`, `("alt", nodes)` or `("rep", node, least, most or None)`."""
    Part = tuple[bool, list[int], list[int]]
    """Of a part: whether it may be empty, the places that it may begin and end with."""

PLACES, STEPS = 1000, 100_000
START = -1


class _TooLarge(Exception):
    pass


class _TwoWays(Exception):
    """Carries the places of the second way's end, where they are known."""

    def __init__(self, *places: int) -> None:
        self.places = places


def check(node: Node) -> tuple[int, str | None, bool]:
    """The steps that it took; a text with two ways through the pattern, or None; and whether there are too many places to tell."""
    graph = _Graph()
    try:
        _, first, _ = graph.part(node)
        graph.follow[START] = dict.fromkeys(first)
        graph.meet()
    except _TooLarge:
        return graph.steps, None, True
    except _TwoWays as found:
        return graph.steps, graph.text(found.places), False
    return graph.steps, None, False


class _Graph:
    """The places of a pattern, each with its characters, and which may come next."""

    def __init__(self) -> None:
        self.ranges: list[Any] = []
        self.follow: dict[int, dict[int, None]] = {}
        self.before: dict[tuple[int, int], tuple[int, int] | int] = {}
        self.steps = 0

    def step(self, number: int = 1) -> None:
        self.steps += number
        if self.steps > STEPS:
            raise _TooLarge

    def part(self, node: Node) -> Part:
        match node:
            case ("set", ranges):
                if len(self.ranges) == PLACES:
                    raise _TooLarge
                self.ranges.append(ranges)
                place = len(self.ranges) - 1
                self.follow[place] = {}
                return False, [place], [place]
            case ("cat", parts):
                made: Part = (True, [], [])
                for inner in parts:
                    made = self.joined(made, self.part(inner))
                return made
            case ("alt", parts):
                listed = [self.part(inner) for inner in parts]
                if sum(empty for empty, _, _ in listed) > 1:
                    raise _TwoWays
                firsts = [place for _, first, _ in listed for place in first]
                lasts = [place for _, _, last in listed for place in last]
                return any(empty for empty, _, _ in listed), firsts, lasts
            case ("rep", inner, low, high):
                return self.repeated(inner, low, high)
        raise TypeError(node)

    def joined(self, one: Part, two: Part) -> Part:
        self.link(one[2], two[1])
        first = [*one[1], *two[1]] if one[0] else one[1]
        last = [*one[2], *two[2]] if two[0] else two[2]
        return one[0] and two[0], first, last

    def link(self, ends: list[int], begins: list[int]) -> None:
        self.step(1 + len(ends) * len(begins))
        for end in ends:
            for begin in begins:
                if begin in self.follow[end]:
                    raise _TwoWays(end, begin)
                self.follow[end][begin] = None

    def repeated(self, inner: Node, low: int, high: int | None) -> Part:
        """Written out: what must be there, then a loop, or one that may be there with the next inside it."""
        made: Part = (True, [], [])
        for _ in range(low if high is not None else low - 1):
            made = self.joined(made, self.part(inner))
        if high is None:
            loop = self.filled(inner)
            self.link(loop[2], loop[1])
            return self.joined(made, (low == 0, loop[1], loop[2]))
        rest: Part = (True, [], [])
        for _ in range(high - low):
            _, first, last = self.joined(self.filled(inner), rest)
            rest = (True, first, last)
        return self.joined(made, rest)

    def filled(self, inner: Node) -> Part:
        """A part that may be left out, and so must not be empty besides."""
        made = self.part(inner)
        if made[0]:
            raise _TwoWays
        return made

    # ---- two ways

    def meet(self) -> None:
        """Goes on from each place where a text has two ways. Raises `_TwoWays` where these meet."""
        waiting: list[tuple[int, int]] = []
        for place in self.follow:
            self.pairs((place, place), place, waiting)
        while waiting:
            self.pairs(pair := waiting.pop(), pair, waiting)

    def pairs(self, pair: tuple[int, int], origin: tuple[int, int] | int, waiting: list[tuple[int, int]]) -> None:
        one, two = pair
        follow = self.follow[two]
        for left in self.follow[one]:
            self.step(1 + len(follow))
            for right in follow:
                if (left < right or one != two) and self.common(left, right) is not None:
                    if left == right:
                        self.before.setdefault((left, right), origin)
                        raise _TwoWays(left, right)
                    if (left, right) not in self.before:
                        self.before[left, right] = origin
                        waiting.append((left, right))

    def common(self, one: int, two: int) -> str | None:
        """A character that two places have."""
        self.step()
        ranges = self.ranges[one], self.ranges[two]
        found = [(max(a, c), min(b, d)) for a, b in ranges[0] for c, d in ranges[1] if max(a, c) <= min(b, d)]
        if not found:
            return None
        return next(
            (sign for sign in "a0A-. " if any(low <= ord(sign) <= high for low, high in found)), chr(found[0][0])
        )

    # ---- an example

    def text(self, places: tuple[int, ...]) -> str:
        """A text with two ways to the place where these meet."""
        if not places:
            return ""
        one, two = places
        if (one, two) not in self.before:  # two ways from one place to the next
            return self.leading(one) + (self.common(two, two) or "")
        made: list[str] = []
        at: tuple[int, int] | int = (one, two)
        while not isinstance(at, int):
            made.append(self.common(*at) or "")
            at = self.before[at]
        return (self.leading(at) if at != START else "") + "".join(reversed(made))

    def leading(self, place: int) -> str:
        """A shortest text from the beginning to a place."""
        ways: dict[int, str] = {START: ""}
        for at in (waiting := [START]):
            if at == place:
                break
            for after in self.follow.get(at, ()):
                if after not in ways:
                    ways[after] = ways[at] + (self.common(after, after) or "")
                    waiting.append(after)
        return ways.get(place, self.common(place, place) or "")
