"""What other tools call what a block of the language has. Loaded at the first setting or statement that does not exist."""

from __future__ import annotations

import re

from bpc.diagnostics.base import did_you_mean
from bpc.vocabulary import BLOCKS

SAME = {
    "ram": "memory", "mem": "memory", "memory_mb": "memory", "memory_size": "memory", "vcpu": "cpu", "vcpus": "cpu", "cores": "cpu",
    "core": "cpu", "cpu_count": "cpu", "processors": "cpu", "storage": "disk", "disk_size": "disk", "disk_gb": "disk", "root_disk": "disk",
    "root_volume": "disk", "rootfs": "disk", "arch": "architecture", "instance_type": "flavor", "machine_type": "flavor",
    "flavor_id": "flavor", "flavour": "flavor", "vm_size": "flavor", "flavor_name": "flavor",
    "license": "licence", "spdx": "licence", "checksum": "sha256", "hash": "sha256", "sha": "sha256", "sha256sum": "sha256", "digest": "sha256",
    "url": "source", "src": "source", "from_file": "source", "local_path": "source",
    "content": "text", "contents": "text", "data": "text", "body": "text", "inline": "text", "command": "text", "cmd": "text", "exec": "text",
    "commands": "text", "value": "text", "script_file": "script", "path_to_script": "script",
    "permissions": "mode", "perms": "mode", "chmod": "mode", "file_permission": "mode", "user": "owner", "chown": "owner",
    "notify": "reload", "restart": "reload", "unless": "creates", "not_if": "creates", "only_if_missing": "creates",
    "package": "packages", "pkgs": "packages", "apt": "packages", "install": "packages", "base": "from", "parent": "from", "os": "from",
    "distribution": "from", "source_image": "from",
    "replicas": "count", "instances": "count", "members": "count", "instance_count": "count", "desired_capacity": "count", "size": "count",
    "scale_count": "count", "number": "count",
    "template": "image", "subnet": "network", "subnets": "network", "subnet_id": "network", "subnet_ids": "network", "vpc": "network", "vpc_id": "network",
    "nic": "network", "network_id": "network", "interfaces": "network", "network_interface": "network", "net": "network",
    "anti_affinity": "spread", "affinity": "spread", "placement": "spread", "timeout": "ready_within", "boot_timeout": "ready_within", "wait": "ready_within",
    "creation_timeout": "ready_within", "interval": "every", "period": "every", "delay": "every", "retries": "after", "max_retries": "after",
    "url_path": "path", "expected_codes": "codes", "matcher": "codes", "readiness": "ready", "wait_for": "ready",
    "cidr_block": "cidr", "ip_range": "cidr", "range": "cidr", "address_range": "cidr", "prefix": "cidr", "addresses": "cidr",
    "external": "public", "internet": "public", "internet_facing": "public", "public_ip": "public", "floating_ip": "public",
    "health_check": "health", "healthcheck": "health", "check": "health", "probe": "health", "load_balancer": "balance", "lb": "balance",
    "load_balancing": "balance", "algorithm": "balance", "certificate": "tls", "ssl": "tls", "cert": "tls", "certificate_arn": "tls",
    "target_port": "member_port", "backend_port": "member_port", "instance_port": "member_port", "listen": "port", "from_port": "port", "container_port": "port", "proto": "protocol", "ip_protocol": "protocol",
    "mountpoint": "mount", "mount_point": "mount", "path": "mount", "fs": "filesystem", "fstype": "filesystem", "format": "filesystem",
    "retain": "keep", "delete_on_termination": "keep", "prevent_destroy": "keep", "volume_type": "type", "volume_size": "size", "size_gb": "size",
    "capacity": "size",
    "batch_size": "batch", "max_batch_size": "batch", "pause_time": "pause", "min_in_service": "minimum", "min_instances_in_service": "minimum",
    "threshold": "target", "target_value": "target", "cool_down": "cooldown", "len": "length", "chars": "length",
    "keys": "ssh_keys", "ssh_key": "ssh_keys", "authorized_keys": "ssh_keys", "ssh_authorized_keys": "ssh_keys", "group": "groups",
    "home_dir": "home", "homedir": "home", "autostart": "enabled", "enable": "enabled", "started": "enabled", "state": "enabled",
    "gpg_key": "key", "gpgkey": "key", "signed_by": "key", "keyring": "key", "key_file": "key", "uri": "url", "uris": "url", "baseurl": "url",
    "dist": "suite", "suites": "suite", "codename": "suite", "component": "components", "pin": "priority",
    "previously": "was", "renamed_from": "was", "old_name": "was",
}  # fmt: skip
"""Another word for a setting; it counts where the block has that setting."""

