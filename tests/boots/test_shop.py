"""The images of shop, made by `bpc build`, boot in QEMU with the first-boot data of the stack, and the shop answers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from judges.machines import Machine, Private, Signals, body, fill, free_port, postgresql_answers

pytestmark = pytest.mark.images
SHOP = Path(__file__).parents[2] / "blueprints" / "shop" / "solution.bp"
BPC = [sys.executable, "-m", "bpc"]
VOLUME = "0123456789abcdef0123"
ADDRESSES = {"db": "10.20.2.10", "app": "10.20.2.11", "web": "10.20.2.12"}
VALUES = {
    "db.0.back": ADDRESSES["db"],
    "app.api.host": ADDRESSES["app"],
    "secret.db_password": "Secret-of-the-test-1",
    "volume.data": VOLUME,
}
DEADLINE = 900
"""Seconds for an emulated machine on a loaded one."""


@pytest.fixture(scope="session")
def out(built):
    """The output folder with images and stack."""
    subprocess.run([*BPC, "compile", str(SHOP), "-o", str(built)], check=True, capture_output=True)
    return built


def machine(out: Path, tier: str, folder: Path, signals: Signals, **options) -> Machine:
    listed = json.loads((out / "heat" / "images.json").read_text())["images"]
    name = next(image["name"] for image in listed if tier in image["tiers"])
    user_data = (out / "heat" / "user-data" / f"{tier}.yaml").read_text()
    filled = fill(user_data, VALUES | signals.values(tier))
    volumes = {VOLUME: 2} if "volume.data" in user_data else {}
    image = out / "images" / f"{name}.qcow2"
    return Machine(tier, image, filled, folder / tier, signals=signals, volumes=volumes, **options)


def test_the_three_tiers_answer_through_the_web_tier(out, tmp_path):
    group = f"230.77.0.1:{free_port()}"
    with contextlib.ExitStack() as stack:
        signals = stack.enter_context(Signals())
        machines = {}
        for tier, port in (("db", 5432), ("app", 8080), ("web", 80)):
            private = Private(group, f"{ADDRESSES[tier]}/24")
            made = machine(out, tier, tmp_path, signals, ports=(port,), private=private)
            machines[tier] = stack.enter_context(made)
        for tier, one in machines.items():
            print(f"{tier}: ready after {signals.wait(one, DEADLINE):.0f} s")
        web, app, db = machines["web"], machines["app"], machines["db"]
        db.wait(lambda: postgresql_answers(db.ports[5432]), DEADLINE, "an answer of PostgreSQL")
        app.wait(lambda: body(app.url(8080, "/ready")) != "", DEADLINE, "its health endpoint")
        web.wait(lambda: body(web.url(80, "/healthz")) != "", DEADLINE, "its health endpoint")
        spent = web.wait(lambda: "visit" in body(web.url(80, "/")).lower(), DEADLINE, "the shop")
        print(f"the shop answered after {spent:.0f} s: {body(web.url(80, '/')).strip()[:80]}")
