"""The platforms of `configure`: what each needs, takes and comes from, and the settings of the block, which are part of the vocabulary."""

from __future__ import annotations

from bpc.record import Record
from bpc.words import Word


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

SETTINGS = {
    "with": Word(type="ansible | puppet | chef | salt", required=True, says="the platform"),
    "package": Word(
        type="string",
        says='the package that provides it, if it is not the usual one; "" for none',
        form="platform package",
    ),
    "playbook": Word(
        type="string",
        says="ansible, required: a playbook of the project, or of the repository at `url`",
        form="argument",
    ),
    "files": Word(
        type="list(string)", says="ansible: further files of the project, which the playbook uses", form="argument"
    ),
    "url": Word(
        type="string", deploy=True, says="ansible: a git repository, from which each machine pulls", form="argument"
    ),
    "checkout": Word(
        type="string", deploy=True, says="ansible: the repository's branch, tag or commit", form="argument"
    ),
    "vars": Word(type="map(any)", deploy=True, says="ansible: variables of a playbook of the project", form="text"),
    "server": Word(type="string", deploy=True, says="puppet, required: the server's host"),
    "certname": Word(type="string", deploy=True, says="puppet: the machine's name there; default: its host name"),
    "environment": Word(type="string", deploy=True, says="puppet, chef: the environment there"),
    "settings": Word(type="map(any)", deploy=True, says="puppet, salt: further settings of the agent or minion"),
    "server_url": Word(type="string", deploy=True, says="chef, required: the server's address"),
    "validation_name": Word(type="string", deploy=True, says="chef, required: who registers new machines"),
    "node_name": Word(type="string", deploy=True, says="chef: the machine's name there; default: its id"),
    "run_list": Word(type="list(string)", deploy=True, says="chef: recipes and roles"),
    "attributes": Word(type="map(any)", deploy=True, says="chef: attributes of the first run", form="text"),
    "licence": Word(type="string", says='chef: "accept", where the package asks for it'),
    "master": Word(type="string", deploy=True, says="salt, required: the master's host"),
    "id": Word(type="string", deploy=True, says="salt: the minion's name; default: its host name"),
    "grains": Word(type="map(any)", deploy=True, says="salt: grains of the minion", form="text"),
}
