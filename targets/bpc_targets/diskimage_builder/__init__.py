"""diskimage-builder: an element for each base and each image, and the script that runs disk-image-create over them."""

from __future__ import annotations

from bpc.target import Target
from bpc_targets.diskimage_builder.emit import emit

CAPABILITIES = {
    "image: from release": "debian-minimal or ubuntu-minimal; others are refused (DIB001)",
    "image: from image": "an element that the images' elements depend on",
    "image: cloud_image": "nothing is built",
    "packages": "package-installs.yaml",
    "repository": "its files, then apt-get update of it alone, in pre-install.d",
    "artifact": "copied or fetched, verified and unpacked in post-install.d",
    "run": "post-install.d, in the order of declaration",
    "file": "copied in install.d; owner and mode in post-install.d",
    "service": "systemctl enable",
    "user": "useradd",
    "configure": "the platform's package; it works at first boot",
    "machine: architecture": "x86_64, started by BIOS; others are refused (DIB002)",
}

TARGET = Target(
    name="diskimage-builder",
    title="diskimage-builder",
    makes="images",
    limits={},
    capabilities=CAPABILITIES,
    emit=emit,
)
