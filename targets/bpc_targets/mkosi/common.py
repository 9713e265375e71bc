"""What every mkosi image says besides the blueprint's own steps, and why."""

from __future__ import annotations

from bpc.provision import image_base, listing
from bpc.quoting import word
from bpc.readme import of_images

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.solution import Solution
    from bpc.model.steps import Image

    Files = dict[str, str | bytes]

SETTINGS = [
    "Bootable=no",
    "WithDocs=no",
    "WithRecommends=no",
    "CleanPackageMetadata=no",
    "SourceDateEpoch=1767225600",
    "# what would make two machines of one image the same machine, or two builds of it differ",
    "RemoveFiles=",
    *(f"        {path}" for path in image_base.REMOVED),
]

FINALIZE = f"""#!/bin/bash
# The last step of an image: nothing of the machine that made it, and nothing that is one machine's own. Made by bpc.
set -euo pipefail

{image_base.blank("$BUILDROOT")}
# RemoveFiles= does not see a link whose target the builder's own machine has not
rm -f "$BUILDROOT/var/lib/dbus/machine-id"
for presets in "$BUILDROOT"/etc/systemd/{{system,user}}-preset; do
  rm -f "$presets/00-bpc-build.preset"
  [ ! -d "$presets" ] || rmdir --ignore-fail-on-non-empty "$presets"
done

{image_base.trim("$BUILDROOT", by="RemoveFiles=")}
# what services and accounts there are, for `bpc build`
{listing.LIST}{listing.ROOM}"""

PRESET = "# While the image is made: services stay as packages and the blueprint have set them.\nignore *\n"
PRESETS: Files = {f"etc/systemd/{kind}-preset/00-bpc-build.preset": PRESET for kind in ("system", "user")}

SOURCES = """
# mkosi also names source packages and debugging symbols: half of what apt would fetch at first boot.
for sources in /etc/apt/sources.list.d/*.sources; do
  awk 'BEGIN { RS = ""; ORS = "\\n\\n" } !/-debug/ { sub(/deb deb-src/, "deb"); print }' "$sources" >"$sources.new"
  mv "$sources.new" "$sources"
done

"""

DISK: Files = {
    "etc/fstab": "LABEL=root / ext4 rw,errors=remount-ro 0 1\n",
    "boot/grub/grub.cfg": (
        "# The kernel of the image. Made by bpc.\n"
        "serial --unit=0 --speed=115200\n"
        "terminal_input console serial\n"
        "terminal_output console serial\n"
        "set timeout=0\n"
        "search --no-floppy --set=root --label root\n"
        "linux /vmlinuz root=LABEL=root rw console=tty0 console=ttyS0,115200\n"
        "initrd /initrd.img\n"
        "boot\n"
    ),
}

GRUB = r"""#!/bin/bash
# GRUB for machines that start by BIOS, the default of most clouds: into the boot record and the partition for it. Both are
# bytes at known places, so that no loop device is needed. Made by bpc.
set -euo pipefail
image=$(find "$OUTPUTDIR" -maxdepth 1 -name '*.raw' -type f)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/early.cfg" <<'CFG'
search --no-floppy --set=root --label root
set prefix=($root)/boot/grub
configfile ($root)/boot/grub/grub.cfg
CFG
grub-mkimage --format=i386-pc --output="$work/core.img" --prefix=/boot/grub --config="$work/early.cfg" \
  biosdisk part_gpt ext2 search search_label configfile normal linux serial terminal echo test minicmd
cp /usr/lib/grub/i386-pc/boot.img "$work/boot.img"

number() { # value, bytes: little-endian
  local value=$1
  for _ in $(seq "$2"); do
    printf "\\x$(printf %02x $((value & 255)))"
    value=$((value >> 8))
  done
}

# As grub-bios-setup does it: the boot record names the first sector of the core image, and that one its second.
type=21686148-6449-6E6F-744E-656564454649
sector=$(sfdisk --json "$image" | jq ".partitiontable.partitions[] | select(.type == \"$type\") | .start")
number "$sector" 8 | dd of="$work/boot.img" bs=1 seek=92 conv=notrunc status=none # GRUB_BOOT_MACHINE_KERNEL_SECTOR
printf '\x90\x90' | dd of="$work/boot.img" bs=1 seek=102 conv=notrunc status=none # GRUB_BOOT_MACHINE_DRIVE_CHECK: a disk
number $((sector + 1)) 8 | dd of="$work/core.img" bs=1 seek=500 conv=notrunc status=none # its list of blocks
dd if="$work/boot.img" of="$image" bs=1 count=440 conv=notrunc status=none
dd if="$work/core.img" of="$image" bs=512 seek="$sector" conv=notrunc status=none
"""


def sources(*, vendors: bool) -> str:
    """`SOURCES`, of the release alone where there are `vendors`' too."""
    ours = "  case $sources in */bpc-*) continue ;; esac\n" if vendors else ""
    return SOURCES.replace("; do\n", f"; do\n{ours}", 1)


def partitions(size: int) -> Files:
    """One for GRUB, and the root, of `size` bytes; the machine grows it to its disk. `mkfs_options` fills the root."""
    grub = "# GRUB's core image; no file system.\n[Partition]\nType=21686148-6449-6e6f-744e-656564454649\nLabel=bios\n"
    root = "[Partition]\nType=root\nLabel=root\nFormat=ext4\n"
    return {
        "mkosi.repart/00-bios.conf": f"{grub}SizeMinBytes=1M\nSizeMaxBytes=1M\n",
        "mkosi.repart/10-root.conf": f"{root}SizeMinBytes={size}\nSizeMaxBytes={size}\n",
    }


def mkfs_options(seed: str) -> str:
    """The setting that makes mke2fs take the image's tree itself: with CopyFiles=, systemd-repart would first copy all of it."""
    return f'Environment=SYSTEMD_REPART_MKFS_OPTIONS_EXT4="-d /buildroot -E hash_seed={seed}"'


def readme(solution: Solution, images: Sequence[Image]) -> str:
    bases = dict.fromkeys(image.base.name for image in images if image.base is not None)
    make = "mkosi --directory={0} --output-directory=OUT --force build"
    return (
        f"{of_images(solution)}\n\n"
        "`bpc build` makes all of them that are missing. By hand, with mkosi 25 or later, as root:\n\n"
        "What they share, once\n"
        + "".join(f"    {make.format(word(name + '.tree'))}\n" for name in bases)
        + "\nThe images (then OUT/NAME.raw)\n"
        + "".join(f"    {make.format(word(image.name))}\n" for image in images)
        + "\nOn Debian, packages come from the mirrors of mkosi's own configuration; `--sandbox-tree=` brings others.\n"
    )
