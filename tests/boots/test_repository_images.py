"""`bpc build` with a vendor's repository on this machine's loopback: installed, and refused with a wrong key (BPC_IMAGES)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from judges import vendor
from test_confined import build, packages
from test_faults import whole, with_base
from test_identical import tree

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.images, pytest.mark.skipif(bool(vendor.MISSING), reason=f"{vendor.MISSING} missing")]

BLUEPRINT = """blueprint 1
image base { from = debian("12"), packages = [%s] }
image it {
  from = base
  repository vendor {
    url   = "http://127.0.0.1:%d/vendor"
    suite = "stable"
    key   = "vendor.asc"
  }
  packages = ["bpc-test-tool", "hello"]
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = it, network = n }
}
"""


def project(folder: Path, port: int, key: vendor.Key) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "solution.bp").write_text(BLUEPRINT % (packages(), port))
    (folder / "vendor.asc").write_text(key.public)
    return folder


def test_a_vendors_packages_are_built_in(built, tmp_path):
    """With the wrong key nothing is built; with the right one what only the vendor has, and of the release's the release's."""
    right, other = vendor.Key(tmp_path, "right"), vendor.Key(tmp_path, "other", "ed25519")
    vendor.publish(tmp_path / "served/vendor", right, {"bpc-test-tool": "1.0", "hello": "99.0"})
    out = with_base(built, tmp_path / "out")
    with vendor.served(tmp_path / "served") as port:
        done = build(project(tmp_path / "project", port, other), out)
        assert done.returncode == 1, done.stderr
        assert "error[BPC513]" in done.stderr and "--> solution.bp:5:14" in done.stderr, done.stderr
        assert whole(out) == []
        done = build(project(tmp_path / "project", port, right), out)
        assert done.returncode == 0, done.stderr
    [image] = (out / "images").glob("it-*.json")
    versions = {entry["name"]: entry["version"] for entry in json.loads(image.read_text())["packages"]}
    assert versions["bpc-test-tool"] == "1.0"
    assert versions["hello"].startswith("2."), versions["hello"]


SHARED = """blueprint 1
image root {
  from = debian("12")
  repository vendor-debug { url = "http://127.0.0.1:%d/vendor", suite = "./", key = "vendor.asc" }
  packages = ["bpc-test-base"]
}
image it { from = root, packages = ["bpc-test-tool", "hello"] }
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = it, network = n }
}
"""


def test_the_base_has_a_repository_that_images_use(tmp_path):
    """Of the shared template: for packages of the base and of the image over it; it stays there, beside the release's own."""
    key = vendor.Key(tmp_path, "right")
    made = {"bpc-test-base": "1.0", "bpc-test-tool": "1.0", "hello": "99.0"}
    vendor.publish(tmp_path / "served/vendor", key, made, suite="./")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "vendor.asc").write_bytes(key.binary)
    with vendor.served(tmp_path / "served") as port:
        (folder / "solution.bp").write_text(SHARED % port)
        done = build(folder, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    [image] = (tmp_path / "out" / "images").glob("it-*.json")
    versions = {entry["name"]: entry["version"] for entry in json.loads(image.read_text())["packages"]}
    assert (versions["bpc-test-base"], versions["bpc-test-tool"]) == ("1.0", "1.0")
    assert versions["hello"].startswith("2."), versions["hello"]
    [disk] = (tmp_path / "out" / "images").glob("it-*.qcow2")
    found = tree(disk, tmp_path)
    source = bytes(found["/etc/apt/sources.list.d/bpc-vendor-debug.sources"]).decode()
    assert f"URIs: http://127.0.0.1:{port}/vendor" in source
    assert key.fingerprint in source
    others = [name for name in found if name.startswith("/etc/apt/sources.list.d/") and "bpc-" not in name]
    assert any(b"Types: deb" in bytes(found[name]) for name in others)
