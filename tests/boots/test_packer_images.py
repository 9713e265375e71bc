"""A Packer template of shop, validated, built by the QEMU builder on a base that `bpc build` has made, and booted.

The base has nothing but the system layer; nginx comes in while Packer runs. BPC_IMAGES is the output folder of an earlier
`bpc build`, so that a second run is quick.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judges.machines import Machine, Signals, body, fill

pytestmark = [
    pytest.mark.images,
    pytest.mark.skipif(shutil.which("packer") is None, reason="packer is not installed: apt-get install packer"),
]
SHOP = Path(__file__).parents[2] / "blueprints" / "shop"
BPC = [sys.executable, "-m", "bpc"]
VALUES = {"app.api.host": "10.20.2.11"}
DEADLINE = 900
"""Seconds for an emulated machine on a loaded one."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The image of the web tier with nothing but its base, made by mkosi."""
    out = Path(os.environ.get("BPC_IMAGES") or tmp_path_factory.mktemp("out"))
    source = tmp_path_factory.mktemp("base") / "shop"
    shutil.copytree(SHOP, source)
    text = (source / "solution.bp").read_text().replace("  tier web {\n", "  tier web {\n    bake = base\n")
    (source / "solution.bp").write_text(text)
    command = ["--blueprint", str(source / "solution.bp"), "-o", str(out), "web"]
    subprocess.run([*BPC, "build", *command], check=True)
    model = json.loads(subprocess.check_output([*BPC, "model", str(source / "solution.bp")]))
    web = next(item for item in model["resources"] if item.get("name") == "web" and "image" in item)
    return out / "images" / f"{web['image']}.qcow2"


def packer(*arguments: str | Path, folder: Path) -> None:
    accelerated = os.environ.get("BPC_KVM")
    options = {"base_image": "", "base_checksum": "none", "with_system": "false", "output": str(folder / "images")}
    options |= {} if accelerated else {"accelerator": "tcg", "cpu": "qemu64"}
    command, template, image = arguments
    options["base_image"] = str(image)
    words = [word for name, value in options.items() for word in ("-var", f"{name}={value}")]
    environment = os.environ | {"CHECKPOINT_DISABLE": "1", "PACKER_CACHE_DIR": str(folder / "cache")}
    subprocess.run(["packer", str(command), "-only=qemu.*", *words, template], check=True, env=environment)


def test_an_image_of_packer_boots_and_answers(base, tmp_path):
    subprocess.run(
        [*BPC, "compile", str(SHOP / "solution.bp"), "--env", "test", "--images", "packer", "-o", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    specs, stack = tmp_path / "packer", tmp_path / "heat"
    subprocess.run([specs / "seed.sh"], check=True)
    listed = json.loads((stack / "images.json").read_text())["images"]
    name = next(image["name"] for image in listed if "web" in image["tiers"])
    packer("validate", specs / name, base, folder=tmp_path)
    started = time.monotonic()
    packer("build", specs / name, base, folder=tmp_path)
    print(f"packer built {name} in {time.monotonic() - started:.0f} s")
    with contextlib.ExitStack() as stacked:
        signals = stacked.enter_context(Signals())
        user_data = fill((stack / "user-data" / "web.yaml").read_text(), VALUES | signals.values("web"))
        image = tmp_path / "images" / name / f"{name}.qcow2"
        web = stacked.enter_context(Machine("web", image, user_data, tmp_path / "web", ports=(80,), signals=signals))
        print(f"ready after {signals.wait(web, DEADLINE):.0f} s")
        spent = web.wait(lambda: body(web.url(80, "/healthz")) != "", DEADLINE, "its health endpoint")
        print(f"its health endpoint answered after {spent:.0f} s")
