"""The platforms of `configure`: what each needs, takes and comes from. The block's settings are in the vocabulary."""

from __future__ import annotations

from bpc.record import Record


class Platform(Record):
    """One platform: the packages of a release that bring it, the settings that must stand there, and those that may."""

    packages: tuple[str, ...]
    needs: tuple[str, ...]
    takes: tuple[str, ...]


COMMON = ("with", "package")

PLATFORMS: dict[str, Platform] = {
    "ansible": Platform(packages=("ansible-core",), needs=("playbook",), takes=("url", "checkout", "files", "vars")),
    "puppet": Platform(packages=("puppet-agent",), needs=("server",), takes=("certname", "environment", "settings")),
    "chef": Platform(
        packages=("chef",),
        needs=("server_url", "validation_name"),
        takes=("node_name", "environment", "run_list", "attributes", "licence"),
    ),
    "salt": Platform(packages=("salt-minion",), needs=("master",), takes=("id", "grains", "settings")),
}
