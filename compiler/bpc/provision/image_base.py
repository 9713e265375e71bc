"""What every image gets besides the blueprint's own steps, and what none keeps, whichever builder makes it."""

from __future__ import annotations

from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.index import Index
    from bpc.model.steps import Base, Image, Release, Step

    Files = dict[str, str | bytes]

RELEASES = {
    ("debian", "11"): "bullseye",
    ("debian", "12"): "bookworm",
    ("debian", "13"): "trixie",
    ("ubuntu", "22.04"): "jammy",
    ("ubuntu", "24.04"): "noble",
}
"""What the builders can start from: (distribution, version) → its code name."""
ESSENTIAL = [
    "apt",
    "ca-certificates",
    "cloud-guest-utils",
    "cloud-init",
    "dbus",
    "e2fsprogs",
    "fdisk",
    "initramfs-tools",
    "iproute2",
    "logsave",
    "netbase",
    "python3",
    "sudo",
    "systemd-resolved",
    "systemd-sysv",
    "systemd-timesyncd",
    "udev",
    "zstd",
]
"""What a machine needs to start, to find its address and to receive its first-boot data; the kernel besides."""
KERNELS = {"debian": "linux-image-cloud-amd64", "ubuntu": "linux-image-virtual"}
RESOLVED_WITHIN = {("debian", "11"), ("ubuntu", "22.04")}
"""Releases whose package systemd has systemd-resolved in it."""

REMOVED = (
    "/etc/.pwd.lock",
    "/etc/*-",
    "/etc/ssh/ssh_host_*",
    "/etc/ssl/private/ssl-cert-snakeoil.key",
    "/root/.[!.]*history",
    "/run/*",
    "/tmp/*",
    "/tmp/.[!.]*",
    "/var/cache/apt/*",
    "/var/cache/debconf/*-old",
    "/var/cache/ldconfig/*",
    "/var/lib/apt/lists/*",
    "/var/lib/dbus/machine-id",
    "/var/lib/dpkg/*-old",
    "/var/lib/systemd/random-seed",
    "/var/tmp/*",
)
"""What would make two machines of one image the same machine, or two builds of it differ: patterns of the shell."""

CERTIFICATE = """[Unit]
Description=Make this machine's own self-signed certificate
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target
ConditionFileIsExecutable=/usr/sbin/make-ssl-cert
ConditionPathExists=!/etc/ssl/private/ssl-cert-snakeoil.key

[Service]
Type=oneshot
ExecStart=/usr/sbin/make-ssl-cert generate-default-snakeoil

[Install]
WantedBy=sysinit.target
"""

BASE: Files = {
    "etc/apt/apt.conf.d/90bpc": (
        "// As in the image: the same packages, whether they are baked or installed at first boot.\n"
        'APT::Install-Recommends "false";\n'
    ),
    "etc/dpkg/dpkg.cfg.d/90bpc": (
        "# As in the image, which has no documentation.\n"
        + "".join(f"path-exclude=/usr/share/{name}/*\n" for name in ("doc", "man", "groff", "gtk-doc", "info"))
        + "path-include=/usr/share/doc/*/copyright\n"
    ),
    "etc/cloud/cloud.cfg.d/90_bpc.cfg": (
        "datasource_list: [NoCloud, ConfigDrive, OpenStack, Ec2, None]\n"
        "ssh_genkeytypes: [ed25519]\n"
        "# The image's package sources and the C library's own locale stay.\n"
        "apt: {preserve_sources_list: true}\n"
        "locale: C.UTF-8\n"
    ),
    "etc/systemd/system/bpc-certificate.service": CERTIFICATE,
}


def essential(origin: Release) -> list[str]:
    """`ESSENTIAL` and the kernel, as packages of a release."""
    within = (origin.distribution, origin.version) in RESOLVED_WITHIN
    names = [name for name in ESSENTIAL if not (within and name == "systemd-resolved")]
    return [*names, KERNELS[origin.distribution]]


def base_script() -> str:
    """The beginning of the base's script: modes of `BASE`, and the services that every machine has."""
    paths = " ".join(f"/{path}" for path in BASE)
    return f"chmod 0644 {paths}\nsystemctl enable bpc-certificate.service systemd-networkd.service\n"


def blank(root: str) -> str:
    """Bash that takes the machine's identity from the tree at `root`, a text for double quotes ("" for the machine itself)."""
    return (
        '# Empty, not "uninitialized": each machine makes its own, and first boot does not apply presets again.\n'
        f': >"{root}/etc/machine-id"\n'
    )


def trim(root: str, by: str) -> str:
    """Bash that takes logs, and what belongs to the key of `REMOVED` that `by` has taken."""
    return f"""# Logs go; their folders stay, with owner and mode.
find "{root}/var/log" -type f -delete

# The certificate of the key that {by} took: bpc-certificate.service makes both anew.
if [ -d "{root}/etc/ssl/certs" ]; then
  find "{root}/etc/ssl/certs" -lname 'ssl-cert-snakeoil.pem' -delete
  rm -f "{root}/etc/ssl/certs/ssl-cert-snakeoil.pem"
fi
"""


def remove(keep: tuple[str, ...] = ()) -> str:
    """Bash that removes `REMOVED` from the machine that it runs on, without what begins as one of `keep`."""
    paths = [path for path in REMOVED if not path.startswith(keep)]
    return "rm -rf \\\n" + " \\\n".join(f"  {path}" for path in paths) + "\n"


COPY = r"""
copy_tree() { # folder: its files into the machine; what is a link there is followed. Owners and modes come with the steps
  (cd "$1" && find . -type f -print0) | while IFS= read -r -d '' file; do
    mkdir -p "$(dirname "/$file")"
    cat "$1/$file" >"/$file"
  done
}
"""
"""Bash that copies `baked.trees` into the machine or tree that it runs in, for builders that do not do it themselves."""


# ---- images of a solution


def own_steps(image: Image) -> tuple[Step, ...]:
    """What an image has besides its base."""
    return tuple(step for layer in image.layers if layer.kind != "system" for step in layer.steps)


def codename(release: Release) -> str:
    """The name under which a distribution's mirrors have a release."""
    return RELEASES[release.distribution, release.version]


def base_title(index: Index, base: Base) -> str:
    """What a base is, and where it was declared."""
    templates = ", ".join(dict.fromkeys(image.template for image in index.over(base)))
    return f"The release and the system layer of {templates} ({where(base.span)})"


def image_title(index: Index, image: Image) -> str:
    """The same of an image."""
    return f"Image of {', '.join(group.name for group in index.users(image))} ({where(image.span)})"
