"""HEAT0xx: what a Heat stack cannot be."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class TooMuch(Diagnostic):
    """The stack would exceed a limit of Heat: 1000 resources over all nested stacks, 524,288 bytes a template, 1 MiB a request,
    5 levels of nesting.

    Heat refuses such a stack only when it is created. Ask your cloud's operators for their limits (`max_resources_per_stack`,
    `max_template_size`, `max_json_body_size`, `max_nested_stack_depth`) and give them with `--limit resources=5000`; or make
    tiers smaller. A tier whose members nobody connects to takes one resource a member; ports, volumes and addresses add to that.
    """

    code: ClassVar = "HEAT001"
    message: ClassVar = "the stack would have {actual:,} {what}, but Heat allows {limit:,}; most come from {largest}"
    advice: ClassVar = "give your cloud's own limit with `--limit {key}=N`, or make these tiers smaller"
    actual: int
    what: str
    limit: int
    key: str
    largest: str


class UserDataTooLarge(Diagnostic):
    """The first-boot data of a tier is larger than Nova allows: 65,535 bytes after base64, so about 48 KiB.

    Contents without values that are known only when the stack runs are compressed before it comes to that.
    Bake more into the image (`bake = software` or `full`), or fetch large files as artifacts from a URL.
    """

    code: ClassVar = "HEAT002"
    message: ClassVar = (
        'the first-boot data of tier "{tier}" has {size:,} bytes, but Nova allows 49,149; largest: {largest}'
    )
    advice: ClassVar = "bake more into the image, or give artifacts a URL"
    tier: str
    size: int
    largest: str


class NoZones(Diagnostic):
    """Heat cannot spread the members of a tier that scales over availability zones: they have no numbers, and all are made from one definition.

    Write a fixed `count`, whose members are in the zones in turn, or declare a tier for each zone, with `zone = "a"`.
    """

    code: ClassVar = "HEAT003"
    message: ClassVar = 'Heat cannot spread the members of tier "{tier}" over zones, since it scales'
    advice: ClassVar = 'write a fixed `count`, or a tier for each zone with `zone = "a"`'
    tier: str


class ReservedName(Diagnostic):
    """A `param` or an output has a name that the Heat target needs for its own. Rename it.

    Parameters are `external_network`, `key_name`, each tier's `image_TIER` and `flavor_TIER`, each given secret's `secret_NAME`, `telemetry`
    where a tier scales by a metric, `network_NAME`, `subnet_NAME` and `cidr_NAME` of existing networks, `router` where that exists, and
    `security_group_NAME` of existing security groups; outputs begin with `bpc_`.
    """

    code: ClassVar = "HEAT004"
    message: ClassVar = '"{name}" is a name that the Heat stack uses itself'
    advice: ClassVar = "rename it"
    name: str


class OwnMembers(Diagnostic):
    """A scaling tier is given the addresses of its own members, or waits for them in a cycle: they come and go.

    Use a number as `count`, or `balance` at the endpoint and its one host.
    """

    code: ClassVar = "HEAT005"
    message: ClassVar = 'tier "{tier}" scales: its first boot cannot know the addresses of its own members'
    advice: ClassVar = "use a number as `count`, or the balanced host of the endpoint"
    tier: str


class MixedArchitectures(Diagnostic):
    """A ready cloud image is for machines of one architecture, and tiers of two use it.

    Name another one for the other tier: `cloud_image("debian-12-arm64")`.
    """

    code: ClassVar = "HEAT007"
    message: ClassVar = 'tier "{tier}" uses ready image "{image}", as does a tier of another architecture'
    advice: ClassVar = 'name another ready image for it: `cloud_image("NAME")`'
    tier: str
    image: str


class WaitTooLong(Diagnostic):
    """Heat waits for a tier's machines twelve hours at most. Make `ready_within` shorter."""

    code: ClassVar = "HEAT008"
    message: ClassVar = 'the stack would wait {hours} hours for tier "{tier}", but Heat allows 12'
    advice: ClassVar = "write a shorter `ready_within`"
    tier: str
    hours: int


class NoFlavor(Diagnostic):
    """None of the flavors of `--flavors` satisfies what the tier's machines need."""

    code: ClassVar = "HEAT006"
    message: ClassVar = "no flavor of the mapping has {need}"
    advice: ClassVar = "add one to the file of `--flavors`, or ask for less"
    need: str


class UnknownParameter(Diagnostic):
    """The file of `--params` has a value for something that is not a parameter of the stack.

    Parameters are the blueprint's own (`param`) and those that the stack needs itself; environment.yaml lists all of them.
    """

    code: ClassVar = "HEAT010"
    message: ClassVar = 'the file of `--params` gives "{name}", but the stack has no such parameter'
    advice: ClassVar = "environment.yaml lists all parameters"
    name: str


class BadParameter(Diagnostic):
    """The file of `--params` has a value of another type than the parameter. A text of digits is written in quotes."""

    code: ClassVar = "HEAT011"
    message: ClassVar = 'the file of `--params` gives a {found} for "{name}", expected a {expected}'
    advice: ClassVar = "write a {expected}"
    name: str
    expected: str
    found: str


class ParameterOutOfBounds(Diagnostic):
    """The file of `--params` has a value that is not what the constraints of the blueprint's param ask for. Heat would refuse it, too."""

    code: ClassVar = "HEAT013"
    message: ClassVar = 'the file of `--params` gives {found} for "{name}", expected {expected}'
    name: str
    expected: str
    found: str


class NotAwaited(Diagnostic):
    """An update replaces the machines of this tier batch after batch, but does not wait until they are ready.

    To wait for each member takes four of the resources that Heat allows, where a plain server takes
    one. For tiers that would take the stack over the limit, the stack waits when it is created, and not when it
    is updated: look at the machines before you go on. Ask your cloud's operators for their limit (`max_resources_per_stack`) and give it with
    `--limit resources=5000`, or make tiers smaller.
    """

    severity: ClassVar = "warning"
    code: ClassVar = "HEAT009"
    message: ClassVar = 'an update does not wait for the machines of tier "{tier}": for {members:,} of them that takes {resources:,} resources of the {limit:,} that Heat allows'
    advice: ClassVar = "give your cloud's own limit with `--limit resources=N`, or make the tier smaller"
    tier: str
    members: int
    resources: int
    limit: int


class SecretInParameters(Diagnostic):
    """The file of `--params` has the value of a given secret. bpc would write it into environment.yaml, where everybody who has the
    folder could read it.

    Hand it to the cloud's client when the stack is created: `--parameter-file secret_NAME=FILE` takes it from a file of yours, and
    an update with `--existing` keeps it.
    """

    code: ClassVar = "HEAT012"
    message: ClassVar = 'the file of `--params` gives the secret "{name}", which bpc must not write down'
    advice: ClassVar = "remove it there, and create the stack with `--parameter-file {name}=FILE`"
    name: str


class GroupAtBalancer(Diagnostic):
    """An Octavia balancer lets addresses in, and knows no security groups, so `allow … from existing("NAME")` cannot be said of a balanced
    endpoint.

    Allow the addresses of those machines, or leave out `balance` and let them reach the members themselves.
    """

    code: ClassVar = "HEAT015"
    message: ClassVar = (
        'endpoint "{endpoint}" is balanced, and a balancer of Heat cannot let in the security group "{name}"'
    )
    advice: ClassVar = "allow the addresses of its machines"
    name: str
    endpoint: str
