"""A solution as a CloudFormation stack: one `match` over the model's resources, then the documents around it."""

from __future__ import annotations

import troposphere
from troposphere import Equals, Not, Sub, ec2

from bpc.deployment import Parameter
from bpc.diagnostics.base import errors
from bpc.model.constraints import told
from bpc.model.resources import (
    Balancer,
    FromAnywhere,
    FromBalancer,
    FromCidr,
    FromExisting,
    FromGroup,
    Group,
    Native,
    Network,
    Override,
    Rule,
    Secret,
)
from bpc.record import assert_never
from bpc.target import Artifacts
from bpc_targets.cloudformation import documents, limits, nested_stacks
from bpc_targets.cloudformation.constraints import constraints, text
from bpc_targets.cloudformation.given import given_secret
from bpc_targets.cloudformation.groups import add_group
from bpc_targets.cloudformation.names import encoded
from bpc_targets.cloudformation.network import add_networks
from bpc_targets.cloudformation.stack import Stack, ref
from bpc_targets.cloudformation.userdata import scaling_members
from bpc_targets.cloudformation.values import parameter, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Resource
    from bpc.model.solution import Param, Solution
    from bpc.target import Options

    Json = dict[str, Any]


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The stack's files; None with the diagnostics where CloudFormation cannot express the solution."""
    stack = Stack(solution, options)
    _parameters(stack)
    add_networks(stack)
    if "imagebuilder" in options.chosen:
        from bpc_targets.cloudformation.imagebuilder import add_images

        add_images(stack)
    for item in solution.resources:
        _add(stack, item)
    _outputs(stack)
    if stack.index.natives or stack.index.overrides:
        from bpc_targets.cloudformation.natives import change

        change(stack)
    if errors(stack.found):
        return None, tuple(stack.found)
    templates = nested_stacks.templates(stack, _template(stack))
    deployment = documents.deployment(stack, templates)
    written = documents.written(templates)
    size = len(written[deployment.template].encode())
    files = {**written, **stack.files, **documents.files(stack, deployment, templates, size)}
    headroom = limits.check(stack, templates, files)
    if errors(stack.found):
        return None, tuple(stack.found)
    artifacts = Artifacts(files=files, deployment=deployment, headroom=headroom, places=stack.places)
    return artifacts, tuple(stack.found)


def _add(stack: Stack, item: Resource) -> None:
    match item:
        case Network():
            pass  # with the VPC, which all have in common
        case Secret():
            _secret(stack, item)
        case Group():
            add_group(stack, item)
        case Balancer():
            from bpc_targets.cloudformation.balancers import add_balancer

            add_balancer(stack, item)
        case Rule():
            _rule(stack, item)
        case Native():
            from bpc_targets.cloudformation.natives import add_native

            add_native(stack, item)
        case Override():
            pass  # when all resources are there
        case _:
            assert_never(item)


def _template(stack: Stack) -> Json:
    solution = stack.solution
    title = f"{solution.title}. {solution.doc}".strip()
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": title.encode()[:1000].decode(errors="ignore"),
        "Metadata": {"bpc": solution.facts},
        "Parameters": stack.parameters,
        "Rules": stack.rules,
        "Conditions": {"HasKey": Not(Equals(ref("KeyName"), "")).to_dict(), **stack.conditions},
        "Resources": stack.resources,
        "Outputs": stack.outputs,
    }


# ---- parameters and outputs


def _parameters(stack: Stack) -> None:
    for item in stack.solution.params:
        value = None if item.default is None else _default(item)
        asked = Parameter(name=parameter(item.name), source="blueprint", value=value, tiers=(), why=told(item))
        stack.ask(asked, _parameter(item))
    words = "A key pair for the machines; none where empty."
    key = Parameter(name="KeyName", source="key pair", value="", tiers=(), why="for the machines; none where empty")
    stack.ask(key, {"Type": "String", "Description": words, "Default": ""})


