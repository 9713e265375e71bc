"""Each planted mistake makes the offline judge fail, and say why; without one it has nothing to say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from judges.heat import judge

SOUND = Path(__file__).parent / "sound"
GONE = object()

# what is planted: (file, the place in it, what stands there then, a part of what the judge says)
MISTAKES: dict[str, tuple[str, str, Any, str]] = {
    "unknown type": ("stack.yaml", "resources.net.type", "OS::Neutron::Nett", "could not be found"),
    "hidden type": ("stack.yaml", "resources.old", {"type": "OS::Sahara::Job"}, "is hidden"),
    "hidden property": ("stack.yaml", "resources.subnet.properties.network_id", "x", "network_id"),
    "type of a nested file unknown": ("member.yaml", "resources.port.type", "OS::Neutron::Prt", "could not be found"),
    "unknown property": ("stack.yaml", "resources.net.properties", {"nam": "x"}, "Unknown Property nam"),
    "unknown property in a nested file": ("member.yaml", "resources.port.properties.nam", "x", "Unknown Property nam"),
    "unknown property of a member": ("stack.yaml", "resources.workers.properties.resource.properties.nam", "x", "nam"),
    "wrong type of value": ("stack.yaml", "resources.password.properties.length", "many", "not an integer"),
    "wrong type of value in a nested file": ("member.yaml", "resources.server.properties.networks", "x", "is not a list"),
    "wrong type of value of a member": (
        "stack.yaml", "resources.workers.properties.resource.properties.networks", "x", "is not a list"),
    "unknown setting in a map": ("stack.yaml", "resources.router.properties.external_gateway_info.net", "x", "net"),
    "required property missing": ("stack.yaml", "resources.subnet.properties.network", GONE, "network"),
    "required property missing in a nested file": ("member.yaml", "resources.data.properties", GONE, "size"),
    "number out of range": ("stack.yaml", "resources.listener.properties.protocol_port", 65536, "65536"),
    "value not allowed": ("stack.yaml", "resources.pool.properties.lb_algorithm", "BEST", "not an allowed value"),
    "value not allowed in a nested file": (
        "member.yaml", "resources.server.properties.user_data_update_policy", "NEVER", "not an allowed value"),
    "no network address": ("stack.yaml", "resources.subnet.properties.cidr", "10.20.1.0/33", "cidr"),
    "no network address in a parameter": ("stack.yaml", "parameters.admin_cidr.default", "everybody", "everybody"),
    "number out of range in a parameter": ("stack.yaml", "parameters.offers.default.web.port", 99999, "99999"),
    "default against its own constraint": (
        "stack.yaml", "parameters.flavor.constraints", [{"allowed_values": ["large"]}], "allowed"),
    "environment against a constraint": ("stack.yaml", "parameters.image.constraints", [{"length": {"min": 9}}], "length"),
    "environment sets an unknown parameter": ("environment.yaml", "parameters.immage", "x", "immage"),
    "get_attr of an unknown attribute": ("stack.yaml", "outputs.url.value", {"get_attr": ["balancer", "adress"]}, "adress"),
    "get_attr of an unknown output": ("member.yaml", "outputs.address", GONE, "no attribute 'address'"),
    "get_attr of an unknown resource": ("stack.yaml", "outputs.url.value", {"get_attr": ["balancr", "vip_port_id"]}, "balancr"),
    "get_resource of an unknown resource": (
        "stack.yaml", "resources.subnet.properties.network", {"get_resource": "nett"}, "nett"),
    "get_param of an unknown parameter": ("stack.yaml", "outputs.url.value", {"get_param": "ur"}, "no parameter 'ur'"),
    "get_param of an unknown path": (
        "stack.yaml", "outputs.url.value", {"get_param": ["offers", "app", "port"]}, "leads nowhere"),
    "get_param with the index of a group": (
        "stack.yaml", "resources.app.properties.resource_def.properties.volume_size",
        {"get_param": ["offers", "%index%"]}, "leads nowhere"),
    "unused parameter": ("stack.yaml", "parameters.spare", {"type": "string", "default": ""}, "nothing reads it"),
    "unused parameter in a nested file": (
        "member.yaml", "parameters.spare", {"type": "string", "default": ""}, "nothing reads it"),
    "nested parameter not given": ("member.yaml", "parameters.zone", {"type": "string"}, "zone"),
    "nested parameter unknown": ("stack.yaml", "resources.app.properties.resource_def.properties.zone", "x", "zone"),
    "depends_on an unknown resource": ("stack.yaml", "resources.app.depends_on", "router_subnett", "router_subnett"),
    "cycle": ("stack.yaml", "resources.net.depends_on", "subnet", "Circular"),
    "cycle in a nested file": ("member.yaml", "resources.port.depends_on", "server", "Circular"),
    "file missing": (
        "stack.yaml", "resources.workers.properties.resource.properties.user_data", {"get_file": "user-data/w.sh"}, "w.sh"),
    "nested file missing": ("stack.yaml", "resources.app.properties.resource_def.type", "membr.yaml", "membr.yaml"),
    "file name computed": (
        "stack.yaml", "resources.workers.properties.resource.properties.user_data",
        {"get_file": {"get_param": "flavor"}}, "No content found"),
    "unknown update policy": ("stack.yaml", "resources.app.update_policy", {"rolling": {}}, "rolling"),
    "unknown setting of an update policy": (
        "stack.yaml", "resources.app.update_policy.rolling_update.batch", 1, "batch"),
    "bad value in an update policy": (
        "stack.yaml", "resources.app.update_policy.rolling_update.max_batch_size", 0, "max_batch_size"),
    "bad deletion policy": ("member.yaml", "resources.data.deletion_policy", "Keep", "deletion policy"),
    "snapshot of what has none": ("stack.yaml", "resources.net.deletion_policy", "Snapshot", "not supported"),
    "metadata is no map": ("stack.yaml", "resources.net.metadata", "shop.bp:3", "metadata"),
    "metadata of a handle": ("stack.yaml", "resources.ready_app.metadata", {"bpc": "shop.bp:3"}, "for a signal"),
    "unknown condition": ("stack.yaml", "resources.workers_busy.condition", "with_telemetri", "with_telemetri"),
    "condition that is none": ("stack.yaml", "conditions.with_telemetry", "yes please", "with_telemetry"),
    "mistake behind a false condition": ("stack.yaml", "resources.workers_busy.properties.metrik", "x", "metrik"),
    "reference to what a condition removes": (
        "stack.yaml", "outputs.url.value", {"get_attr": ["workers_busy", "show"]}, "workers_busy"),
    "unknown function": ("stack.yaml", "resources.net.properties", {"name": {"get_parm": "flavor"}}, "name"),
    "wrong arguments of a function": ("stack.yaml", "resources.net.properties", {"name": {"list_join": ["-"]}}, "list_join"),
    "template of an earlier version": ("stack.yaml", "heat_template_version", "2015-10-15", "condition"),
    "function of a later version": ("stack.yaml", "heat_template_version", "2016-10-14", "make_url: no function of"),
    "unknown version": ("stack.yaml", "heat_template_version", "2018-03-03", "2018-03-03"),
    "unknown section": ("stack.yaml", "resource", {}, "resource"),
    "unknown key of a resource": ("stack.yaml", "resources.net.property", {}, "property"),
    "parameter and resource of one name": ("stack.yaml", "resources.flavor", {"type": "OS::Heat::None"}, "Duplicate"),
    "more resources than Heat takes": ("stack.yaml", "resources.app.properties.count", 250, "Heat takes 1000"),
    "not YAML": ("stack.yaml", "", "a: [", "stack.yaml"),
}  # fmt: skip


def test_a_sound_stack_has_no_problems() -> None:
    assert judge(SOUND) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name: str, tmp_path: Path) -> None:
    file, place, value, said = MISTAKES[name]
    folder = shutil.copytree(SOUND, tmp_path / "stack")
    (folder / file).write_text(_planted((folder / file).read_text(), place, value))
    problems = judge(folder)
    assert problems, "the judge noticed nothing"
    assert said in " ".join(problems)


def _planted(text: str, place: str, value: Any) -> str:
    if not place:
        return str(value)
    document = yaml.safe_load(text)
    *way, last = place.split(".")
    here = document
    for step in way:
        here = here.setdefault(step, {})
    if value is GONE:
        del here[last]
    else:
        here[last] = value
    return yaml.safe_dump(document)
