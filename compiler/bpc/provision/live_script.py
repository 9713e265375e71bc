"""What runs on the machine that becomes the image: the same as mkosi does in the image's tree.

/var/tmp/bpc/system, /var/tmp/bpc/image     files that were uploaded
"""

from __future__ import annotations

from bpc.provision import chroot_script, image_base, repositories
from bpc.quoting import comment, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.steps import Base, Image, Step

    Files = dict[str, str | bytes]

UPLOADS = "/var/tmp/bpc"
KEYS = "/root/.ssh/authorized_keys"

START = f"""#!/bin/bash
# Before the steps: the machine comes to rest, and no service starts because its package is installed. Made by bpc.
set -Eeuo pipefail
! command -v cloud-init >/dev/null || cloud-init status --wait || true

# sshd reads both files: what the steps write is not mixed with the key of this build.
[ ! -e {KEYS} ] || mv {KEYS} {KEYS}2

systemctl stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service 2>/dev/null || true
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
rm -rf {UPLOADS}
install -d -m 0700 {UPLOADS} {UPLOADS}/system {UPLOADS}/image
"""

INSTALL = """
export DEBIAN_FRONTEND=noninteractive

install_packages() { # those of "names" that are not there
  local missing=() name
  for name in "${names[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  local options=(-q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Acquire::Languages=none)
  options+=(-o Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false)
  options+=(-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
  apt-get "${options[@]}" update || echo "some lists of packages could not be fetched"
  apt-get "${options[@]}" --no-install-recommends install "${missing[@]}"
}
"""

CLEAN = """#!/bin/bash
# The last step of an image: nothing of the machine that made it, and nothing that is one machine's own. Made by bpc.
set -Eeuo pipefail
rm -f /usr/sbin/policy-rc.d @@keys@@2
rm -rf @@uploads@@

# What cloud-init, leases and timers have made for this one machine.
rm -rf /var/lib/cloud /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init* \\
  /etc/systemd/network/10-cloud-init-* /etc/ssh/sshd_config.d/50-cloud-init.conf \\
  /var/lib/dhcp/* /var/lib/systemd/timers /var/lib/systemd/timesync

@@quiet@@@@remove@@
"""
QUIET = """# Logs and the seed of random numbers are written until the end.
systemctl stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket \\
  systemd-journald.service systemd-random-seed.service rsyslog.service 2>/dev/null || true
rm -rf /var/log/journal/*

"""
END = f"""
{image_base.blank("")}
{image_base.trim("", by="this script")}
sync
fstrim / 2>/dev/null || true
"""


def clean(keep: tuple[str, ...] = ("/run/",), *, quiet: bool = True) -> str:
    """The last script. `keep` are folders that the builder itself still needs; `quiet`: nothing writes logs from here on."""
    words = {
        "keys": KEYS,
        "uploads": UPLOADS,
        "quiet": QUIET if quiet else "",
        "remove": image_base.remove(keep) + END.rstrip("\n"),
    }
    text = CLEAN
    for name, put in words.items():
        text = text.replace(f"@@{name}@@", put)
    return text


def of_base(base: Base) -> Files:
    """The scripts of the system layer, which the variable with_system switches off."""
    guard = '[ "$BPC_SYSTEM" = true ] || exit 0\n'
    files: Files = {
        f"system/{path}": content for path, content in (image_base.BASE | chroot_script.trees(base.steps)).items()
    }
    lines = [comment("what a machine needs"), *image_base.essential(base.origin), *_names(base.steps)]
    head = f"#!/bin/bash\n# {{}} of the system layer. Made by bpc.\nset -Eeuo pipefail\numask 022\n{guard}"
    settings = "".join(f"install -D -m 0644 {UPLOADS}/system/{path} /{path}\n" for path in image_base.BASE)
    files["scripts/2-system-packages.sh"] = (
        f"{head.format('Packages')}{INSTALL}\n{settings}{_repositories(base.steps, 'system')}{_array(lines)}install_packages\n"
        "systemctl start systemd-resolved # where its package is new, names are found by it\n"
    )
    files["scripts/3-system-files.sh"] = f"{head.format('Files')}{image_base.COPY}\ncopy_tree {UPLOADS}/system\n"
    steps = chroot_script.script(base.steps) or chroot_script.HEAD
    files["scripts/4-system-steps.sh"] = steps.replace("set -E", f"{guard}set -E", 1) + image_base.base_script()
    return files


def of_image(image: Image) -> Files:
    """The scripts of what an image has besides its base; none where it has nothing."""
    steps = image_base.own_steps(image)
    files: Files = {f"image/{path}": content for path, content in chroot_script.trees(steps).items()}
    head = "#!/bin/bash\n# {} of the image. Made by bpc.\nset -Eeuo pipefail\numask 022\n"
    if chroot_script.packages(steps) or repositories.of_steps(steps):
        files["scripts/5-packages.sh"] = (
            f"{head.format('Packages')}{INSTALL}\n{_repositories(steps, 'image')}{_array(_names(steps))}install_packages\n"
        )
    if chroot_script.trees(steps):
        files["scripts/6-files.sh"] = f"{head.format('Files')}{image_base.COPY}\ncopy_tree {UPLOADS}/image\n"
    if script := chroot_script.script(steps):
        files["scripts/7-steps.sh"] = script
    return files


def _repositories(steps: Sequence[Step], folder: str) -> str:
    """Bash that puts the repositories of steps into their places and asks them; empty where there are none."""
    placed = "".join(f"install -D -m 0644 {UPLOADS}/{folder}/{path} /{path}\n" for path in repositories.trees(steps))
    return f"{placed}{repositories.CHECK}\n{repositories.checks(steps)}\n" if placed else ""


def _names(steps: Sequence[Step]) -> list[str]:
    """Packages after the place of their declaration."""
    places: dict[str, list[str]] = {}
    for name, place in chroot_script.packages(steps):
        places.setdefault(place, []).append(name)
    return [line for place, names in places.items() for line in (comment(place), *map(word, names))]


def _array(lines: Sequence[str]) -> str:
    return "names=(\n" + "".join(f"  {line}\n" for line in lines) + ")\n"
