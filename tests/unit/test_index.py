"""What all targets have in common stands once: the index over a solution, what image builders refuse, how README.txt begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bpc_targets
from bpc import api
from bpc.model.document import document
from bpc.model.index import Index, known_as
from bpc.provision import refused
from bpc.record import Record, fields
from bpc.target import Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bpc.model.solution import Solution

ROOT = Path(__file__).parent.parent.parent
BLUEPRINTS = sorted([*ROOT.glob("blueprints/*/solution.bp"), *ROOT.glob("tests/fine/*/solution.bp")])
IMAGES = [entry.name for entry in bpc_targets.IMAGES]
STACKS = [entry.name for entry in bpc_targets.STACKS]


def model(path: Path, environment: str = "") -> Solution:
    solution = api.check(path, environment=environment).solution
    assert solution is not None
    return solution


def solutions(path: Path) -> Iterator[Solution]:
    """The solution of each environment, the plain one first."""
    yield (plain := model(path))
    yield from (model(path, environment) for environment in plain.environments)


def names(items: Iterable[Any]) -> list[str]:
    return [item.name for item in items]


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.parent.name)
def test_the_index_says_what_the_model_says(path):
    for solution in solutions(path):
        index, told = Index(solution), document(solution)
        kinds = {"Network": index.networks, "Secret": index.secrets, "Group": index.groups, "Balancer": index.balancers}
        kinds |= {"Native": index.natives, "Override": {item.name: item for item in index.overrides}}
        of: dict[str, list[dict[str, Any]]] = {kind: [] for kind in (*kinds, "Rule")}
        for item in told["resources"]:
            of[item["kind"]].append(item)
        for kind, found in kinds.items():
            assert list(found) == names(found.values()) == [item["name"] for item in of[kind]]
            assert {type(item).__name__ for item in found.values()} <= {kind}
        assert [(name, item.type) for name, item in index.params.items()] == [
            (item["name"], item["type"]) for item in told["params"]
        ]
        for group in of["Group"]:
            fronts = [
                (item["name"], listener["endpoint"])
                for item in of["Balancer"]
                if item["group"] == group["name"]
                for listener in item["listeners"]
            ]
            assert [(item.name, listener.endpoint) for item, listener in index.fronts_of(group["name"])] == fronts
            for balancer, endpoint in fronts:
                assert index.balancer_of(f"{group['name']}.{endpoint}").name == balancer
            assert index.image(index.groups[group["name"]]).name == group["image"]
        for to in (*index.groups, *index.balancers):
            rules = [(item["endpoint"], item["balancer"]) for item in of["Rule"] if item["to"] == to]
            assert [(rule.endpoint, rule.balancer) for rule in index.rules_to(to)] == rules
            assert {balancer for _, balancer in rules} <= {to in index.balancers}
            for name in {endpoint for endpoint, _ in rules}:
                served = [rule for rule in index.rules_to(to) if rule.endpoint == name]
                assert index.rules_for(to, name) == served
        assert list(index.images) == [item["name"] for item in told["images"]]
        for image in told["images"]:
            users = [item["name"] for item in of["Group"] if item["image"] == image["name"]]
            assert names(index.users(index.images[image["name"]])) == users
        built = [item for item in told["images"] if item["origin"]["kind"] == "Release"]
        assert names(index.built) == [item["name"] for item in built]
        for number, image in enumerate(index.built):
            over = [item["name"] for item in built if item["base"] == built[number]["base"]]
            assert image.base is not None
            assert names(index.over(image.base)) == over
        volumes = [volume for group in index.groups.values() for volume in group.volumes]
        for item in (*index.networks.values(), *index.secrets.values(), *index.groups.values(), *volumes):
            assert known_as(item) == (item.was or item.name)


OTHERS = """blueprint 1

image plain { from = RELEASE }
image more { from = plain, packages = ["nginx"] }

solution s {
  version = "1"
  network lan { cidr = "10.0.0.0/24" }
  tier web { image = plain, network = lan, machine { cpu = 2, memory = 4GiB, disk = 10GiB, architecture = ARCHITECTURE } }
  tier db { image = more, network = lan, machine { cpu = 2, memory = 4GiB, disk = 10GiB, architecture = ARCHITECTURE } }
}
"""
REFUSED = {
    "release": ('rocky("9")', "x86_64", refused.NoRelease),
    "architecture": ('debian("12")', "aarch64", refused.NoArchitecture),
}


def said(diagnostic: Record) -> dict[str, object]:
    return dict(fields(diagnostic))


@pytest.mark.parametrize("case", REFUSED)
def test_image_builders_refuse_the_same(case, tmp_path):
    release, architecture, kind = REFUSED[case]
    path = tmp_path / "solution.bp"
    path.write_text(OTHERS.replace("RELEASE", release).replace("ARCHITECTURE", architecture))
    solution, told = model(path), {}
    for name in IMAGES:
        artifacts, found = bpc_targets.load(name).emit(solution, Options(flavors={}, limits={}))
        assert artifacts is None
        assert [isinstance(wrong, kind) for wrong in found] == [True, True]
        told[name] = [said(wrong) for wrong in found]
        assert len({wrong.code for wrong in found}) == 1
    first = told[IMAGES[0]]
    assert all(other == first for other in told.values())
    within = Options(flavors={}, limits={}, chosen=frozenset({"imagebuilder"}))
    artifacts, found = bpc_targets.load("cloudformation").emit(solution, within)
    assert artifacts is None
    assert {wrong.code for wrong in found} == {"CFN021"}


@pytest.mark.parametrize("target", [*STACKS, *IMAGES])
@pytest.mark.parametrize("environment", ["", "test"])
def test_every_readme_begins_alike(target, environment):
    solution = model(ROOT / "blueprints" / "shop" / "solution.bp", environment)
    artifacts, _ = bpc_targets.load(target).emit(solution, Options(flavors={}, limits={}))
    assert artifacts is not None
    title, rule, made, *_ = str(artifacts.files["README.txt"]).splitlines()
    of = "Images of " if target in IMAGES else ""
    assert title == f"{of}shop {solution.version}" + (f" ({environment})" if environment else "")
    assert rule == "=" * len(title)
    assert made.startswith(f"Made by bpc {solution.compiler}")
