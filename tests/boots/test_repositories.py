"""`bpc build` with a vendor's repository on this machine's loopback: installed, and refused with a wrong key (BPC_IMAGES)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from judges import vendor
from test_confined import build, packages
from test_faults import whole, with_base

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
