"""A CloudFormation update, as far as a template says how it goes: who is there in each step, at which version, and who is awaited.

The parameters of each step give the conditions and the versions of the launch template; the order is that of the dependencies.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from judges.provision import Provision, listed, references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]
OLD, NEW = "7", "8"
"""Versions of each launch template before and after the change."""


def seconds(duration: str) -> int:
    """Of a duration in ISO 8601; what AWS does not take is an error."""
    hours, minutes, rest = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", duration).groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


class Template:
    def __init__(self, template: Json) -> None:
        self.template = template
        self.resources: Json = template["Resources"]
        self.defaults = {name: str(made.get("Default", "x")) for name, made in template["Parameters"].items()}

    def of(self, kind: str) -> dict[str, Json]:
        return {name: made for name, made in self.resources.items() if made["Type"].endswith(f"::{kind}")}

    def present(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Instance → the version from which it is made, with these parameters."""
        values = self._values(parameters)
        found = {}
        for name, made in self.of("Instance").items():
            if "Condition" not in made or values.value(self.template["Conditions"][made["Condition"]]):
                found[name] = str(values.value(made["Properties"]["LaunchTemplate"]["Version"]))
        return found

    def there(self, name: str, parameters: Mapping[str, str]) -> bool:
        made = self.resources[name]
        return "Condition" not in made or bool(
            self._values(parameters).value(self.template["Conditions"][made["Condition"]])
        )

    def _values(self, parameters: Mapping[str, str]) -> Provision:
        values = Provision.__new__(Provision)
        values.template, values.parameters = self.template, {**self.defaults, **parameters}
        values.ids = {name: name for name in self.resources}
        values.made = {name: {"LatestVersionNumber": NEW} for name in self.resources}
        return values

    def signalled(self, instance: str) -> str:
        """The resource that an instance signals, as its tags say."""
        return tags(self.resources[instance])["bpc:signal"]

    @cached_property
    def needs(self) -> dict[str, set[str]]:
        return {
            name: {*references(made.get("Properties", {})), *listed(made.get("DependsOn", []))} & set(self.resources)
            for name, made in self.resources.items()
        }

    def after(self, name: str) -> set[str]:
        """All that must be complete before a resource is made."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            new = self.needs[waiting.pop()] - found
            found |= new
            waiting += new
        return found

    def awaited(self, name: str) -> int:
        """Seconds for which CloudFormation waits for the signals of a resource when it makes it; 0 where it does not wait."""
        policy = self.resources[name].get("CreationPolicy", {}).get("ResourceSignal")
        return seconds(policy["Timeout"]) if policy else 0


def tags(made: Json) -> dict[str, Any]:
    return {tag["Key"]: tag["Value"] for tag in made["Properties"]["Tags"]}


def roll(template: Template, phases: Iterable[Any]) -> list[dict[str, str]]:
    """Who is there before the change, and after each step of it, if all tiers with steps change. V is the old version."""
    given: dict[str, str] = {}
    states = [dict.fromkeys(template.present({}), OLD)]
    steps = sorted({phase.step for phase in phases})
    for step in steps:
        given |= {phase.parameter: phase.value.replace("V", OLD) for phase in phases if phase.step == step}
        states.append(template.present(given))
    return states
