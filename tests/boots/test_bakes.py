"""`bake = base`, `software` and `full` of one tier, each booted, are one machine in the end.

The machines tell what they are; what differs must have a cause that stands here. Bytes and seconds are printed as a table:
docs/images.md has that of one run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from judges.inventory import asked, differences, unexplained
from judges.machines import Machine, Signals, body, fill, postgresql_answers

pytestmark = pytest.mark.images
SHOP = Path(__file__).parents[2] / "blueprints" / "shop"
BPC = [sys.executable, "-m", "bpc"]
BAKES = ("base", "software", "full")
VOLUME = "0123456789abcdef0123"
VALUES = {"app.api.host": "10.20.2.11", "secret.db_password": "Secret-of-the-test-1", "volume.data": VOLUME}
DEADLINE = 1200
"""Seconds for an emulated machine that installs a database from the network."""

OWN = "each machine's own: keys, ids and seeds"
TIME = "written while it ran: logs, states of services, journals"
BOOT = "cloud-init's and bpc's own records of what first boot did"
CACHE = "indexes and archives that apt fetched at first boot"
ORDER = "numbers of accounts and files in the order in which packages came"
CAUSES = {
    r"file /etc/(machine-id|ssh/ssh_host_.*|hosts|hostname|resolv.conf)": OWN,
    r"file /etc/ssl/(certs|private)(/ssl-cert-snakeoil.*|/[0-9a-f]{8}\.0)?": OWN,
    r"file /var/lib/(systemd|dbus|private)/.*": OWN,
    r"file /var/lib/systemd": OWN,
    r"file /var/log/.*": TIME,
    r"file /var/lib/(postgresql|logrotate|chrony)/.*": TIME,
    r"file /(var/lib/cloud|var/lib/bpc)(/.*)?": BOOT,
    r"file /root/.*": BOOT,
    r"file /etc/sudoers.d/90-cloud-init-users": BOOT + ", with the time",
    r"file /var/(cache|lib/apt)/.*": CACHE,
    r"file /var/lib/dpkg/.*": ORDER,
    r"file /etc/(passwd|group|shadow|gshadow|subuid|subgid)-?": ORDER,
}


def blueprint(folder: Path, bake: str) -> Path:
    """The shop with one way to bake for all tiers."""
    shutil.copytree(SHOP, folder)
    file = folder / "solution.bp"
    text = file.read_text().replace("    bake    = full\n", "")
    file.write_text(text.replace('  version = "1.4.0"\n', f'  version = "1.4.0"\n  bake = {bake}\n'))
    return file


@pytest.fixture(scope="session")
def outs(built, tmp_path_factory):
    """Bake → (folder of images, folder of the stack)."""
    made = {}
    for bake in BAKES:
        folder = tmp_path_factory.mktemp(bake)
        source = blueprint(folder / "shop", bake)
        subprocess.run([*BPC, "build", "--blueprint", str(source), "-o", str(built), "web", "db"], check=True)
        subprocess.run([*BPC, "compile", str(source), "-o", str(folder)], check=True, capture_output=True)
        made[bake] = (built / "images", folder / "heat")
    return made


def machine(out: tuple[Path, Path], tier: str, folder: Path, signals: Signals) -> Machine:
    images, stack = out
    listed = json.loads((stack / "images.json").read_text())["images"]
    name = next(image["name"] for image in listed if tier in image["tiers"])
    filled = fill((stack / "user-data" / f"{tier}.yaml").read_text(), VALUES | signals.values(tier))
    port = {"web": 80, "db": 5432}[tier]
    volumes = {VOLUME: 2} if tier == "db" else {}
    image = images / f"{name}.qcow2"
    return Machine(
        tier, image, asked(filled, tier), folder, signals=signals, volumes=volumes, ports=(port,), outside=True
    )


TIERS = os.environ.get("BPC_TIERS", "web,db").split(",")


@pytest.mark.parametrize("tier", TIERS)
def test_three_ways_to_bake_are_one_machine(tier, outs, tmp_path):
    found, rows = {}, []
    for bake in BAKES:
        with contextlib.ExitStack() as stack:
            signals = stack.enter_context(Signals())
            one = stack.enter_context(machine(outs[bake], tier, tmp_path / bake, signals))
            ready = signals.wait(one, DEADLINE)
            if tier == "web":
                one.wait(lambda one=one: body(one.url(80, "/healthz")) != "", DEADLINE, "its health endpoint")
            else:
                one.wait(lambda one=one: postgresql_answers(one.ports[5432]), DEADLINE, "an answer of PostgreSQL")
            one.wait(lambda signals=signals: tier in signals.inventories, DEADLINE, "its inventory")
            found[bake] = signals.inventories[tier]
            rows.append((bake, ready, found[bake]["received"]))
            (tmp_path / f"{bake}.json").write_text(json.dumps(found[bake]))
    print(f"\n{tier}: bake, seconds until it is ready, bytes received")
    for bake, ready, received in rows:
        print(f"  {bake:9} {ready:6.0f} {received:12,}")
    for bake in BAKES[:2]:
        rest, known = unexplained(differences(found[bake], found["full"]), CAUSES)
        for cause, names in known.items():
            print(f"  {bake} and full: {len(names)} differ: {cause}, e.g. {names[0]}")
        assert rest == [], "\n".join(f"{d.what} {d.name}: {bake} [{d.left}] full [{d.right}]" for d in rest)
    assert found["base"]["received"] > 100 * found["full"]["received"]
