"""One stack's life on a real cloud, lived with the commands of its README and observed through the services' APIs."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import yaml

from judges import readme
from judges.expected import Model
from judges.guests import Guests
from judges.observed import Observed, Thing, things

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from judges.expected import Facts

LISTS: dict[str, Callable[[Any], Any]] = {
    "OS::Nova::Server": lambda cloud: cloud.compute.servers(details=False),
    "OS::Nova::ServerGroup": lambda cloud: cloud.compute.server_groups(),
    "OS::Neutron::Net": lambda cloud: cloud.network.networks(),
    "OS::Neutron::Subnet": lambda cloud: cloud.network.subnets(),
    "OS::Neutron::Port": lambda cloud: cloud.network.ports(),
    "OS::Neutron::Router": lambda cloud: cloud.network.routers(),
    "OS::Neutron::SecurityGroup": lambda cloud: cloud.network.security_groups(),
    "OS::Neutron::FloatingIP": lambda cloud: cloud.network.ips(),
    "OS::Cinder::Volume": lambda cloud: cloud.block_storage.volumes(details=False),
    "OS::Octavia::LoadBalancer": lambda cloud: cloud.load_balancer.load_balancers(),
}


class Lifetime:
    """A project folder with a blueprint, compiled and deployed under one stack name."""

    def __init__(self, cloud: Any, admin: Any, project: Path, stack: str) -> None:
        self.cloud, self.project, self.stack = cloud, project, stack
        self.guests = Guests(admin, cloud.current_project_id, stack)
        self.folder = project / "out" / "heat"
        self.model: Model
        self.images: set[str] = set()

    def compile(self, *settings: str, parameters: Path | None = None) -> None:
        """`bpc compile` and `bpc model` with `--set` for each setting, and `--params` with what this cloud has.

        `parameters` is the user's own file, whose values go before.
        """
        chosen = [word for setting in settings for word in ("--set", setting)]
        bpc = [sys.executable, "-m", "bpc"]
        source = str(self.project / "solution.bp")
        subprocess.run(
            [*bpc, "compile", source, *chosen, "-o", str(self.project / "out"), *self._given(parameters)],
            check=True,
            capture_output=True,
        )
        printed = subprocess.run([*bpc, "model", source, *chosen], check=True, capture_output=True)
        self.model = Model(json.loads(printed.stdout))
        self.flavors = {tier: self.given[f"flavor_{self.model.known(tier)}"] for tier in self.model.groups}

    def _given(self, own: Path | None) -> list[str]:
        """The option with the flavors and the external network of this cloud, as README.txt says: in a file beside the project."""
        outside = next(iter(self.cloud.network.networks(is_router_external=True))).name
        self.flavor = min(self.cloud.compute.flavors(), key=lambda item: (item.ram, item.vcpus)).name
        self.given = {"external_network": outside}
        printed = subprocess.run(
            [sys.executable, "-m", "bpc", "model", str(self.project / "solution.bp")], check=True, capture_output=True
        )
        model = Model(json.loads(printed.stdout))
        self.given |= {f"flavor_{model.known(tier)}": self.flavor for tier in model.groups}
        if own is not None:
            self.given |= yaml.safe_load(own.read_text())["parameters"]
        file = self.project / "cloud.yaml"
        file.write_text(yaml.safe_dump({"parameters": self.given}))
        return ["--params", str(file)]

    def upload(self) -> None:
        """The README's image commands, with an empty disk for each image, except for images that are there already."""
        for words in readme.commands(self.folder, "image create"):
            name, file = words[-1], words[words.index("--file") + 1]
            if self.cloud.image.find_image(name) is None:
                (self.folder / file).parent.mkdir(exist_ok=True)
                (self.folder / file).write_bytes(empty_disk())
                readme.run(self.folder, words)
                self.images.add(name)

    def create(self, answer: Callable[[], None] | None = None) -> None:
        """`answer` is what the guests say meanwhile: that they are ready, unless another is given."""
        self._readme("stack create", answer or self._ready)

    def update(self, answer: Callable[[], None] | None = None) -> None:
        self._readme("stack update", answer or self._ready)

    def delete(self) -> None:
        self._readme("stack delete")

    def _readme(self, verb: str, meanwhile: Callable[[], None] | None = None) -> None:
        words, *_ = readme.commands(self.folder, verb, self.stack)
        if verb != "stack delete":
            words = [word for word in words if word != "--parameter-file" and not word.startswith("secret_")]
            words[3:3] = self.secrets()
        started = time.monotonic()
        readme.run(self.folder, words, meanwhile)
        print(f"{self.stack}: {verb} took {time.monotonic() - started:.0f} s")

    def secrets(self) -> list[str]:
        """The options that hand over what the user gives, as README.txt says: each secret in a file."""
        made = []
        for name in self.model.given:
            file = self.project / f"{name}.txt"
            file.write_text("giv3n")
            made += ["--parameter-file", f"secret_{name}={file}"]
        return made

    def _ready(self) -> None:
        starts_after = {name: group["starts_after"] for name, group in self.model.groups.items()}
        self.guests.say_ready(starts_after, {name: self.model.members(name) for name in self.model.groups})

    def settled(self, name: str) -> None:
        """Waits until a resource is not in progress."""
        while self.things()[name].state.endswith("IN_PROGRESS"):
            time.sleep(1)

    def things(self) -> dict[str, Thing]:
        return things(self.cloud, self.stack)

    def facts(self) -> Facts:
        """What there is, under the tiers' present names."""
        names = {self.model.known(tier): tier for tier in self.model.groups}
        return Observed(self.cloud, {path: thing.renamed(names) for path, thing in self.things().items()}).facts()

    def outputs(self) -> dict[str, str]:
        return {
            item["output_key"]: str(item["output_value"])
            for item in self.cloud.orchestration.get_stack(self.stack).outputs
        }

    def left(self, before: dict[str, Thing]) -> list[Thing]:
        """What the services still have of these things."""
        ids = {item.id for ask in LISTS.values() for item in ask(self.cloud)}
        return [thing for thing in before.values() if thing.type in LISTS and thing.id in ids]

    def clean(self) -> None:
        """Whatever happened: no stack, no image of ours is left."""
        if self.cloud.orchestration.find_stack(self.stack) is not None:
            with contextlib.suppress(readme.Failed):
                self.delete()
        for name in sorted(self.images):
            self.cloud.image.delete_image(self.cloud.image.find_image(name))


@contextlib.contextmanager
def lifetime(cloud: Any, admin: Any, project: Path, stack: str) -> Iterator[Lifetime]:
    """A stack's life that ends clean."""
    life = Lifetime(cloud, admin, project, stack)
    try:
        yield life
    finally:
        life.clean()


def empty_disk() -> bytes:
    """A qcow2 image of 1 MiB without any data: header, one level of tables, no clusters."""
    cluster = 1 << 16
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 0, 0, 16, 1 << 20, 0, 1, 3 * cluster, cluster, 1, 0, 0,
                         0, 0, 0, 4, 104)  # fmt: skip
    references = struct.pack(">Q", 2 * cluster)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    return b"".join(part.ljust(cluster, b"\0") for part in (header, references, counts, b""))
