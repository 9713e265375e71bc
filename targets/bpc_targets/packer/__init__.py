"""Packer: a folder of HCL2 for each image, with sources for QEMU, OpenStack and Amazon EC2."""

from __future__ import annotations

from bpc.target import Target
from bpc_targets.packer.emit import emit

CAPABILITIES = {
    "image: from release": "variable base_image, the release's cloud image; Debian and Ubuntu, others are refused (PACKER001)",
    "image: from image": "the system layer as scripts, or a base_image that has it (with_system=false)",
    "image: cloud_image": "nothing is built",
    "packages": "apt-get, without recommended packages",
    "repository": "its files, then apt-get update of it alone, before the packages",
    "artifact": "copied or fetched, verified and unpacked by a shell provisioner",
    "run": "shell provisioner, in the order of declaration",
    "file": "file provisioner; owner and mode by a shell provisioner",
    "service": "systemctl enable; services do not start while the image is made",
    "user": "useradd",
    "configure": "the platform's package; it works at first boot",
    "machine: architecture": "x86_64; others are refused (PACKER002)",
}

TARGET = Target(name="packer", title="Packer", makes="images", limits={}, capabilities=CAPABILITIES, emit=emit)
