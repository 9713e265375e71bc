"""The HCL2 of an image's folder: variables with their defaults, a source for each builder, and the build."""

from __future__ import annotations

import json
import re

from bpc.quoting import comment
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.model.steps import Release


class Vendor(Record):
    """Where a distribution publishes its cloud images: qcow2 and checksums, and Amazon's owner and name of them."""

    image: str
    checksum: str
    owner: str
    name: str


VENDORS = {
    "debian": Vendor(
        image="https://cloud.debian.org/images/cloud/{codename}/latest/debian-{version}-genericcloud-amd64.qcow2",
        checksum="file:https://cloud.debian.org/images/cloud/{codename}/latest/SHA512SUMS",
        owner="136693071363",
        name="debian-{version}-amd64-*",
    ),
    "ubuntu": Vendor(
        image="https://cloud-images.ubuntu.com/{codename}/current/{codename}-server-cloudimg-amd64.img",
        checksum="file:https://cloud-images.ubuntu.com/{codename}/current/SHA256SUMS",
        owner="099720109477",
        name="ubuntu/images/*ubuntu-{codename}-{version}-amd64-server-*",
    ),
}

PLUGINS = """# For Packer 1.7 and later, once: packer init plugins. Earlier versions have the builders built in. Made by bpc.

packer {
  required_plugins {
    amazon = {
      version = ">= 1.0.0"
      source  = "github.com/hashicorp/amazon"
    }
    openstack = {
      version = ">= 1.0.0"
      source  = "github.com/hashicorp/openstack"
    }
    qemu = {
      version = ">= 1.0.0"
      source  = "github.com/hashicorp/qemu"
    }
  }
}
"""

SOURCES = """
source "qemu" "@label@" {
  iso_url          = var.base_image
  iso_checksum     = var.base_checksum
  disk_image       = true
  disk_size        = var.disk_size
  format           = "qcow2"
  vm_name          = "@name@.qcow2"
  output_directory = "${var.output}/@name@"

  accelerator    = var.accelerator
  cpus           = 2
  memory         = var.memory
  headless       = true
  disable_vnc    = true
  net_device     = "virtio-net"
  disk_interface = "virtio"
  disk_cache     = "unsafe"
  disk_discard   = "unmap"

  # cloud-init finds the folder of the key through the machine's serial number
  http_directory = "${path.root}/../seed"
  qemuargs = [
    ["-cpu", var.cpu],
    ["-smbios", "type=1,serial=ds=nocloud-net;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/"],
  ]

  ssh_username         = "root"
  ssh_private_key_file = local.key
  ssh_timeout          = var.ssh_timeout
  shutdown_command     = "systemctl poweroff"
}

source "openstack" "@label@" {
  image_name          = "@name@"
  source_image_name   = var.openstack_source_image
  flavor              = var.openstack_flavor
  networks            = var.openstack_networks
  floating_ip_network = var.openstack_floating_ip_network
  security_groups     = var.openstack_security_groups
  user_data_file      = "${path.root}/../seed/user-data"

  ssh_username         = "root"
  ssh_private_key_file = local.key
  ssh_timeout          = var.ssh_timeout
}

source "amazon-ebs" "@label@" {
  ami_name       = "@name@"
  region         = var.amazon_region
  instance_type  = var.amazon_instance_type
  subnet_id      = var.amazon_subnet
  user_data_file = "${path.root}/../seed/user-data"

  source_ami_filter {
    filters = {
      name                = var.amazon_source_name
      architecture        = "x86_64"
      virtualization-type = "hvm"
      root-device-type    = "ebs"
    }
    owners      = [var.amazon_source_owner]
    most_recent = true
  }

  tags = {
    Name = "@name@"
  }

  ssh_username         = "root"
  ssh_private_key_file = local.key
  ssh_timeout          = var.ssh_timeout
}
"""


def plain(text: str) -> str:
    """A text as a string of HCL in which nothing is interpolated."""
    return f'"{inside(text)}"'


def inside(text: str) -> str:
    """The same without its quotes, as a part of a string in which other parts are interpolated."""
    quoted = re.sub('["\\\\\0-\x1f\x7f-\x9f\u2028\u2029]', _escaped, text)
    return quoted.replace("${", "$${").replace("%{", "%%{")


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    return f"\\{char}" if char in '"\\' else f"\\u{ord(char):04x}"


def label(name: str) -> str:
    """An image's name as that of a source, which is an identifier of HCL: a release's version may have dots."""
    return re.sub("[^A-Za-z0-9_-]", "-", name)


