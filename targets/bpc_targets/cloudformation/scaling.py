"""Interchangeable members: an Auto Scaling group over a launch template, with target tracking and its way to update.

Each machine of a batch must have signalled before the next batch begins. A group of one machine is made anew beside the old one.
"""

from __future__ import annotations

from troposphere import autoscaling
from troposphere.policies import AutoScalingReplacingUpdate, AutoScalingRollingUpdate, UpdatePolicy

from bpc_targets.cloudformation import diagnostics, network
from bpc_targets.cloudformation.balancers import checked, target_groups
from bpc_targets.cloudformation.readiness import CREATED, duration, policy
from bpc_targets.cloudformation.stack import attr, ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group, Scaling
    from bpc_targets.cloudformation.stack import Stack

LONGEST = 3600
"""Seconds that an update may wait for a batch."""


def add_scaling(stack: Stack, group: Group, members: Scaling, before: list[str]) -> None:
    """`before`: what must be there first."""
    if len(group.networks) > 1:
        count = len(group.networks)
        stack.found.append(diagnostics.ScalingNetworks(span=group.span, tier=group.name, count=count))
    _check_times(stack, group)
    where = group.networks[0]
    template = stack.tier("Template", group.name)
    targets = [ref(name) for name in target_groups(stack, group)]
    name = stack.tier("Members", group.name)
    made: dict[str, Any] = {
        "MinSize": str(members.minimum),
        "MaxSize": str(members.maximum),
        "VPCZoneIdentifier": network.subnets(stack, where, public=group.public_address, zone=group.zone),
        "LaunchTemplate": autoscaling.LaunchTemplateSpecification(
            LaunchTemplateId=ref(template), Version=attr(template, "LatestVersionNumber")
        ),
        "HealthCheckType": "ELB" if targets and checked(stack, group) else "EC2",
        "HealthCheckGracePeriod": group.readiness.timeout // 1000,
        "Tags": _tags(stack, group, name),
        "UpdatePolicy": _update(group, members),
    }
    made |= {"TargetGroupARNs": targets} if targets else {}
    made |= {"CreationPolicy": policy(group, members.minimum)} if members.minimum > 0 else {}
    stack.add(name, autoscaling.AutoScalingGroup, group, **made, DependsOn=before)
    _policy(stack, group, members, name)


def _tags(stack: Stack, group: Group, name: str) -> Any:
    own = {"Name": stack.server(group.name), "bpc:solution": stack.solution.name, "bpc:tier": group.name}
    return autoscaling.Tags(**own, **{"bpc:stack": ref("AWS::StackId"), "bpc:signal": name}, **stack.marked(group.name))


def _check_times(stack: Stack, group: Group) -> None:
    """A machine signals after the pause, so that the next batch begins then; AWS waits an hour for both."""
    pause, ready = group.update.pause, group.readiness.timeout
    if pause % 1000 or pause > LONGEST * 1000:
        what = f"a pause of {pause:,} milliseconds"
        stack.found.append(diagnostics.Unfit(span=group.span, what=what, takes="whole seconds, up to an hour"))
    elif pause + ready > LONGEST * 1000:
        hours = -(-(pause + ready) // 3_600_000)
        what = f'a batch of tier "{group.name}"'
        stack.found.append(diagnostics.WaitTooLong(span=group.span, what=what, hours=hours, most=LONGEST // 3600))


def in_service(group: Group, members: Scaling) -> int:
    """How many stay in service: AWS allows less than the group's largest size."""
    return min(max(group.update.minimum, 1), members.maximum - 1)


def _update(group: Group, members: Scaling) -> UpdatePolicy:
    """Where there can be two, one stays in service; where one is alone, another comes first, in a group of its own."""
    if members.minimum == members.maximum == 1:
        return UpdatePolicy(AutoScalingReplacingUpdate=AutoScalingReplacingUpdate(WillReplace=True))
    seconds = group.readiness.timeout // 1000 + group.update.pause // 1000 + CREATED
    rolling = AutoScalingRollingUpdate(
        MaxBatchSize=group.update.batch or 1,
        MinInstancesInService=in_service(group, members),
        PauseTime=duration(min(LONGEST, seconds)),
        WaitOnResourceSignals=True,
        SuspendProcesses=["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"],
    )
    return UpdatePolicy(AutoScalingRollingUpdate=rolling)


def _policy(stack: Stack, group: Group, members: Scaling, name: str) -> None:
    if members.metric == "memory":
        stack.found.append(diagnostics.NoMetric(span=group.span, metric=members.metric))
    if members.metric != "cpu" or members.minimum == members.maximum:  # AWS refuses a policy that could change nothing
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
