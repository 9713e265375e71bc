"""What a release has before any package is named: services, accounts and groups of its cloud images and of the bases that bpc builds.

All releases that image builders start from together: what one of them has is not reported for another. Loaded only where a template
brings nothing that could bring them.
"""

from __future__ import annotations

KNOWN = ("debian", "ubuntu")
"""Distributions whose releases these are; of others nothing is said."""

PREFIXES = (
    "systemd-",
    "cloud-",
    "getty",
    "serial-getty",
    "initrd-",
    "snap",
    "apt-",
    "amazon-",
    "google-",
    "ec2-",
    "lvm2-",
    "plymouth",
)
"""Of units that releases have many of."""


def _names(text: str) -> list[str]:
    return text.split()


UNITS = frozenset(
    f"{name}.service"
    for name in _names("""
accounts-daemon acpid apparmor apport atd auditd autovt@ blk-availability bpc-certificate chrony chronyd console-getty console-setup
container-getty@ cron cryptdisks cryptdisks-early dbus debug-shell dhclient dhcpcd dm-event dmesg dpkg-db-backup e2scrub@ e2scrub_all
e2scrub_fail@ e2scrub_reap emergency esm-cache finalrd fstrim fwupd fwupd-refresh grub-common grub-initrd-fallback haveged hwclock hwclock.sh
ifup@ ifupdown-pre irqbalance iscsi iscsid keyboard-setup kmod kmod-static-nodes ldconfig logrotate lxd-agent lxd-installer@ man-db mdadm
mdmonitor ModemManager modprobe@ motd-news multipath-tools multipathd netplan-ovs-cleanup networkd-dispatcher networking ntp ntpsec
open-iscsi open-vm-tools packagekit pam_namespace polkit polkitd pollinate procps qemu-guest-agent quotaon raid-check rc rc-local rc.local
rcS rescue resolvconf rpcbind rsync rsyslog screen-cleanup secureboot-db setvtrgb ssh ssh@ sshd sshd-keygen sudo sysstat system-update-cleanup
syslog tpm-udev ua-reboot-cmds ua-timer ubuntu-advantage ubuntu-fan udev udisks2 ufw unattended-upgrades update-notifier-download
update-notifier-motd upower user-runtime-dir@ user@ usbmuxd uuidd vgauth virtualbox-guest-utils vmtoolsd walinuxagent wpa_supplicant
wpa_supplicant@ x11-common xfs_scrub@ xfs_scrub_all
""")
) | frozenset(
    _names("""
dbus.socket ssh.socket sshd.socket syslog.socket uuidd.socket iscsid.socket multipathd.socket apport-forward.socket dm-event.socket
dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer man-db.timer motd-news.timer fwupd-refresh.timer mdcheck_continue.timer
mdcheck_start.timer mdmonitor-oneshot.timer ua-timer.timer update-notifier-download.timer update-notifier-motd.timer xfs_scrub_all.timer
sysstat-collect.timer sysstat-summary.timer apport-autoreport.path apport-autoreport.timer netplan-ovs-cleanup.service tpm-udev.path
""")
)

ACCOUNTS = frozenset(
    _names("""
root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt systemd-network systemd-resolve
systemd-timesync systemd-coredump systemd-journal-remote systemd-oom messagebus sshd syslog uuidd tcpdump tss landscape pollinate lxd usbmux
fwupd-refresh dhcpcd polkitd _chrony chrony ntp ntpsec _rpc unscd ec2-instance-connect debian ubuntu admin
""")
)

GROUPS = ACCOUNTS | frozenset(
    _names("""
adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup
systemd-journal input sgx kvm render crontab _ssh ssh netdev rdma google-sudoers i2c mlocate plocate
""")
)
