"""Hooks, scripts and pages that are the same for all elements. The hooks are as dib-lint wants them."""

from __future__ import annotations

import re

from bpc.provision import image_base
from bpc.quoting import word
from bpc.readme import of_images

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.solution import Solution
    from bpc.model.steps import Image

HOOK = """#!/bin/bash
# {title}. Made by bpc.

if [ ${{DIB_DEBUG_TRACE:-0}} -gt 0 ]; then
    set -x
fi
set -eu
set -o pipefail

{body}"""

COPY = """{function}
copy_tree "$(dirname "$0")/../{folder}"
"""
STEPS = 'bash "$(dirname "$0")/../{folder}/steps.sh"\n'

SETTINGS = """[ -n "$TARGET_ROOT" ]

sudo cp -R "$(dirname "$0")/../bpc-base/settings/." "$TARGET_ROOT"
"""
KEEP_NAMES = "cp -L /etc/resolv.conf /run/bpc-resolv.conf\n"
NAMES = """
# systemd-resolved, which does not run here, has put its own in the place of this file.
if [ ! -e /etc/resolv.conf ]; then
    stub=$(readlink -m /etc/resolv.conf)
    mkdir -p "$(dirname "$stub")"
    cp /run/bpc-resolv.conf "$stub"
fi
"""
"""Names are found while the image is made: what the build has put into /etc/resolv.conf is kept beside."""

CLEAN = f"""#!/bin/bash
# What is left of the machine that made the image. Made by bpc.
set -euo pipefail
{image_base.remove(keep=("/tmp/",))}
rm -f /etc/hostname /etc/.resolv.conf.systemd-resolved.bak /etc/apt/apt.conf.d/95disable-recommends
{image_base.blank("")}
{image_base.trim("", by="this script")}"""

BUILD = r"""#!/bin/bash
# Makes the images with diskimage-builder: build.sh [-t TYPE] [IMAGE...]; default: qcow2, and all images.
# TYPE tar is the tree alone, without partitions and a boot loader. Packages come from the mirrors that this machine's
# apt is configured for, where it is of the images' release; DIB_DISTRIBUTION_MIRROR says others. Made by bpc.
set -euo pipefail

type=qcow2
while getopts t: option; do
  case $option in
    t) type=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- @images@

export ELEMENTS_PATH
ELEMENTS_PATH=$(cd "$(dirname "$0")" && pwd)/elements${ELEMENTS_PATH:+:$ELEMENTS_PATH}

mirror() { # release or one of its suites: where this machine's apt has it from
  command -v apt-get >/dev/null || return 0
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v suite="$1" '$2 == suite && !found { print $1; found = 1 }'
}

bootable=(vm block-device-mbr)
[ "$type" != tar ] || bootable=()

release() { # image: sets "codename"
  case $1 in
@releases@  esac
}

for image; do
  release "$image"
  distribution=${DIB_DISTRIBUTION_MIRROR:-$(mirror "$codename")}
  security=${DIB_DEBIAN_SECURITY_MIRROR:-$(mirror "$codename-security")}
  env ${distribution:+"DIB_DISTRIBUTION_MIRROR=$distribution"} ${security:+"DIB_DEBIAN_SECURITY_MIRROR=$security"} \
    disk-image-create -n -o "$image" -t "$type" ${bootable[@]+"${bootable[@]}"} "$image"
done
"""

README = """{heading}

With diskimage-builder 3, debootstrap, sudo and qemu-utils (for a disk also kpartx), as root, in the folder where the images are
to be. HERE is this folder:

    {folder}/build.sh                     # all images as qcow2
    {folder}/build.sh -t tar {first}      # one, as a tree

which are these commands, with the mirrors that this machine's apt is configured for:

    export ELEMENTS_PATH={folder}/elements
{commands}
The kernel and a few tools more than elsewhere (busybox, gnupg) are those of {minimal}.
`ELEMENTS_DIR={folder}/elements dib-lint` checks the elements. It also reads the folders `files` in them, which have the files of
the blueprint as they are: what it says of those is about the blueprint's files.
"""


def copy(folder: str) -> str:
    """Bash that copies a folder of the element into the tree."""
    return COPY.format(function=lines(image_base.COPY), folder=folder)


def lines(script: str) -> str:
    """Bash as dib-lint wants it indented."""
    return re.sub("^ +", lambda indent: indent[0] * 2, script.lstrip(), flags=re.MULTILINE)


def hook(title: str, body: str) -> str:
    return HOOK.format(title=title, body=body)


def lint(script: str) -> str:
    """A script that is shared with other builders and so has not dib-lint's style."""
    first, _, rest = script.partition("\n")
    return f"{first}\n# dib-lint: disable=indent setpipefail dibdebugtrace\n{rest}"


def environment(codename: str, distribution: str) -> str:
    """environment.d of a base: the release, and on Ubuntu the kernel for virtual machines."""
    kernel = f"export DIB_UBUNTU_KERNEL={image_base.KERNELS['ubuntu']}\n" if distribution == "ubuntu" else ""
    return f"# Made by bpc.\nexport DIB_RELEASE={codename}\n{kernel}"


def build(images: Sequence[Image]) -> str:
    """build.sh."""
    releases = "".join(f"    {word(image.name)}) codename={codename(image)} ;;\n" for image in images)
    return BUILD.replace("@images@", " ".join(word(image.name) for image in images)).replace("@releases@", releases)


def codename(image: Image) -> str:
    """The code name of the release that an image starts from."""
    assert image.base is not None
    return image_base.codename(image.base.origin)


def readme(solution: Solution, images: Sequence[Image]) -> str:
    names = [word(image.name) for image in images]
    distributions = dict.fromkeys(image.base.origin.distribution for image in images if image.base is not None)
    return README.format(
        heading=of_images(solution),
        folder="$HERE",
        first=names[0] if names else "IMAGE",
        minimal=" and ".join(f"{name}-minimal" for name in distributions) or "the release",
        commands="".join(
            f"    disk-image-create -n -o {name} -t qcow2 vm block-device-mbr {name}\n"
            f"    disk-image-create -n -o {name} -t tar {name}\n"
            for name in names
        ),
    )
