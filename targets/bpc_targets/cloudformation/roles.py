"""What machines may do: signal their own stack's resources, read their tier's secrets, and nothing else."""

from __future__ import annotations

from bpc_targets.cloudformation.stack import attr, ref
from bpc_targets.cloudformation.userdata import secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc_targets.cloudformation.stack import Stack

SIGNAL = "cloudformation:SignalResource"
READ = "secretsmanager:GetSecretValue"


def add_role(stack: Stack, group: Group) -> None:
    """The role of a tier's machines. Those in nested stacks signal these: `nested_stacks` adds to it."""
    from troposphere import Tags, iam

    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policies = [iam.Policy(PolicyName="signals", PolicyDocument=allowed(SIGNAL, [ref("AWS::StackId")]))]
    if names := secrets(stack, group):
        read = allowed(READ, [stack.arn(name) for name in names])
        policies.append(iam.Policy(PolicyName="secrets", PolicyDocument=read))
    role = stack.tier("Role", group.name)
    marked = stack.marked(group.name)
    more = {"Tags": Tags(marked)} if marked else {}
    stack.add(role, iam.Role, group, AssumeRolePolicyDocument=_document(trust), Policies=policies, **more)
    stack.add(stack.tier("Profile", group.name), iam.InstanceProfile, group, Roles=[ref(role)])


def profile(stack: Stack, group: Group) -> Any:
    """The ARN of what gives machines the role."""
    return attr(stack.tier("Profile", group.name), "Arn")


def allowed(action: str, resources: list[Any]) -> dict[str, Any]:
    """The policy document that allows one thing."""
    return _document({"Effect": "Allow", "Action": action, "Resource": resources})


def _document(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}
