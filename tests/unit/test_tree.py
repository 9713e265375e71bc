"""What the names in an image's tree say of what a tier wants; the script that tells them, run in a tree made here."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bpc.driver import build_model
from bpc.imaging.known import Store
from bpc.imaging.place import Folder, output
from bpc.imaging.tree import absent, taken, too_large, tree_of
from bpc.model.index import Index
from bpc.provision.listing import LIST, ON_FAILURE, ROOM

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n",
    "etc/group": "root:x:0:\nwww-data:x:33:\nadm:x:4:\n",
    "etc/nsswitch.conf": "passwd: files systemd\ngroup: files\nhosts: files dns\n",
    "etc/cloud/cloud.cfg": "system_info:\n   default_user:\n     name: debian\n     groups: [adm, netdev]\n",
    "etc/init.d/old": "",
    "etc/systemd/system/multi-user.target.wants/nginx.service": "",
    "usr/lib/systemd/system/nginx.service": "[Install]\nAlias=web.service\n",
    "usr/lib/systemd/system/getty@.service": "",
    "usr/lib/systemd/system-generators/systemd-fstab-generator": "",
    "usr/lib/sysusers.d/basic.conf": '# accounts\nu later - "Later"\ng team -\nm later others\n',
}
BLUEPRINT = """blueprint 1
image it {
  from     = debian("12")
  packages = ["nginx"]
%s
}
solution s {
  version = "1"
  secret pw
  network n { cidr = "10.0.0.0/24" }
  tier t { image = it%s, network = n, bake = %s, machine { disk = 2GiB } }
}
""".replace(", machine { disk = 2GiB } }", "\n    machine { disk = 2GiB }\n  }")


def made(root: Path, **more: str) -> Path:
    for name, text in {**FILES, **{name.replace("__", "/"): text for name, text in more.items()}}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def told(root: Path) -> str:
    script = f"set -Eeuo pipefail\necho before\n{LIST}{ROOM}echo after\n"
    done = subprocess.run(
        ["bash", "-c", script],
        env={"BUILDROOT": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def wrong(folder: Path, tree, steps: str, bake="software", arguments="") -> list[tuple[str, str, str]]:
    """Code, the marked text and hint of each diagnostic."""
    (folder / "solution.bp").write_text(BLUEPRINT % (steps, arguments, bake))
    solution = build_model(str(folder / "solution.bp")).solution
    index = Index(solution)
    [group], [image] = index.groups.values(), index.built
    return [(d.code, d.span.source.text[d.span.start : d.span.end], d.help) for d in absent(group, image, tree)]


def test_names_are_told_and_taken_out_of_the_log(tmp_path):
    names, rest = taken(told(made(tmp_path)))
    assert rest == "before\nafter\n"
    tree = tree_of(names)
    assert {"nginx.service", "web.service", "getty@.service", "old.service"} <= tree.units
    assert tree.accounts == {"root", "www-data", "debian", "later"}
    assert tree.groups == {"root", "www-data", "adm", "debian", "netdev", "later", "others", "team"}
    assert tree.units_told and tree.accounts_told and tree.bytes > 0


def test_a_script_that_fails_tells_the_tree_of_that_moment():
    done = subprocess.run(
        ["bash", "-c", f"set -Eeuo pipefail\n{ON_FAILURE}\nfalse"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "root" in tree_of(taken(done.stdout)[0]).accounts


STEPS = """
  user me { groups = ["us"] }
  file "/etc/a" { text = "a", owner = "www-dat", group = "nobodies", reload = ngnix }
  file "/etc/b" { text = "b", owner = "me", group = "us", reload = "getty@tty2" }
  file "/etc/c" { text = "c", owner = "later", group = "others", reload = web }
  file "/etc/d" { text = "d", owner = "0", group = "debian", reload = old }
  file "/etc/e" { text = "e", owner = "absent" }
  service nginxx
  service nginx
  service "home.mount"
"""


@pytest.mark.parametrize("bake", ["software", "full"])
def test_what_is_not_there_is_told_at_its_place(bake, tmp_path):
    tree = tree_of(taken(told(made(tmp_path / "root")))[0])
    found = wrong(tmp_path, tree, STEPS, bake)
    assert [item[:2] for item in found] == [
        ("BPC511", '"www-dat"'),
        ("BPC511", '"nobodies"'),
        ("BPC510", "ngnix"),
        ("BPC511", '"absent"'),
        ("BPC510", "nginxx"),
    ]
    hints = [item[2] for item in found]
    assert hints[0] == 'did you mean "www-data"?' and hints[2] == hints[4] == 'did you mean "nginx"?'


def test_nothing_is_said_where_nobody_can_know(tmp_path):
    tree = tree_of(taken(told(made(tmp_path / "root")))[0])
    assert wrong(tmp_path, tree, STEPS, "base") == [], "the machine installs at first boot"
    late = '  param s: secret\n  run "late" { text = "true", environment = { S = s } }\n' + STEPS
    assert wrong(tmp_path, tree, late, arguments="(s = pw)") == [], "a script of first boot may bring it"
    assert wrong(tmp_path, None, STEPS) == [], "an image of an earlier bpc"
    generator = made(tmp_path / "g", **{"usr__lib__systemd__system-generators__podman-system-generator": ""})
    codes = {code for code, *_ in wrong(tmp_path, tree_of(taken(told(generator))[0]), STEPS)}
    assert codes == {"BPC511"}, "a generator may make services"
    directory = made(tmp_path / "d", **{"etc__nsswitch.conf": "passwd: files sss\n"})
    codes = {code for code, *_ in wrong(tmp_path, tree_of(taken(told(directory))[0]), STEPS)}
    assert codes == {"BPC510"}, "a directory may have accounts"
    container = '  file "/etc/containers/systemd/nginxx.container" { text = "" }\n  service nginxx\n'
    assert wrong(tmp_path, tree, container) == []


@pytest.mark.parametrize(
    "known", [{}, {"units": 3}, {"units": [], "accounts": []}, {"units": [], "accounts": 1, "groups": []}]
)
def test_what_is_remembered_may_be_anything(known):
    assert tree_of(known) is None


def test_the_size_of_the_disk_that_an_image_is(tmp_path):
    (tmp_path / "solution.bp").write_text(BLUEPRINT % ("", "", "software"))
    [group] = Index(build_model(str(tmp_path / "solution.bp")).solution).groups.values()
    images = tmp_path / "images"
    images.mkdir()
    subprocess.run(["truncate", "-s", "3G", images / "a.raw"], check=True)
    head = b"QFI\xfb" + (3).to_bytes(4) + bytes(16) + (3 * 2**30).to_bytes(8)
    (images / "a.qcow2").write_bytes(head)
    (images / "b.qcow2").write_bytes(b"QFI\xfb")
    with output(str(images), str(tmp_path), make=False) as folder:
        assert isinstance(folder, Folder)
        store = Store(folder, None)
        assert [
            store.size(name, form) for name, form in (("a", "raw"), ("a", "qcow2"), ("b", "qcow2"), ("c", "raw"))
        ] == [
            3 * 2**30,
            3 * 2**30,
            0,
            0,
        ]
        [found] = too_large(group, "a", store.size("a", "qcow2"))
    assert found.text == 'the disk of tier "t" has 2GiB, but image a needs 3GiB'
    assert found.span.source.text[found.span.start : found.span.end] == "2GiB"
    assert list(too_large(group, "a", 2 * 2**30)) == []