def _parameter(item: Param) -> Json:
    number = item.type not in ("string", "cidr", "bool")
    made: Json = {"Type": "Number" if number else "String"}
    if item.doc:
        made["Description"] = item.doc
    if item.default is not None:
        made["Default"] = _default(item)
    return made | constraints(item)


def _default(item: Param) -> str:
    """A default as it always was written; where values are compared with it, in their one spelling."""
    return str(item.default) if item.constraints is None and item.type != "bool" else text(item.default)


def _outputs(stack: Stack) -> None:
    for item in stack.solution.outputs:
        if scaling_members(stack, item.value, item.span):
            continue
        made: Json = {"Value": _plain(value(item.value, stack))}
        stack.outputs[encoded(item.name)] = {"Description": item.doc, **made} if item.doc else made


def _plain(given: Any) -> Any:
    return given.to_dict() if isinstance(given, troposphere.AWSHelperFn) else given


# ---- secrets and rules


def _secret(stack: Stack, item: Secret) -> None:
    from troposphere import secretsmanager

    if item.given:
        value = given_secret(stack, item)
    else:
        generate = secretsmanager.GenerateSecretString(PasswordLength=item.length, ExcludePunctuation=True)
        value = {"GenerateSecretString": generate}
    stack.add(
        stack.secret(item.name),
        secretsmanager.Secret,
        item,
        Description=Sub(f"{item.name} of stack ${{AWS::StackName}}"),
        Tags=stack.tags(item.name),
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **value,
    )


def _rule(stack: Stack, item: Rule) -> None:
    tier = item.to.partition(".")[0]
    security = stack.balancer("Front", item.to) if item.balancer else stack.tier("Security", tier)
    to = "balancer" if item.balancer else "members"
    ending, peer = _peer(stack, item)
    name = stack.tier("Rule", tier, to, *stack.index.known_endpoint(tier, item.endpoint), *ending)
    if name in stack.resources:  # `public` and 0.0.0.0/0 say the same
        return
    stack.add(
        name,
        ec2.SecurityGroupIngress,
        item,
        GroupId=troposphere.GetAtt(security, "GroupId"),
        **_ports(item, six="CidrIpv6" in peer),
        **peer,
    )


def _ports(item: Rule, *, six: bool) -> Json:
    """What a rule opens; of icmp all types, which AWS writes as -1."""
    if item.protocol == "icmp":
        return {"IpProtocol": "icmpv6" if six else "icmp", "FromPort": -1, "ToPort": -1}
    return {"IpProtocol": item.protocol, "FromPort": item.port, "ToPort": item.last_port}


def _peer(stack: Stack, item: Rule) -> tuple[tuple[str, ...], Json]:
    """What a rule's id ends with, and the properties that say who may connect."""
    match item.peer:
        case FromAnywhere():
            return ("anywhere",), {"CidrIp": "0.0.0.0/0"}
        case FromCidr(cidr=("0.0.0.0/0",)):  # the same rule as for anywhere, and AWS refuses one that is there
            return ("anywhere",), {"CidrIp": "0.0.0.0/0"}
        case FromCidr(cidr=cidr):
            named = "_".join(part if isinstance(part, str) else getattr(part, "param", "") for part in cidr)
            safe = "".join(char if char.isalnum() else "_" for char in named)
            key = "CidrIpv6" if ":" in named else "CidrIp"
            return ("cidr", safe), {key: value(cidr, stack)}
        case FromGroup(group=group):
            security = troposphere.GetAtt(stack.tier("Security", group), "GroupId")
            return ("tier", stack.known(group)), {"SourceSecurityGroupId": security}
        case FromBalancer(balancer=balancer):
            security = troposphere.GetAtt(stack.balancer("Front", balancer), "GroupId")
            tier, _, endpoint = balancer.partition(".")
            return ("from", stack.known(tier), endpoint), {"SourceSecurityGroupId": security}
        case FromExisting(security_group=name):
            from bpc_targets.cloudformation.adopted import security_group

            return ("existing", name), {"SourceSecurityGroupId": security_group(stack, name)}
        case _:
            assert_never(item.peer)
