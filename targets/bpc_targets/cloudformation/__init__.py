"""AWS CloudFormation: a solution as a stack template with its parameters and first-boot data."""

from __future__ import annotations

from bpc.errors import UsageError
from bpc.target import Limit, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.model.solution import Solution
    from bpc.target import Artifacts, Options

CAPABILITIES = {
    "network": "AWS::EC2::Subnet in two zones of one VPC, routed to a NAT gateway",
    "network: existing": "parameters for the VPC and two subnets, four of a public one, and for their zones where there are volumes; no gateway, NAT or route",
    "network: router = existing": "parameters for the VPC and its route tables; a new network beside an existing one must have it (CFN028)",
    "network: public": "two more subnets, routed to the internet gateway, for balancers and public addresses",
    "param": "parameter with constraints",
    "param: min, max": "MinValue, MaxValue",
    "param: min_length, max_length": "MinLength, MaxLength",
    "param: allowed": "AllowedValues",
    "param: pattern": "AllowedPattern, anchored",
    "param: message": "ConstraintDescription",
    "param: image": "none: the image is chosen when compiling",
    "secret": "AWS::SecretsManager::Secret, read by the machines through their role",
    "secret: given": "a NoEcho parameter, kept in AWS::SecretsManager::Secret, or the ARN of a secret that is there",
    "native": "the resources of its file for CloudFormation, with ids NativeNAMEXID; without a file refused (BPC476)",
    "override": "properties laid over those of the resource of that id",
    "tier: count = number": "AWS::EC2::Instance from a launch template, each with its own network interface",
    "tier: count = range": "AWS::AutoScaling::AutoScalingGroup with target tracking of the processors; `memory` is refused (CFN007)",
    "tier: spread = hosts": "AWS::EC2::PlacementGroup, spread; seven instances a zone (CFN010)",
    "tier: spread = prefer_hosts": "two zones in turn, and EC2's own placement, which keeps machines apart where it can; a placement group would refuse some",
    "tier: zone": "the subnet of one zone, whose name a parameter asks for; two zones a stack (CFN027)",
    "tier: spread = zones": "members in two zones in turn",
    "tier: names of machines": "tag Name, STACK-TIER-NUMBER; of a scaling tier STACK-TIER, as AWS gives its members no numbers; the host name is TIER-NUMBER",
    "tier: metadata": "routing rules on the machine, which first boot enables; its answers may go one hop, of an open one two",
    "tags": "Tags of all that has some of bpc's own, and of the machines' roles",
    "machine": "an instance type parameter: the cheapest of a dated table, or of --flavors",
    "machine: architecture": "by the instance type; x86_64 or aarch64",
    "volume": "AWS::EC2::Volume, encrypted, and VolumeAttachment",
    "volume: keep": "DeletionPolicy and UpdateReplacePolicy Retain",
    "volume: existing": "a parameter for each member's volume, of the type AWS::EC2::Volume::Id, with VolumeAttachment alone; parameters for the zones, unless subnets exist",
    "expose": "security group rules, each its own resource",
    "expose: port = range": "one rule for the range",
    "expose: protocol = icmp": "a rule of icmp, all types",
    "peers": "a rule with SourceSecurityGroupId, the tier's own",
    "expose: balance": "Application Load Balancer for http and for https with tls, otherwise Network Load Balancer, with a listener and target group for each endpoint that shares it, fifty at most (CFN026); some algorithms are refused (CFN008)",
    "expose: balance on udp": "Network Load Balancer; AWS has no check of udp, so unhealthy members stay in use",
    "expose: health": "health check of the target group; values that AWS does not take are refused (CFN033)",
    "expose: member_port": "Port of the target group",
    "expose: tls": "a certificate's ARN at the listener",
    "expose: public": "an internet-facing balancer, or an elastic address on each member",
    "expose: address = existing": "a parameter for each member's allocation id, with EIPAssociation alone; two of a Network Load Balancer, one in each zone; refused at an Application Load Balancer (CFN030)",
    "allow": "rule with CidrIp, of the members or of the balancer in front of them",
    "allow: existing(…)": "a rule with SourceSecurityGroupId, and a parameter of the type AWS::EC2::SecurityGroup::Id for each name",
    "update": "AutoScalingRollingUpdate of a scaling tier, which waits for each batch and leaves one member in service at least; members with an identity come a batch after the other beside the old ones (default batch: a twentieth); those with volumes or addresses of their own change in an update for each batch (default: a minority); `pause` is refused for members with an identity (CFN011)",
    "readiness": "CreationPolicy and WaitOnResourceSignals for each machine, twelve hours at most, one for a batch of a scaling tier (CFN013); AWS::CloudFormation::WaitCondition while the stack is made: a failure carries exit code and log tail",
    "tier: ready": "asked by the machine itself before it signals; a failure carries the reason",
    "configure": "cloud-init's module for the platform, called by the first-boot script",
    "was": "keeps the logical ids",
    "output": "output",
    "image: from release": "an AMI by parameter, or EC2 Image Builder in the stack (--images imagebuilder); Debian and Ubuntu on x86_64, others are refused (CFN021)",
    "image: from image": "components that images share",
    "image: cloud_image": "an AMI by parameter",
    "repository": "its files in first boot or a component, then apt-get update of it alone, before the packages",
    "packages": "a component of EC2 Image Builder: apt-get, without recommended packages",
    "artifact": "a component; it must fit (CFN022), or come from a URL",
    "run": "a component, in the order of declaration",
    "file": "an archive in components; owner and mode by a step",
    "service": "a component: systemctl enable; services do not start while the image is made",
    "user": "a component: useradd",
}


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """See `emit.emit`; troposphere is imported only when a stack is made. Raises `UsageError` where it is not installed."""
    try:
        from bpc_targets.cloudformation.emit import emit as emitted
    except ModuleNotFoundError as missing:
        if missing.name != "troposphere":
            raise
        raise UsageError("the target cloudformation needs troposphere: pip install troposphere") from None

    return emitted(solution, options)


TARGET = Target(
    name="cloudformation",
    title="AWS CloudFormation",
    makes="stack",
    limits={
        "stack_resources": Limit(default=500, shapes=True),
        "operation_resources": Limit(default=2500),
        "vpc_blocks": Limit(default=5),
        "listeners": Limit(default=50),
    },
    capabilities=CAPABILITIES,
    emit=emit,
)