RULES = "what may connect follows from the endpoints that tiers are given; for other addresses write `allow ENDPOINT from CIDR`"
ORDER = "a tier starts after the tiers whose endpoints it is given, as in `image = app(database = db.sql)`"
FIRST_BOOT = "first boot follows from the image: write `file`, `run` or `service` in the image template"
LABEL = "the name is the block's label: `BLOCK NAME { … }`"
KEYS = 'write `user NAME { ssh_keys = ["ssh-ed25519 …"] }` in the image template'
MACHINE = 'write `machine { cpu = 2, memory = 4GiB }`, or `machine { flavor = "NAME" }` for a cloud\'s own type'
OUTSIDE = "the cloud, its region and credentials are chosen when the stack is deployed: no blueprint names them"
IMAGE = 'write `image = NAME`, the name of an image template; of a ready image it says `from = cloud_image("ID")`'
REPOSITORY = 'write `repository NAME { url = "https://…", suite = "…", key = "FILE" }` in the image template'
ELSEWHERE = {
    **dict.fromkeys(("repositories", "repos", "repo", "ppa", "apt_repository", "apt_sources", "sources_list", "yum_repos"), REPOSITORY),
    **dict.fromkeys(("image_id", "image_name", "image_ref", "ami", "ami_id", "source_image"), IMAGE),
    **dict.fromkeys(("availability_zone", "availability_zones", "zone", "zones", "azs"), 'write `zone = "a"` in a tier, or `spread = zones`'),
    "security_groups": RULES, "security_group": RULES, "vpc_security_group_ids": RULES, "security_group_ids": RULES, "ingress": RULES,
    "egress": RULES, "firewall": RULES, "rules": RULES, "depends_on": ORDER, "dependson": ORDER, "requires": ORDER, "after": ORDER,
    "needs": ORDER, "links": ORDER, "user_data": FIRST_BOOT, "userdata": FIRST_BOOT, "cloud_init": FIRST_BOOT, "cloud_config": FIRST_BOOT,
    "startup_script": FIRST_BOOT, "provisioner": FIRST_BOOT, "init_script": FIRST_BOOT, "name": LABEL, "id": LABEL, "title": LABEL,
    "label": LABEL, "hostname": LABEL, "key_name": KEYS, "key_pair": KEYS, "keypair": KEYS, "ssh_keys": KEYS, "ssh_key": KEYS,
    "flavor": MACHINE, "instance_type": MACHINE, "machine_type": MACHINE,
    "flavour": MACHINE, "region": OUTSIDE, "cloud": OUTSIDE, "provider": OUTSIDE, "profile": OUTSIDE, "credentials": OUTSIDE,
    "project": OUTSIDE, "account": OUTSIDE,
    "description": 'write """…""" in the line before the block', "doc": 'write """…""" in the line before the block',
    "comment": "a comment begins with #",
    "ports": "write `expose NAME { port = 80 }` for each port", "port": "write `expose NAME { port = 80 }`",
    "expose": "write `expose NAME { port = 80 }`", "endpoints": "write `expose NAME { port = 80 }` for each endpoint",
    "listener": "write `expose NAME { port = 80, balance = round_robin }`",
    "load_balancer": "write `balance = round_robin` in an `expose`", "balance": "write it in an `expose`",
    "health_check": 'write `health = "/path"` in an `expose`', "public_ip": "write `public = true` in an `expose`",
    "public": "write `public = true` in an `expose`", "volumes": 'write `volume NAME { size = 100GiB, mount = "/data" }` for each volume',
    "disks": 'write `volume NAME { size = 100GiB, mount = "/data" }` for each volume',
    "block_device": 'write `volume NAME { size = 100GiB, mount = "/data" }`', "ebs_block_device": 'write `volume NAME { size = 100GiB, mount = "/data" }`',
    "min": "write `count = 2..10`", "max": "write `count = 2..10`", "min_size": "write `count = 2..10`", "max_size": "write `count = 2..10`",
    "min_count": "write `count = 2..10`", "max_count": "write `count = 2..10`", "autoscaling": "write `count = 2..10` and `scale { … }`",
    "env": 'a `run` has `environment`; for a service, write the variables to a `file` or in its unit',
    "environment": 'a `run` has `environment`; for a service, write the variables to a `file` or in its unit',
    "parameters": "pass arguments to the template: `image = web(name = value)`", "args": "pass arguments to the template: `image = web(name = value)`",
    "vars": "pass arguments to the template: `image = web(name = value)`", "variables": "write `let NAME = value` or `param NAME: type`",
    "ports_mapping": "write `expose NAME { port = 80 }`", "tags": "tags are set by the target: no blueprint names them",
    "metadata": "tags are set by the target: no blueprint names them", "labels": "tags are set by the target: no blueprint names them",
    "files": "write `file \"/path\" { … }` for each file", "services": "write `service NAME` for each service",
    "users": "write `user NAME { … }` for each user", "scripts": "write `run \"title\" { script = \"…\" }` for each script",
    "tiers": "write `tier NAME { … }` for each tier", "networks": "write `network NAME { … }` for each network",
    "secrets": "write `secret NAME { length = 32 }` for each secret", "outputs": "write `output NAME = …` for each output",
    "password": "declare `secret NAME { length = 32 }` in the solution and pass it to the image",
}  # fmt: skip
"""How something is said that no setting of the block says."""


