"""Two builds of one blueprint, base and all, are the same bytes where the packages allow it; the rest is listed with its cause."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from judges.machines import output, program

pytestmark = pytest.mark.images
SHOP = Path(__file__).parents[2] / "blueprints" / "shop" / "solution.bp"
CLUSTER = "Debian's package of PostgreSQL makes a database cluster: it has a random identifier and the time in it"
CAUSES = {"postgres": {r"/var/lib/postgresql/15/main/.*": CLUSTER}}
"""Template → pattern of a file's path → why two builds of it differ."""


def test_two_builds(built, tmp_path):
    again = tmp_path / "again"
    subprocess.run([sys.executable, "-m", "bpc", "build", "--blueprint", str(SHOP), "-o", str(again)], check=True)
    for description in sorted((again / "images").glob("*.json")):
        first = json.loads((built / "images" / description.name).read_text())
        second = json.loads(description.read_text())
        assert first["packages"] == second["packages"], "the mirror has changed between the two builds"
        if first["files"]["qcow2"]["sha256"] == second["files"]["qcow2"]["sha256"]:
            print(f"{description.stem}: the same bytes")
            continue
        name = description.with_suffix(".qcow2").name
        found = different(tree(built / "images" / name, tmp_path), tree(description.with_suffix(".qcow2"), tmp_path))
        causes = CAUSES.get(description.stem.rpartition("-")[0], {})
        print(f"{description.stem}: {len(found)} files differ: {', '.join(causes.values())}")
        assert found, f"{name}: the files are the same, and the disks are not"
        assert not [path for path in found if not any(re.fullmatch(form, path) for form in causes)]


def test_nothing_of_one_machine_is_in_an_image(built, tmp_path):
    """No SSH host keys, machine id, logs, package caches or passwords; the root partition says so itself."""
    for image in sorted((built / "images").glob("*.qcow2"))[:2]:
        found = tree(image, tmp_path)
        assert found["/etc/machine-id"] == b""
        assert not [path for path in found if path.startswith("/etc/ssh/ssh_host_")]
        logs = [path for path, content in found.items() if path.startswith("/var/log/") and isinstance(content, bytes)]
        assert logs == []
        caches = ("/var/cache/apt/", "/var/lib/apt/lists/")
        assert not [path for path, content in found.items() if path.startswith(caches) and isinstance(content, bytes)]
        shadow = bytes(found["/etc/shadow"]).decode().splitlines()
        assert {line.split(":")[1] for line in shadow} <= {"*", "!", "!*", "!!"}, "an account has a password"


def tree(image: Path, folder: Path) -> dict[str, str | bytes]:
    """Path → mode and content of an image's root file system, read by e2fsprogs: nothing is mounted."""
    place = folder / f"{image.parent.parent.name}-{image.stem}"
    place.mkdir()
    raw = folder / "disk.raw"
    output(program("qemu-img"), "convert", "-O", "raw", image, raw)
    table = json.loads(output("sfdisk", "--json", raw))["partitiontable"]["partitions"][-1]
    subprocess.run(
        ["dd", f"if={raw}", f"of={folder / 'root.ext4'}", "bs=512", f"skip={table['start']}", "status=none"], check=True
    )
    subprocess.run(["debugfs", "-R", f"rdump / {place}", folder / "root.ext4"], check=True, capture_output=True)
    found: dict[str, str | bytes] = {}
    for path in place.rglob("*"):
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) else str(path.readlink()) if stat.S_ISLNK(mode) else ""
        found[f"/{path.relative_to(place)}"] = content
    return found


def different(left: dict[str, str | bytes], right: dict[str, str | bytes]) -> list[str]:
    return sorted(path for path in {*left, *right} if left.get(path) != right.get(path))
