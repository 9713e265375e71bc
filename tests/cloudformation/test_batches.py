"""How an update goes through the machines of any tier: what is expected comes from the model, in all combinations of settings."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from judges.rolling import NEW, OLD, Template, roll, seconds, tags
from test_compile import IDS, ROOT, VARIANTS

import bpc.api
from bpc.model.resources import Fixed, Group
from bpc_targets.cloudformation.names import logical

HOUR = 3600
TIER = """
  tier {name} {{
    image   = {image}
    network = {network}
    count   = {count}
    ready_within = {ready}
    {more}
  }}"""
BLUEPRINT = """blueprint 1
image plain {{ from = debian("12") }}
image asks {{
  from  = debian("12")
  param peer: endpoint
  file  "/etc/peer" {{ text = peer.host }}
}}
image cluster {{
  from  = debian("12")
  param peers: endpoint
  file  "/etc/peers" {{ text = join(",", peers.hosts) }}
}}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/22", public = true }}
  network m {{ cidr = "10.0.4.0/22" }}
{tiers}
}}
"""
BALANCED = "expose it { port = 81, balance = round_robin }"


@st.composite
def fixed(draw, name: str) -> str:
    count = draw(st.sampled_from([1, 2, 3, 4, 7, 25, 45]))
    more = []
    if draw(st.booleans()):
        more.append('volume data { size = 1GiB, mount = "/data" }')
    image = draw(st.sampled_from(["plain", f"cluster(peers = {name}.port)"]))
    public = draw(st.booleans()) and draw(st.booleans())
    more.append(f"expose port {{ port = 80{', public = true, each = true' if public and count > 1 else ''} }}")
    if draw(st.booleans()):
        more.append(BALANCED)
    if batch := draw(st.sampled_from([0, 1, 2, 3])):
        more.append(f"update {{ batch = {min(batch, count)} }}")
    network = draw(st.sampled_from(["n", "[n, m]"]))
    ready = draw(st.sampled_from(["30min", "90s", "3h", "12h"]))
    return TIER.format(name=name, image=image, network=network, count=count, ready=ready, more="\n    ".join(more))


@st.composite
def scaling(draw, name: str) -> str:
    low = draw(st.integers(0, 3))
    high = draw(st.integers(max(1, low), 6))
    more = ["expose port { port = 80 }"]
    if draw(st.booleans()):
        more.append(BALANCED)
    settings = []
    if low > 1 and draw(st.booleans()):
        settings.append(f"batch = {draw(st.integers(1, low - 1))}")
    if draw(st.booleans()):
        settings.append("pause = 90s")
    more += [f"update {{ {', '.join(settings)} }}"] if settings else []
    more.append("scale { metric = cpu, target = 60% }")
    ready = draw(st.sampled_from(["30min", "90s", "57min"]))
    return TIER.format(
        name=name, image="plain", network="n", count=f"{low}..{high}", ready=ready, more="\n    ".join(more)
    )


@st.composite
def blueprints(draw) -> str:
    tiers = [draw(st.one_of(fixed(name), scaling(name))) for name in draw(st.sampled_from([["a"], ["a", "b"]]))]
    if BALANCED in tiers[0]:
        tiers.append(TIER.format(name="z", image="asks(peer = a.it)", network="n", count="1", ready="30min", more=""))
    elif ".." not in tiers[0]:
        tiers.append(TIER.format(name="z", image="cluster(peers = a.port)", network="n", count=3, ready="1h", more=""))
    return BLUEPRINT.format(tiers="".join(tiers))


def compiled(path, **options):
    result = bpc.api.compile(path, targets=("cfn",), **options)
    assert [d.code for d in result.diagnostics if d.code not in ("CFN005", "BPC430", "BPC463")] == []
    return result


def judge(result) -> None:
    """All that is said of updates holds for each tier of a stack of one template."""
    artifacts = result.artifacts["cloudformation"]
    template = Template(yaml.safe_load(artifacts.files["stack.yaml"]))
    groups = [item for item in result.solution.resources if isinstance(item, Group)]
    for group in groups:
        if isinstance(group.members, Fixed):
            members(template, group)
        else:
            scaling_group(template, group)
        role(template, group)
        order(template, group)
    steps(template, groups, artifacts.deployment.phases)


def instances(template: Template, group: Group) -> list[str]:
    return [logical("Instance", group.name, number) for number in range(group.members.count)]


def members(template: Template, group: Group) -> None:
    """Each machine is awaited when it is made, for as long as it may take; nothing that it waits for comes only then."""
    for name in instances(template, group):
        signalled = template.signalled(name)
        assert tags(template.resources[name])["bpc:stack"] == {"Ref": "AWS::StackId"}
        assert group.readiness.timeout / 1000 <= template.awaited(signalled) <= 12 * HOUR
        assert template.resources[signalled]["CreationPolicy"]["ResourceSignal"]["Count"] == 1
        assert template.resources[signalled].get("Condition") == template.resources[name].get("Condition")
        attached = [
            attachment
            for attachment, made in template.of("VolumeAttachment").items()
            if made["Properties"]["InstanceId"] == {"Ref": name}
        ]
        assert len(attached) == len(group.volumes)
        assert not any(signalled in template.after(attachment) for attachment in attached), "first boot waits for it"
        if not group.volumes:
            assert signalled == name


def scaling_group(template: Template, group: Group) -> None:
    """A batch is awaited, with its pause; where there can be two, one stays; where one is alone, another comes first."""
    name = logical("Members", group.name)
    made = template.resources[name]
    low, high = group.members.minimum, group.members.maximum
    given = {tag["Key"]: (tag["Value"], tag["PropagateAtLaunch"]) for tag in made["Properties"]["Tags"]}
    assert given["bpc:stack"] == ({"Ref": "AWS::StackId"}, True)
    assert given["bpc:signal"] == (name, True)
    needed = (group.readiness.timeout + group.update.pause) / 1000
    assert ("CreationPolicy" in made) == bool(low)
    if low:
        assert made["CreationPolicy"]["ResourceSignal"]["Count"] == low
        assert needed <= template.awaited(name)
    if low == high == 1:
        assert made["UpdatePolicy"] == {"AutoScalingReplacingUpdate": {"WillReplace": True}}
        return
    rolling = made["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert rolling["WaitOnResourceSignals"] is True
    assert needed <= seconds(rolling["PauseTime"]) <= HOUR
    assert rolling["MaxBatchSize"] == (group.update.batch or 1)
    assert group.update.minimum <= rolling["MinInstancesInService"] < high
    assert rolling["MinInstancesInService"] >= 1 or high == 1, "never all out of service"
    assert {"ReplaceUnhealthy", "AZRebalance", "AlarmNotification"} <= set(rolling["SuspendProcesses"])


def role(template: Template, group: Group) -> None:
    """The machines have a role, which may signal this stack and no other."""
    launched = template.resources[logical("Template", group.name)]["Properties"]["LaunchTemplateData"]
    profile = launched["IamInstanceProfile"]["Arn"]["Fn::GetAtt"][0]
    [role] = template.resources[profile]["Properties"]["Roles"]
    policies = template.resources[role["Ref"]]["Properties"]["Policies"]
    said = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    signals = [statement for statement in said if statement["Action"] == "cloudformation:SignalResource"]
    assert [(one["Effect"], one["Resource"]) for one in signals] == [("Allow", [{"Ref": "AWS::StackId"}])]


def order(template: Template, group: Group) -> None:
    """A batch begins when the one before is ready; a tier when those that it needs are, and the way to them is there."""
    count = group.members.count if isinstance(group.members, Fixed) else 0
    made = instances(template, group) if count else [logical("Members", group.name)]
    for other in group.starts_after:
        name = logical("Ready", other)
        assert all(name in template.after(one) for one in made)
        listeners = [one for one in template.of("Listener") if one.startswith(f"{logical('Listener', other)}X")]
        assert all(set(listeners) <= template.after(one) for one in made)
        if logical("Members", other) in template.resources:
            assert all(logical("Members", other) in template.after(one) for one in made)
    conditional = any("Condition" in template.resources[one] for one in made)
    size = group.update.batch or max(1, count // 20)
    for number, one in enumerate(made):
        before = set(made[: number // size * size]) if count else set()
        assert template.after(one) & set(made) == (set() if conditional else before), "in the order of batches"


def steps(template: Template, groups: list[Group], phases) -> None:
    """Machines that cannot be replaced go before they come back, a batch at a time, and are awaited; the others stay."""
    held = [group for group in groups if logical("Present", group.name) in template.template["Parameters"]]
    assert {tier for phase in phases for tier in phase.tiers} == {group.name for group in held}
    states = roll(template, phases)
    for group in held:
        names = instances(template, group)
        size = group.update.batch or max(1, (len(names) - 1) // 2)
        for before, after in pairwise(states):
            missing = [name for name in names if name not in after]
            assert len(missing) <= size
            assert len(missing) < len(names) or size >= len(names) or len(names) == 1
            changed = {name for name in names if name in before and name in after and before[name] != after[name]}
            assert not changed, "the new one cannot have what the old one holds"
            for name in names:
                if name in after and name not in before:
                    assert after[name] == NEW
                    assert template.awaited(template.signalled(name))
        assert {states[-1][name] for name in names} == {NEW}
        assert {states[0][name] for name in names} == {OLD}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(text=blueprints())
def test_any_tier(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tier")
    (folder / "solution.bp").write_text(text)
    result = compiled(folder / "solution.bp", limits={"stack_resources": 5000, "operation_resources": 5000})
    if "cloudformation" in result.artifacts:
        judge(result)


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_the_samples(folder, environment):
    settings = {"workers": "6"} if folder.name == "farm" else {}
    judge(compiled(folder / "solution.bp", environment=environment, settings=settings))


HELD = BLUEPRINT.format(
    tiers=TIER.format(
        name="store",
        image="plain",
        network="n",
        count=3,
        ready="30min",
        more='volume data { size = 1GiB, mount = "/data" }',
    )
)


def test_a_cluster_keeps_its_majority(tmp_path):
    (tmp_path / "solution.bp").write_text(HELD)
    artifacts = compiled(tmp_path / "solution.bp").artifacts["cloudformation"]
    assert [phase.value for phase in artifacts.deployment.phases] == ["none,V,V", "all,none,V", "all,all,none", "all"]
    readme = artifacts.files["README.txt"]
    assert "store: 1 at a time is missing until ready again, in 4 updates (see below)" in readme
    assert '2. PresentStore = "all,none,V"' in readme
    assert "aws:ec2launchtemplate:version" in readme, "how to know V"


def test_steps_of_two_tiers_are_the_same_updates(tmp_path):
    """What is not yet to change stays at its version: else the first step would change it, and fail."""
    more = TIER.format(
        name="other", image="plain", network="[n, m]", count=1, ready="30min", more="expose port { port = 80 }"
    )
    (tmp_path / "solution.bp").write_text(HELD.rstrip().removesuffix("}") + more + "\n}\n")
    phases = compiled(tmp_path / "solution.bp").artifacts["cloudformation"].deployment.phases
    assert [(p.step, p.parameter, p.value) for p in phases][:4] == [
        (0, "PresentStore", "none,V,V"),
        (0, "PresentOther", "none"),
        (1, "PresentStore", "all,none,V"),
        (1, "PresentOther", "all"),
    ]


def test_many_batches_are_told_in_short(tmp_path):
    (tmp_path / "solution.bp").write_text(HELD.replace("count   = 3", "count   = 30\n    update { batch = 1 }"))
    artifacts = compiled(tmp_path / "solution.bp").artifacts["cloudformation"]
    assert "31. PresentStore" in artifacts.files["README.txt"]
    assert "9. PresentStore" not in artifacts.files["README.txt"]
    template = Template(yaml.safe_load(artifacts.files["stack.yaml"]))
    states = roll(template, artifacts.deployment.phases)
    assert [len(state) for state in states] == [30, *[29] * 30, 30]


def test_more_batches_than_a_parameter_takes(tmp_path):
    (tmp_path / "solution.bp").write_text(HELD.replace("count   = 3", "count   = 1100\n    update { batch = 1 }"))
    found = bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",)).diagnostics
    assert "4,399 bytes in the value of PresentStore" in found[0].text


def test_members_in_nested_stacks_signal_these(tmp_path):
    """Each nested stack lets its own machines signal it, before they start; its name is known there only."""
    (tmp_path / "solution.bp").write_text(HELD.replace("count   = 3", "count   = 120"))
    files = compiled(tmp_path / "solution.bp", limits={"stack_resources": 210}).artifacts["cloudformation"].files
    nested = {name: yaml.safe_load(text) for name, text in files.items() if re.match(r"Machines\w+\.yaml", name)}
    assert len(nested) == 3
    policies = set()
    for made in nested.values():
        [(name, policy)] = [(name, one) for name, one in made["Resources"].items() if one["Type"] == "AWS::IAM::Policy"]
        [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Resource"]) == (
            "cloudformation:SignalResource",
            [{"Ref": "AWS::StackId"}],
        )
        policies.add(policy["Properties"]["PolicyName"])
        template = Template(made)
        for instance in template.of("Instance"):
            assert name in template.after(instance)
            assert template.signalled(instance) in made["Resources"]
            assert tags(made["Resources"][instance])["bpc:stack"] == {"Ref": "AWS::StackId"}
    assert len(policies) == 3, "a role has one policy of a name"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("ready_within = 60min", ""),
        ("ready_within = 61min", "CFN013"),
        ("ready_within = 59min\n update { pause = 2min }", "CFN013"),
    ],
)
def test_an_update_of_a_scaling_tier_waits_for_an_hour_at_most(tmp_path, settings, code):
    tier = (
        f"tier t {{ image = plain, network = n, count = 2..4\n scale {{ metric = cpu, target = 60% }}\n {settings}\n }}"
    )
    (tmp_path / "solution.bp").write_text(BLUEPRINT.format(tiers=tier))
    found = bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",)).diagnostics
    assert [diagnostic.code for diagnostic in found] == [code][: bool(code)]


@pytest.mark.parametrize(("minutes", "codes"), [(720, []), (721, ["CFN013"])])
def test_a_machine_is_waited_for_twelve_hours_at_most(tmp_path, minutes, codes):
    tier = f"tier t {{ image = plain, network = n, count = 40, ready_within = {minutes}min }}"
    (tmp_path / "solution.bp").write_text(BLUEPRINT.format(tiers=tier))
    assert [d.code for d in bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",)).diagnostics] == codes


def test_the_readme_foretells_what_is_interrupted():
    files = bpc.api.compile(ROOT / "blueprints/shop/solution.bp", targets=("cfn",)).artifacts["cloudformation"].files
    assert "db: out of service until the new one is ready, in 2 updates (see below)" in files["README.txt"]
    assert "app: new ones come beside the old" in files["README.txt"]
