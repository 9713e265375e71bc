"""The mkosi target: its folders against goldens, and what it refuses.

Whatever changes in a spec changes the images: then `FORMAT` in bpc/lower/images.py counts up, so that they get new names.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from goldens import compare_environment

import bpc.api

ROOT = Path(__file__).parent.parent
HEAD = 'blueprint 1\nimage base { from = %s }\nsolution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
TIER = "  tier t { image = base, network = n %s }\n}\n"


@pytest.mark.parametrize("environment", ["", "test"])
def test_specs(environment, request):
    result = bpc.api.compile(
        ROOT / "blueprints/shop/solution.bp", targets=(), images=("mkosi",), environment=environment
    )
    assert result.diagnostics == ()
    compare_environment("mkosi-shop", environment, result.artifacts["mkosi"].files, request)


@pytest.mark.parametrize(
    ("origin", "more", "code"),
    [
        ('rocky("9")', "", "MKOSI001"),
        ('debian("3")', "", "MKOSI001"),
        ('debian("12")', ", machine { architecture = aarch64 }", "MKOSI002"),
    ],
)
def test_refusals(tmp_path, origin, more, code):
    (tmp_path / "s.bp").write_text(HEAD % origin + TIER % more)
    assert [d.code for d in bpc.api.compile(tmp_path / "s.bp", images=("mkosi",)).diagnostics] == [code]


def test_images_with_nothing_but_their_base_are_one(tmp_path):
    more = 'image other { from = base, packages = ["nginx"] }\nimage third { from = base, packages = ["redis"] }\n'
    tiers = "".join(f"  tier {name} {{ image = {name}, network = n, bake = base }}\n" for name in ("other", "third"))
    (tmp_path / "s.bp").write_text((HEAD % 'debian("12")').replace("solution", f"{more}solution") + tiers + "}\n")
    solution = bpc.api.model(tmp_path / "s.bp").solution
    assert [image.name for image in solution.images] == [solution.images[0].base.name]


def test_network_only_where_a_step_says_so(tmp_path):
    """An image's name says nothing of the default; with one step that has a network, the others are taken theirs."""
    steps = 'run "a" { text = "true" %s }, run "b" { text = "false" }'.replace(", run", "\n run")
    made = {}
    for network in ("", ", network = false", ", network = true"):
        text = (HEAD % 'debian("12")').replace("}\nsolution", "\n " + steps % network + "\n}\nsolution")
        (tmp_path / "s.bp").write_text(text + TIER % "")
        result = bpc.api.compile(tmp_path / "s.bp", images=("mkosi", "packer", "diskimage-builder"))
        assert result.solution is not None, result.diagnostics
        [name] = [image.name for image in result.solution.images]
        files = result.artifacts["mkosi"].files
        made[network] = (name, str(files[f"{name}/mkosi.conf"]), str(files[f"{name}/mkosi.postinst.chroot"]))
        others = [str(f) for t in ("packer", "diskimage-builder") for f in result.artifacts[t].files.values()]
        assert not any("unshare" in text for text in others)
    assert made[""] == made[", network = false"]
    assert "WithNetwork=no" in made[""][1]
    assert "unshare" not in made[""][2]
    assert made[""][0] != made[", network = true"][0]
    assert "WithNetwork=yes" in made[", network = true"][1]
    assert made[", network = true"][2].count("(umask 022; unshare --net -- /bin/sh") == 1
    assert made[", network = true"][2].count("(umask 022; /bin/sh") == 1
