"""OpenStack Heat: a solution as a HOT stack with its environment file, nested templates and first-boot data."""

from __future__ import annotations

from bpc.target import Limit, Target
from bpc_targets.heat.emit import emit
from bpc_targets.heat.limits import DEFAULTS

CAPABILITIES = {
    "network": "OS::Neutron::Net and Subnet, an interface on the solution's router",
    "network: existing": "parameters for the network and its subnet; its addresses a parameter, too, where a balancer on it needs them and the blueprint does not say them",
    "network: router = existing": "a parameter for the router, which gets an interface of each new network",
    "network: public": "floating IPs from the external network",
    "param": "parameter with constraints",
    "param: min, max": "range",
    "param: min_length, max_length": "length",
    "param: allowed": "allowed_values",
    "param: pattern": "allowed_pattern, anchored; also judged in the file of --params, as all constraints are (HEAT013)",
    "param: message": "description of each constraint",
    "param: image": "none: the image is chosen when compiling",
    "secret": "OS::Heat::RandomString, never in an output",
    "secret: given": "a hidden parameter, which bpc takes no value for (HEAT012)",
    "native": "the resources of its file for Heat, with ids native.NAME.ID; without a file refused (BPC476)",
    "override": "properties laid over those of the resource of that id, also of a member's (tier.NAME/server)",
    "tier: count = number": "OS::Heat::ResourceGroup; a port for each where somebody may connect",
    "tier: count = range": "OS::Heat::AutoScalingGroup with scaling policies; alarms behind the parameter telemetry",
    "tier: spread = hosts": "OS::Nova::ServerGroup, anti-affinity",
    "tier: spread = prefer_hosts": "OS::Nova::ServerGroup, soft-anti-affinity",
    "tier: spread = zones": "availability_zone by parameters, the zones in turn; of a tier that scales refused (HEAT003)",
    "tier: zone": "availability_zone, by a parameter for each name; volumes are where Cinder puts them",
    "tier: names of machines": "STACK-TIER-NUMBER; of a scaling tier STACK-TIER and the first digits of the member's own stack id, but for one that an update does not wait for (HEAT009)",
    "tier: metadata": "routing rules on the machine, which first boot enables (docs/language.md)",
    "tags": "Neutron tags NAME=VALUE of networks, subnets, the router and ports; metadata of servers and volumes",
    "machine": "a flavor parameter, or the smallest flavor of --flavors",
    "machine: architecture": "a property of the image, which Nova's scheduler respects; one ready image for two is refused (HEAT007)",
    "volume": "OS::Cinder::Volume and VolumeAttachment",
    "volume: keep": "deletion_policy Retain",
    "volume: existing": "a parameter for each member's volume (its id), with VolumeAttachment alone",
    "expose": "security group rules, each its own resource",
    "expose: port = range": "one rule for the range",
    "expose: protocol = icmp": "a rule of icmp, all types",
    "peers": "a rule with remote_group, the tier's own",
    "expose: balance": "Octavia load balancer, with a listener, pool, members and health monitor for each endpoint that shares it",
    "expose: balance on udp": "Octavia UDP listener",
    "expose: health": "Octavia health monitor; of a block delay, timeout, max_retries (successes that take a member in; three failures take it out), expected_codes",
    "expose: member_port": "protocol_port of the pool's members",
    "expose: tls": "TERMINATED_HTTPS with a Barbican container's reference",
    "expose: public": "floating IP on the balancer, or on each member",
    "expose: address = existing": "a parameter for each floating IP (its id), with FloatingIPAssociation alone",
    "allow": "rule with remote_ip_prefix; of a balanced endpoint the listener's allowed_cidrs",
    "allow: existing(…)": "a rule with remote_group, and a parameter of the constraint neutron.security_group for each name; refused at a balanced endpoint (HEAT015)",
    "update": "rolling_update of the group; each new member is ready before the next batch, but for very large tiers (HEAT009)",
    "readiness": "OS::Heat::WaitCondition for each new member, twelve hours at most (HEAT008); a failure carries exit code and log tail",
    "tier: ready": "asked by the machine itself before it signals; the reason of a failure is in the events",
    "repository": "its files come with the first-boot data of a tier baked `base`, which asks it before anything is installed from it",
    "configure": "cloud-init's module for the platform, called by the first-boot script",
    "was": "keeps the logical ids",
    "output": "output",
}

TARGET = Target(
    name="heat",
    title="OpenStack Heat",
    makes="stack",
    limits={name: Limit(default=most) for name, most in DEFAULTS.items()},
    capabilities=CAPABILITIES,
    emit=emit,
)
