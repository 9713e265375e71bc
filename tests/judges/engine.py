"""Heat's own engine, started in this process without a cloud, a database or a configuration file.

The engine asks clouds two kinds of questions while it validates: whether a service exists, and whether a name (of an image,
a network, a flavor) exists in it. `Generous` answers yes to both; whatever else would need a cloud raises `NeedsCloud`.
"""

from __future__ import annotations

import logging
import types
from functools import cache
from typing import Any

from heat.common import config as _options  # noqa: F401  registers the engine's options, which the other modules read
from heat.common import context, messaging
from heat.engine import clients, resources
from oslo_config import cfg


class NeedsCloud(Exception):
    """A question that only a real cloud can answer."""


class Generous:
    """The part of every service's client that validation uses, in a cloud that has whatever is asked for."""

    def client(self, *args: object, **settings: object) -> Any:
        raise NeedsCloud(type(self).__name__)

    def does_endpoint_exist(self, service_type: str, service_name: str) -> bool:
        return True

    def has_extension(self, alias: str) -> bool:
        return True

    def is_version_supported(self, version: str) -> bool:
        return True

    def absolute_limits(self) -> dict[str, int]:
        return {"maxServerMeta": 128, "maxPersonality": 0, "maxPersonalitySize": 0}

    def get_image(self, name: str) -> Any:
        return types.SimpleNamespace(id=name, status="active", min_ram=0, min_disk=0)

    def get_flavor(self, name: str) -> Any:
        return types.SimpleNamespace(id=name, ram=1 << 20, disk=1 << 20)

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("find_") or name.endswith("_id"):
            return lambda *question: question[-1]
        return super().__getattribute__(name)


class GenerousCloud(clients.OpenStackClients):  # type: ignore[misc]
    """Heat's `cloud_backend`: each service's real client plug-in with `Generous` in front."""

    def client_plugin(self, name: str) -> Any:
        if name not in self._client_plugins:
            real = clients._mgr[name].plugin
            self._client_plugins[name] = type(name, (Generous, real), {})(self.context)
        return self._client_plugins[name]


class Exists:
    """Stands for every constraint of the kind "this names a thing of the cloud"."""

    def validate(self, value: object, asked_by: object) -> bool:
        return True


@cache
def start() -> Any:
    """Load every resource type of the engine (some seconds, once a process); the context to give to its stacks."""
    logging.disable(logging.CRITICAL)
    cfg.CONF([], project="heat", prog="heat", default_config_files=[], default_config_dirs=[])
    cfg.CONF.set_override("cloud_backend", f"{__name__}.{GenerousCloud.__name__}")
    cfg.CONF.set_override("max_resources_per_stack", -1)  # counted by the judge: the engine counts in its database
    messaging.setup("fake://")  # groups make a client for the message bus, and never call it before they exist
    resources.initialise()
    world = resources.global_env()
    for name in world.constraints:
        if "." in name:  # "neutron.network" asks a cloud; "net_cidr" does not
            world.register_constraint(name, Exists)
    return context.RequestContext(user_id="judge", project_id="judge", is_admin=False, roles=[])
