"""What a real build says of services, accounts and room that an image does not have. The base is built once (BPC_IMAGES)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_confined import build, packages
from test_faults import whole, with_base

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.images

BLUEPRINT = """blueprint 1
image base { from = debian("12"), packages = [PACKAGES] }
image it {
  from     = base
  packages = ["nginx"]
  user shop { groups = ["shoppers"] }
  file "/etc/one" { text = "1", OWNER }
  file "/etc/two" { text = "2", owner = "shop", group = "shoppers", reload = nginx }
  file "/etc/three" { text = "3", owner = "LOGIN", group = "sgx", reload = "getty@tty2" }
  STEPS
  service SERVICE
  service nginx
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image   = it
    network = n
    bake    = BAKE
    machine { disk = DISK }
  }
}
"""


class Project:
    """A blueprint that is changed between builds into one output folder."""

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder, self.out = folder / "project", with_base(built, folder / "out")
        self.folder.mkdir()

    def build(
        self, *words: str, owner="", service="ssh", bake="software", disk="10GiB", steps="", login="debian"
    ) -> tuple[int, str]:
        text = BLUEPRINT.replace("PACKAGES", packages()).replace(", OWNER", f", {owner}" if owner else "")
        text = text.replace("SERVICE", service).replace("BAKE", bake).replace("DISK", disk).replace("STEPS", steps)
        text = text.replace("LOGIN", login)
        (self.folder / "solution.bp").write_text(text)
        done = build(self.folder, self.out, *words)
        return done.returncode, done.stderr

    def place(self, word: str) -> str:
        """Where a word stands, as messages say it."""
        text = (self.folder / "solution.bp").read_text()
        at = text.index(word)
        return f"solution.bp:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


@pytest.fixture
def project(tmp_path, built):
    return Project(tmp_path, built)


def test_what_first_boot_would_look_for_in_vain(project):
    """The image is made, and stays: what is wrong is not in it. Mended, nothing is built anew."""
    code, said = project.build(owner='owner = "www-dat", group = "nobodies", reload = ngnix', service="sshd-nobody")
    assert code == 1, said
    assert said.count("error[BPC51") == 4, said
    for found, word, hint in (
        ('[BPC511]: there is no account "www-dat"', '"www-dat"', 'did you mean "www-data"?'),
        ('[BPC511]: there is no group "nobodies"', '"nobodies"', ""),
        ('[BPC510]: there is no service "ngnix"', "ngnix", 'did you mean "nginx"?'),
        ('[BPC510]: there is no service "sshd-nobody"', "sshd-nobody", ""),
    ):
        part = said.partition(found)[2].partition("error[")[0]
        assert f"--> {project.place(word)}\n" in part, said
        assert hint in part, said
    assert len(whole(project.out)) == 1
    again = project.build(owner='owner = "www-dat"')
    assert again[0] == 1 and "nothing to build" in again[1] and "BPC511" in again[1]
    code, said = project.build(owner='owner = "www-data", reload = ssh')
    assert code == 0, said
    assert "nothing to build" in said


def test_what_fails_within_the_image(project):
    """Baked configuration fails in the build itself: the same words, at the same place, with what there is by then."""
    for owner, service, found, word in (
        ("", "nginxx", '[BPC510]: there is no service "nginxx"', "nginxx"),
        ('owner = "www-dat"', "ssh", '[BPC511]: there is no account "www-dat"', '"www-dat"'),
    ):
        code, said = project.build(bake="full", owner=owner, service=service, login="root")
        assert code == 1, said
        assert found in said and f"--> {project.place(word)}\n" in said, said
        assert "did you mean" in said
    assert whole(project.out) == []


def test_nothing_is_said_where_first_boot_may_bring_it(project):
    assert project.build(bake="base", service="nginxx")[0] == 0


def test_a_disk_that_is_smaller_than_the_image(project):
    """An image that was made for a larger disk; made anew it fits; and one with more in it than the disk holds."""
    code, said = project.build()
    assert code == 0, said
    code, said = project.build(disk="2GiB")
    assert code == 1 and "nothing to build" in said, said
    assert '[BPC512]: the disk of tier "t" has 2GiB' in said and f"--> {project.place('2GiB')}\n" in said, said
    code, said = project.build("--rebuild", "t", disk="2GiB")
    assert code == 0, said
    large = 'run "fill" { text = "head -c 900M /dev/urandom >/opt/large" }'
    code, said = project.build(disk="1GiB", steps=large)
    assert code == 1, said
    assert '[BPC512]: the disk of tier "t" has 1GiB' in said and f"--> {project.place('1GiB')}\n" in said, said
    assert "write `disk = 2GiB`" in said, said
