"""What `bpc build` makes of the builder's log: the package's or step's own line, and the true reason."""

from __future__ import annotations

import io

import pytest

from bpc.diagnostics.build import NoPackage, NoService, NoVersion, StepFailed
from bpc.imaging.builder import Order, why_failed
from bpc.imaging.log import Log
from bpc.imaging.plan import Job
from bpc.model.steps import Packages, Service
from bpc.source import Source, Span

SOURCE = Source("images.bp", 'packages = ["nginx=9.9", "ngnix"]')
PLACE = Span(SOURCE, 0, 8)


def diagnosed(text: str, step=None, *, network=False):
    log = Log("build.log", io.BytesIO(), ())
    log.follow(io.BufferedReader(io.BytesIO(text.encode()))).join()
    step = step or Packages(names=("nginx=9.9", "ngnix"), kind="software", span=PLACE)
    job = Job(name="web", title="web", needs="", why="it is new", steps=(step,), network=network)
    order = Order(**dict.fromkeys(Order._fields, ()) | {"span": Span(SOURCE, 0, 0)})
    return why_failed(order, job, log)


@pytest.mark.parametrize(
    "line",
    ["E: Version '9.9' for 'nginx' was not found", "\x1b[31mE: Version '9.9' for 'nginx' was not found\x1b[0m"],
)
def test_a_version_that_does_not_exist_is_not_taken_for_a_package_that_does_not(line):
    found = diagnosed(f"Reading package lists...\n{line}\n")
    assert isinstance(found, NoVersion)
    assert found.text == 'package "nginx" exists, but not in version 9.9, for image web'
    assert "apt list -a nginx" in found.help
    assert found.span == PLACE


def test_a_package_that_does_not_exist():
    found = diagnosed("E: Unable to locate package ngnix\n")
    assert isinstance(found, NoPackage)
    assert found.text == 'package "ngnix" for image web does not exist'


TREE = "bpc-tree: units nginx.service\nbpc-tree: accounts root\nbpc-tree: groups root\n"


@pytest.mark.parametrize(("name", "kind"), [("ngnix", NoService), ("nginx", StepFailed)])
def test_a_service_that_could_not_be_enabled(name, kind):
    """One that is not in the image's tree is told as such; the tree is no part of what people read."""
    step = Service(name=name, unit=(), enabled=True, kind="software", span=PLACE)
    found = diagnosed(f"bpc-step: images.bp:1\nFailed to enable unit\n{TREE}the builder's last word\n", step)
    assert isinstance(found, kind)
    if kind is StepFailed:
        assert found.output.split("\n") == ["    Failed to enable unit", "    the builder's last word"]
    else:
        assert (found.text, found.help) == ('there is no service "ngnix" in image web', 'did you mean "nginx"?')
