"""The cloud's metadata service, closed to all but root: it hands out user data, and on AWS the credentials of the machine's role.

The kernel's routing rules do it, which every cloud image has a program for: a packet to the service is let through where root's
own program sends it, and refused otherwise, whether it is another account's or one that the machine forwards for a container.
Rules of the protocol "kernel" stay where systemd-networkd removes those that it does not know.
"""

from __future__ import annotations

ADDRESSES = ("169.254.169.254", "fd00:ec2::254", "fe80::a9fe:a9fe")
"""Of EC2 and OpenStack, of EC2 over IPv6, of OpenStack over IPv6."""
NAME = "bpc-metadata.service"
PATH = f"/etc/systemd/system/{NAME}"
UNIT = f"""[Unit]
Description=Close the metadata service to all but root
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec ' \\
  rule() {{ ip $$family rule | grep -q " $$2$$" || ip $$family rule add pref $$1 protocol kernel $$2; }}; \\
  for to in {" ".join(ADDRESSES)}; do \\
    case $$to in *:*) [ -e /proc/net/if_inet6 ] || continue; family=-6 ;; *) family=-4 ;; esac; \\
    rule 1 "to $$to iif lo uidrange 0-0 lookup main"; \\
    rule 2 "to $$to prohibit"; \\
  done'

[Install]
WantedBy=sysinit.target
"""
"""From here on, and early at each later start."""
CLOSE = f"""
step="close the metadata service"
systemctl enable --now {NAME}
"""
"""What the runner does before all else."""
