"""`configure` at first boot: cloud-init's own module for the platform, called by the runner when all else is in place.

The module is called with a configuration of its own, not through the user data's: so it runs after mounts, files and
software whatever stage it has in a distribution's cloud-init, and its failure is the runner's. Where a module only starts
an agent (puppet, chef, salt), the runner asks the agent for its first run, whose result it waits for.
"""

from __future__ import annotations

from bpc.model.steps import Mapping, Scalar, Sequence
from bpc.parts import joined, parts, plain
from bpc.platforms import PLATFORMS
from bpc.record import assert_never
from bpc.yaml import Filled, dump_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.steps import Configure, Data
    from bpc.parts import Parts

    Json = dict[str, Any]

MODULE = """
module() {  # name, configuration: one of cloud-init's own modules
  if [[ $(cloud-init single --help) == *--file* ]]; then  # an option of cloud-init itself, before it was the command's
    cloud-init single --file "$2" --name "$1" --frequency always
  else
    cloud-init --file "$2" single --name "$1" --frequency always
  fi
}
"""
AGENTS = {
    "ansible": "",
    "puppet": """systemctl stop puppet || true
code=0
puppet agent --test --no-show_diff --color=false --waitforcert 15 || code=$?
[ "$code" -eq 2 ] || (exit "$code")  # 2: there were changes, and none failed
systemctl enable --now puppet
""",
    "chef": "chef-client --once --force-formatter\n",
    "salt": "salt-call --retcode-passthrough state.apply\n",
}
"""What the runner does after the module: the agent's first run, to its end."""


def section(step: Configure, home: str, log: str) -> str:
    """The platform's part of the runner. Ansible's own log goes into the runner's: the module keeps its output to itself."""
    name = "salt-minion" if step.platform == "salt" else step.platform
    lead = f"ANSIBLE_LOG_PATH={log} " if step.platform == "ansible" else ""
    return f"{lead}module {name} {home}/configure.yaml\n{AGENTS[step.platform]}"


def files(step: Configure, home: str, log: str) -> list[tuple[str, Parts | bytes]]:
    """(path, content) of what must lie in the private folder: the module's configuration, variables, the project's files."""
    config = {**_module(step, home), "output": {"all": f">> {log}"}}
    made: list[tuple[str, Parts | bytes]] = [
        (f"{home}/configure.yaml", joined(("#cloud-config\n",), dump_parts(config)))
    ]
    settings = _settings(step)
    if "vars" in settings:
        made.append((f"{home}/configure-vars.yaml", dump_parts(settings["vars"])))
    for file in step.files:
        content = file.content if isinstance(file.content, bytes) else parts(file.content)
        made.append((f"{home}/configure/{file.name}", content))
    return made


def _module(step: Configure, home: str) -> Json:
    """The module's configuration, by its schema."""
    given = _settings(step)
    match step.platform:
        case "ansible":
            return {"ansible": _ansible(step, given, home)}
        case "puppet":
            agent = {key: _word(value) for key, value in (given | given.pop("settings", {})).items()}
            # the runner makes the first run, and starts the service then
            return {"puppet": {"install": False, "exec": False, "start_service": False, "conf": {"agent": agent}}}
        case "chef":
            renamed = {"attributes": "initial_attributes", "licence": "chef_license"}
            chef = {renamed.get(key, key): value for key, value in given.items()}
            # the key is a file of the template, which only root may read
            return {"chef": {"validation_cert": "system", "ssl_verify_mode": ":verify_peer", **chef}}
        case "salt":
            own = {
                name: given.pop(key) for key, name in (("package", "pkg_name"), ("grains", "grains")) if key in given
            }
            settings = given.pop("settings", {})
            return {"salt_minion": {**own, "conf": given | settings}}
        case _:
            assert_never(step.platform)


def _ansible(step: Configure, given: Json, home: str) -> Json:
    made: Json = {"install_method": "distro", "package_name": PLATFORMS["ansible"].packages[0]}
    if "url" in given:
        pull = {"url": given["url"], "playbook_name": step.playbook, "connection": "local"}
        return made | {"pull": pull | ({"checkout": given["checkout"]} if "checkout" in given else {})}
    play = {"playbook_dir": f"{home}/configure", "playbook_name": step.playbook}
    play |= {"inventory": "localhost,", "connection": "local"}
    if "vars" in given:
        play["extra_vars"] = f"@{home}/configure-vars.yaml"
    return made | {"setup_controller": {"run_ansible": [play]}}


def _settings(step: Configure) -> Json:
    return {entry.name: _data(entry.value) for entry in step.settings}


def _data(value: Data) -> Any:
    """A value for YAML."""
    match value:
        case Scalar():
            if not isinstance(value.value, tuple):
                return value.value
            return string(parts(value.value))
        case Sequence():
            return [_data(item) for item in value.items]
        case Mapping():
            return {entry.name: _data(entry.value) for entry in value.entries}
        case _:
            assert_never(value)


def string(given: Parts) -> str | Filled:
    """A text for YAML."""
    text = plain(given)
    return Filled(parts=given) if text is None else text


def _word(value: Any) -> Any:
    """A value as puppet's configuration has it: a text."""
    if isinstance(value, list):
        words = [item.parts if isinstance(item, Filled) else (str(item),) for item in value]
        return string(joined(*[part for word in words for part in ((",",), word)][1:]))
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value
