"""A solution by its names, and what refers to what: built once, for every target and whoever else asks."""

from __future__ import annotations

from itertools import islice

from bpc.model.resources import Balancer, Group, Native, Network, Override, Rule, Secret
from bpc.model.steps import ReadyImage
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.resources import Endpoint, Listener, Resource, Volume
    from bpc.model.solution import Param, Solution
    from bpc.model.steps import Base, Image


class Index:
    """Dictionaries from names to the model's objects, in the order of declaration.

    `built` are the images that somebody makes: not those that a cloud has.
    """

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.params: dict[str, Param] = {item.name: item for item in solution.params}
        self.networks: dict[str, Network] = {}
        self.secrets: dict[str, Secret] = {}
        self.natives: dict[str, Native] = {}
        self.overrides: list[Override] = []
        self.groups: dict[str, Group] = {}
        self.balancers: dict[str, Balancer] = {}
        self.endpoints: dict[tuple[str, str], Endpoint] = {}  # by tier and name
        self.images: dict[str, Image] = {}
        self.built = tuple(image for image in solution.images if not isinstance(image.origin, ReadyImage))
        self._users: dict[str, list[Group]] = {}
        self._fronts: dict[str, list[tuple[Balancer, Listener]]] = {}
        self._listeners: dict[tuple[str, str], tuple[Balancer, Listener]] = {}  # by tier and endpoint
        self._rules: dict[str, list[Rule]] = {}
        self._rules_for: dict[tuple[str, str], list[Rule]] = {}  # by whom they lead to, and endpoint
        for image in solution.images:
            self.images.setdefault(image.name, image)
        for item in solution.resources:
            self._add(item)

    def _add(self, item: Resource) -> None:
        match item:
            case Network():
                self.networks[item.name] = item
            case Secret():
                self.secrets[item.name] = item
            case Native():
                self.natives[item.name] = item
            case Override():
                self.overrides.append(item)
            case Group():
                self.groups[item.name] = item
                self._users.setdefault(item.image, []).append(item)
                self.endpoints |= {(item.name, endpoint.name): endpoint for endpoint in item.endpoints}
            case Balancer():
                self.balancers[item.name] = item
                fronts = [(item, listener) for listener in item.listeners]
                self._fronts.setdefault(item.group, []).extend(fronts)
                self._listeners |= {(item.group, front[1].endpoint): front for front in fronts}
            case Rule():
                self._rules.setdefault(item.to, []).append(item)
                self._rules_for.setdefault((item.to, item.endpoint), []).append(item)
            case _:
                assert_never(item)

    @property
    def zones(self) -> tuple[str, ...]:
        """What the zones are called among which members are spread: as tiers say, and at least two. Sorted, so that no edit exchanges them."""
        named = {group.zone for group in self.groups.values() if group.zone}
        spare = (name for name in ("a", "b") if name not in named)
        return tuple(sorted(named | set(islice(spare, max(0, 2 - len(named))))))

    def fronts_of(self, group: str) -> Sequence[tuple[Balancer, Listener]]:
        """The listeners in front of a group, each with its balancer."""
        return self._fronts.get(group, ())

    def balancer_of(self, endpoint: str) -> Balancer:
        """The balancer in front of an endpoint, which is named `group.endpoint`."""
        group, _, name = endpoint.partition(".")
        return self._listeners[group, name][0]

    def known_endpoint(self, group: str, endpoint: str) -> tuple[str | int, ...]:
        """What an endpoint's ids are told by: its name; behind the first of a balancer, the first one's name and its own port.

        A balancer has a port once, and clouds make a new listener before the old one goes: so one that is renamed
        stays, and one that moves to another balancer is made anew.
        """
        balancer, listener = self._listeners.get((group, endpoint), (None, None))
        first = endpoint if balancer is None else balancer.name.partition(".")[2]
        return (first,) if first == endpoint or listener is None else (first, listener.port)

    def rules_to(self, name: str) -> Sequence[Rule]:
        """Who may connect to a group's members, or to a balancer: its name has a dot, and a group's has none."""
        return self._rules.get(name, ())

    def rules_for(self, name: str, endpoint: str) -> Sequence[Rule]:
        """Those of them that serve an endpoint."""
        return self._rules_for.get((name, endpoint), ())

    def users(self, image: Image) -> Sequence[Group]:
        """The groups whose machines start from an image."""
        return self._users.get(image.name, ())

    def image(self, group: Group) -> Image:
        """What a group's machines start from."""
        return self.images[group.image]

    def over(self, base: Base) -> list[Image]:
        """The images that are built over a base."""
        return [image for image in self.built if image.base == base]


def known_as(of: Network | Secret | Group | Volume) -> str:
    """The name that a thing had at first, which its ids keep: `was`, or its own."""
    return of.was or of.name
