"""mkosi: a folder of configuration for each image, and for the base that they share."""

from __future__ import annotations

from bpc.target import Target
from bpc_targets.mkosi.emit import emit

CAPABILITIES = {
    "image: from release": "Distribution and Release; Debian and Ubuntu, others are refused (MKOSI001)",
    "image: from image": "BaseTrees of the base, which is built once",
    "image: cloud_image": "nothing is built",
    "packages": "Packages",
    "repository": "mkosi.sandbox for the packages of the image, the same files in its tree",
    "artifact": "copied or fetched, verified and unpacked by mkosi.postinst.chroot",
    "run": "mkosi.postinst.chroot, in the order of declaration; without a network unless `network = true`",
    "file": "mkosi.extra; owner and mode by mkosi.postinst.chroot",
    "service": "systemctl enable",
    "user": "useradd",
    "configure": "the platform's package; it works at first boot",
    "machine: architecture": "x86_64, started by BIOS; others are refused (MKOSI002)",
}

TARGET = Target(name="mkosi", title="mkosi", makes="images", limits={}, capabilities=CAPABILITIES, emit=emit)