def variables(origin: Release, codename: str, disk: int) -> str:
    """The variables with their defaults. `disk` in bytes."""
    vendor, facts = VENDORS[origin.distribution], {"version": origin.version, "codename": codename}
    texts: dict[str, tuple[str | int | bool | list[str], str]] = {
        "base_image": (
            vendor.image.format(**facts),
            "QEMU: path or URL of the qcow2 to start from: the release's cloud image, or a base made by bpc build or here",
        ),
        "base_checksum": (vendor.checksum.format(**facts), "QEMU: its checksum, none where it is a file of your own"),
        "disk_size": (f"{disk // 2**20}M", "QEMU: size of the disk; not smaller than the base image's"),
        "output": (
            "../packer-images",
            "QEMU: folder for the images; each gets a folder in it, which must not be there",
        ),
        "accelerator": ("kvm", "QEMU: kvm, or tcg where there is none"),
        "cpu": ("max", "QEMU: the processor that the machine sees"),
        "memory": (1024, "QEMU: MiB of memory"),
        "openstack_source_image": (
            f"{origin.distribution}-{origin.version}",
            "OpenStack: name of the image to start from",
        ),
        "openstack_flavor": ("m1.small", "OpenStack: the machine's flavor"),
        "openstack_networks": ([], "OpenStack: ids of its networks; the project's only one where none is given"),
        "openstack_floating_ip_network": ("", "OpenStack: name or id of the network of floating IPs, if it needs one"),
        "openstack_security_groups": (["default"], "OpenStack: security groups through which SSH comes"),
        "amazon_region": ("eu-central-1", "Amazon: region of the image"),
        "amazon_instance_type": ("t3.small", "Amazon: the machine's type"),
        "amazon_subnet": ("", "Amazon: id of its subnet; the default one where none is given"),
        "amazon_source_owner": (vendor.owner, "Amazon: account that owns the AMI to start from"),
        "amazon_source_name": (vendor.name.format(**facts), "Amazon: name of that AMI; the latest is taken"),
        "ssh_private_key_file": ("", "the key with which Packer enters; that of seed.sh where none is given"),
        "ssh_timeout": ("20m", "how long the machine may take to start"),
        "with_system": (True, "false where the image to start from has the system layer: it is not made again"),
    }
    head = "# What comes from outside: -var NAME=VALUE, or -var-file=FILE. Made by bpc.\n"
    return head + "".join(_variable(name, *said) for name, said in texts.items())


def _variable(name: str, default: str | int | bool | list[str], description: str) -> str:
    match default:
        case bool():
            kind = "bool"
        case int():
            kind = "number"
        case str():
            kind = "string"
        case _:
            kind = "list(string)"
    value = plain(default) if isinstance(default, str) else json.dumps(default)
    return (
        f'\nvariable "{name}" {{\n  type        = {kind}\n  default     = {value}\n'
        f"  description = {plain(description)}\n}}\n"
    )


def template(name: str, title: str, uploads: Iterable[str], scripts: Iterable[str]) -> str:
    """The sources, and the build with the folders to upload (to /var/tmp/bpc) and the scripts in their order."""
    first, *others = sorted(scripts)
    head = (
        f"{comment(f'{title}. Made by bpc.')}\n\nlocals {{\n"
        '  key = var.ssh_private_key_file != "" ? var.ssh_private_key_file : "${path.root}/../key"\n}\n'
    )
    kinds = ("qemu", "openstack", "amazon-ebs")
    lines = [
        "",
        "build {",
        "  sources = [",
        *(f"    {plain(f'source.{kind}.{label(name)}')}," for kind in kinds),
        "  ]",
        "",
    ]
    lines += ['  provisioner "shell" {', f'    script = "${{path.root}}/{inside(first)}"', "  }", ""]
    for folder in uploads:
        lines += [
            '  provisioner "file" {',
            f'    source      = "${{path.root}}/{inside(folder)}/"',
            f'    destination = "/var/tmp/bpc/{inside(folder)}"',
            "  }",
            "",
        ]
    lines += [
        '  provisioner "shell" {',
        '    environment_vars = ["BPC_SYSTEM=${var.with_system}"]',
        "    scripts = [",
        *(f'      "${{path.root}}/{inside(script)}",' for script in others),
        "    ]",
        "  }",
        "}",
    ]
    sources = SOURCES.replace("@label@", label(name)).replace("@name@", inside(name))
    return head + sources + "\n".join(lines) + "\n"
