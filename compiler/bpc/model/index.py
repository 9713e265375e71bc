"""A solution by its names, and what refers to what: built once, for every target and whoever else asks."""

from __future__ import annotations

from bpc.model.resources import Balancer, Group, Network, Rule, Secret
from bpc.model.steps import ReadyImage
from bpc.record import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.resources import Endpoint, Resource, Volume
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
        self.groups: dict[str, Group] = {}
        self.balancers: dict[str, Balancer] = {}
        self.endpoints: dict[tuple[str, str], Endpoint] = {}  # by tier and name
        self.images: dict[str, Image] = {}
        self.built = tuple(image for image in solution.images if not isinstance(image.origin, ReadyImage))
        self._users: dict[str, list[Group]] = {}
        self._balancers: dict[str, list[Balancer]] = {}
        self._rules: dict[str, list[Rule]] = {}
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
            case Group():
                self.groups[item.name] = item
                self._users.setdefault(item.image, []).append(item)
                self.endpoints |= {(item.name, endpoint.name): endpoint for endpoint in item.endpoints}
            case Balancer():
                self.balancers[item.name] = item
                self._balancers.setdefault(item.group, []).append(item)
            case Rule():
                self._rules.setdefault(item.to, []).append(item)
            case _:
                assert_never(item)

    def balancers_of(self, group: str) -> Sequence[Balancer]:
        """The balancers in front of a group."""
        return self._balancers.get(group, ())

    def rules_to(self, name: str) -> Sequence[Rule]:
        """Who may connect to a group's members, or to a balancer: its name has a dot, and a group's has none."""
        return self._rules.get(name, ())

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
