"""Interchangeable members: an Auto Scaling group over a launch template, with target tracking and its way to update."""

from __future__ import annotations

from troposphere import autoscaling
from troposphere.policies import AutoScalingRollingUpdate, UpdatePolicy

from bpc_targets.cloudformation import diagnostics, network
from bpc_targets.cloudformation.balancers import checked, target_groups
from bpc_targets.cloudformation.stack import attr, ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group, Scaling
    from bpc_targets.cloudformation.stack import Stack

LONGEST_PAUSE = 3_600_000
"""Milliseconds between two batches."""


def add_scaling(stack: Stack, group: Group, members: Scaling, before: list[str]) -> str:
    """The Auto Scaling group's id. `before`: what must be there first."""
    if len(group.networks) > 1:
        count = len(group.networks)
        stack.found.append(diagnostics.ScalingNetworks(span=group.span, tier=group.name, count=count))
    if group.update.pause % 1000 or group.update.pause > LONGEST_PAUSE:
        what = f"a pause of {group.update.pause:,} milliseconds"
        takes = "whole seconds, up to an hour"
        stack.found.append(diagnostics.Unfit(span=group.span, what=what, takes=takes))
    where = group.networks[0]
    subnets = network.edge(stack, where) if group.public_address else network.inside(stack, where)
    template = stack.tier("Template", group.name)
    targets = [ref(name) for name in target_groups(stack, group)]
    name = stack.tier("Members", group.name)
    made: dict[str, Any] = {
        "MinSize": str(members.minimum),
        "MaxSize": str(members.maximum),
        "VPCZoneIdentifier": [ref(subnet) for subnet in subnets],
        "LaunchTemplate": autoscaling.LaunchTemplateSpecification(
            LaunchTemplateId=ref(template), Version=attr(template, "LatestVersionNumber")
        ),
        "HealthCheckType": "ELB" if targets and checked(stack, group) else "EC2",
        "HealthCheckGracePeriod": group.readiness.timeout // 1000,
        "Tags": autoscaling.Tags(**{"Name": group.name, "bpc:solution": stack.solution.name, "bpc:tier": group.name}),
        "UpdatePolicy": UpdatePolicy(AutoScalingRollingUpdate=_rolling(group, members)),
    }
    made |= {"TargetGroupARNs": targets} if targets else {}
    stack.add(name, autoscaling.AutoScalingGroup, group, **made, DependsOn=before)
    _policy(stack, group, members, name)
    return name


def _rolling(group: Group, members: Scaling) -> AutoScalingRollingUpdate:
    return AutoScalingRollingUpdate(
        MaxBatchSize=group.update.batch or 1,
        MinInstancesInService=min(group.update.minimum, members.maximum - 1),
        PauseTime=f"PT{group.update.pause // 1000}S",
        SuspendProcesses=["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"],
    )


def _policy(stack: Stack, group: Group, members: Scaling, name: str) -> None:
    if members.metric == "memory":
        stack.found.append(diagnostics.NoMetric(span=group.span, metric=members.metric))
    if members.metric != "cpu":
        return
    metric = autoscaling.PredefinedMetricSpecification(PredefinedMetricType="ASGAverageCPUUtilization")
    tracking = autoscaling.TargetTrackingConfiguration(PredefinedMetricSpecification=metric, TargetValue=members.target)
    stack.add(
        stack.tier("Scaling", group.name),
        autoscaling.ScalingPolicy,
        group,
        AutoScalingGroupName=ref(name),
        PolicyType="TargetTrackingScaling",
        EstimatedInstanceWarmup=members.cooldown // 1000,
        TargetTrackingConfiguration=tracking,
    )