def setting_hint(block: str, name: str) -> tuple[str, str]:
    """(hint, the setting that was meant or "") for a setting that a block does not have."""
    known = BLOCKS[block]
    word = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()
    for meant in (word, word.removesuffix("s"), f"{word}s", SAME.get(word, "")):
        if meant in known.settings:
            return f'did you mean "{meant}"?', meant
    inner = _inner(block, word)
    if inner:
        return inner, ""
    if (word in ELSEWHERE and block in ("tier", "solution", "image", "machine", "network", "file scope")) or word in (
        "name",
        "description",
    ):
        return ELSEWHERE[word].replace("BLOCK", block), ""
    near = did_you_mean(word, known.settings)
    return near or _listed(block), near[14:-2] if near else ""


def _inner(block: str, word: str) -> str:
    """A block that stands inside, by its own name or by that of one of its settings."""
    known = BLOCKS[block]
    if word in known.blocks:
        label = "" if not BLOCKS[word].label else ' "/path"' if BLOCKS[word].label == "path" else " NAME"
        return f'a block is written without "=": `{word}{label} {{ … }}`'
    homes = [
        inner
        for inner in known.blocks
        if BLOCKS[inner].once and (word in BLOCKS[inner].settings or SAME.get(word) in BLOCKS[inner].settings)
    ]
    if homes and SAME.get(word) != "flavor":
        meant = word if word in BLOCKS[homes[0]].settings else SAME[word]
        return f"write it in a block: `{homes[0]} {{ {meant} = … }}`"
    return ""


def _listed(block: str) -> str:
    known = BLOCKS[block].settings
    return f"its settings are {', '.join(known)}" if known else ""


TYPES = {
    "str": "string", "text": "string", "integer": "int", "float": "number", "double": "number", "boolean": "bool", "array": "list",
    "object": "map", "dict": "map", "password": "secret", "bytes": "size", "time": "duration", "seconds": "duration", "network": "cidr",
    "ip": "string", "address": "string", "subnet": "cidr", "any": "string", "url": "string", "uuid": "string",
}  # fmt: skip
"""What other languages call the types."""


def type_hint(name: str, param: str, types: tuple[str, ...], *, solution: bool) -> str:
    """What to write instead of a type that a `param` cannot have."""
    meant = TYPES.get(name.lower(), name.lower())
    if meant == "secret" and solution:
        return f"write `secret {param} {{ length = 32 }}`: the cloud generates the value"
    if meant in ("list", "map") and solution:
        return f"a list or map cannot be asked for at deployment: write `let {param} = …`"
    if meant in ("endpoint", "image", "range") and solution:
        return (
            f"it must be known when you compile: write `let {param} = …`"
            if meant != "endpoint"
            else "only a param of an image template can be an endpoint"
        )
    near = did_you_mean(meant, types) if meant not in types else f'did you mean "{meant}"?'
    return near or f"types are {', '.join(types)}"
