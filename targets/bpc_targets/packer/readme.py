"""What the user reads and runs first."""

from __future__ import annotations

from bpc.quoting import word
from bpc.readme import of_images
from bpc_targets.packer.hcl import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.solution import Solution
    from bpc.model.steps import Image

SEED = """#!/bin/sh
# Makes the key with which Packer enters the machines that it makes images of, and the user data that lets it in.
# No image keeps any of it. Made by bpc.
set -eu
cd "$(dirname "$0")"
[ -e key ] || ssh-keygen -q -t ed25519 -N '' -C packer -f key
mkdir -p seed
echo 'instance-id: bpc-packer' >seed/meta-data
cat >seed/user-data <<END
#cloud-config
disable_root: false
users: []
preserve_hostname: true
ssh_authorized_keys:
  - $(cat key.pub)
END
"""

TEXT = """{heading}

First, in this folder:

    ./seed.sh                  # the key with which Packer enters the machines
    packer init plugins        # Packer 1.7 and later: the plugins of the builders

What the images share, once, from the release's own cloud image (it is the default of the variable base_image):

{bases}
The images, each over that base (then ../packer-images/NAME/NAME.qcow2, beside this folder, which is overwritten when you compile again):

{images}
Without the line of the base, each image is made from the release's cloud image, and makes the system layer too. A base that
`bpc build` has made can be used as well: -var base_image=FILE.qcow2 -var base_checksum=none -var with_system=false. Where there is no
KVM: -var accelerator=tcg -var cpu=qemu64.

In a cloud, with the credentials that its own tools use (OS_CLOUD, AWS_PROFILE):

{clouds}
What comes from outside is a variable: variables.pkr.hcl lists them. `packer validate` takes the same options. The user
data needs cloud-init in the image to start from, which then lets root in with a key; Packer's own temporary keys are not used,
because those of Packer 1.6 (RSA with SHA-1) are refused by OpenSSH 8.8 and later.
"""


def text(solution: Solution, images: Sequence[Image]) -> str:
    """README.txt: the commands in the order in which they are run."""
    bases = list(dict.fromkeys(image.base.name for image in images if image.base is not None))
    over = [(image.name, image.base.name) for image in images if image.base and image.name != image.base.name]
    return TEXT.format(
        heading=of_images(solution),
        bases="".join(f"    packer build -only=qemu.{label(name)} {word(name)}\n" for name in bases),
        images="".join(
            f"    packer build -only=qemu.{label(name)} \\\n      {_over(word(base))} \\\n      {word(name)}\n"
            for name, base in over
        ),
        clouds="".join(
            f"    packer build -only={kind}.{label(name)} {word(name)}\n"
            for name in [name for name, _ in over] or bases
            for kind in ("openstack", "amazon-ebs")
        ),
    )


def _over(base: str) -> str:
    return f"-var base_image=../packer-images/{base}/{base}.qcow2 -var base_checksum=none -var with_system=false"
