"""CFN0xx: what a CloudFormation stack cannot be."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class TooMuch(Diagnostic):
    """The stack would exceed a limit of CloudFormation: 500 resources a stack and 2500 in one operation over nested stacks,
    200 parameters, 200 outputs, 200 mappings, 255 characters an id, 4096 bytes a parameter's value, 1,000,000 bytes a template.

    CloudFormation refuses such a stack only when it is created. Make tiers smaller, let a tier scale (`count = 2..400` is one
    resource), or make several solutions of one.
    """

    code: ClassVar = "CFN001"
    message: ClassVar = (
        "the stack would have {actual:,} {what}, but CloudFormation allows {limit:,}; most come from {largest}"
    )
    advice: ClassVar = "let tiers scale (`count = 2..400`), make them smaller, or make several solutions of one"
    actual: int
    what: str
    limit: int
    largest: str


class UserDataTooLarge(Diagnostic):
    """The first-boot data of a tier is larger than EC2 allows: 16,384 bytes.

    Bake more into the image (`bake = software` or `full`), or fetch large files as artifacts from a URL.
    """

    code: ClassVar = "CFN002"
    message: ClassVar = (
        'the first-boot data of tier "{tier}" has {size:,} bytes, but EC2 allows 16,384; largest: {largest}'
    )
    advice: ClassVar = "bake more into the image, or give artifacts a URL"
    tier: str
    size: int
    largest: str


class NetworkSize(Diagnostic):
    """A network must fit AWS: IPv4, no larger than a /16, and large enough for its subnets of at least a /28: a private network has
    two of them, a public one four.
    """

    code: ClassVar = "CFN003"
    message: ClassVar = "AWS allows IPv4 networks from /{largest} to /{smallest} here, not {cidr}"
    advice: ClassVar = "choose a CIDR between these sizes"
    cidr: str
    largest: int
    smallest: int


class TooManyNetworks(Diagnostic):
    """A VPC has a block of addresses for each network, and one for the NAT gateway if no network is public; AWS allows five.

    AWS raises that quota to fifty on request: give yours with `--limit vpc_blocks=N`.
    """

    code: ClassVar = "CFN004"
    message: ClassVar = "the networks need {blocks} address blocks, but a VPC allows {limit}"
    advice: ClassVar = "use fewer networks, or give your account's quota with `--limit vpc_blocks=N`"
    blocks: int
    limit: int


class TooManyListeners(Diagnostic):
    """A balancer has a listener for each endpoint, and AWS allows fifty. Endpoints of one tier share a balancer where audience, network
    and protocol family agree.

    AWS raises that quota on request: give yours with `--limit listeners=N`.
    """

    code: ClassVar = "CFN026"
    message: ClassVar = "balancer {balancer} has {count:,} listeners, but AWS allows {limit}"
    advice: ClassVar = "use fewer endpoints, or give your account's quota with `--limit listeners=N`"
    balancer: str
    count: int
    limit: int


class ScalingMembers(Diagnostic):
    """The members of a scaling tier come and go, and CloudFormation does not know their addresses.

    Give the endpoint `balance`, and use its one host; or use a number as `count`.
    """

    code: ClassVar = "CFN005"
    message: ClassVar = 'tier "{tier}" scales: CloudFormation does not know the addresses of its members'
    advice: ClassVar = "use a number as `count`, or `balance` at the endpoint and its single host"
    tier: str


class ScalingNetworks(Diagnostic):
    """An Auto Scaling group places its members in the zones of one network; a second interface would tie it to one zone."""

    code: ClassVar = "CFN006"
    message: ClassVar = 'tier "{tier}" scales and is on {count} networks, but EC2 Auto Scaling supports only one'
    advice: ClassVar = "use one network, or a number as `count`"
    tier: str
    count: int


class NoMetric(Diagnostic):
    """EC2 Auto Scaling measures processors by itself, and memory only with an agent on each machine."""

    code: ClassVar = "CFN007"
    message: ClassVar = "EC2 Auto Scaling does not measure {metric}"
    advice: ClassVar = "write `metric = cpu`"
    metric: str


class NoAlgorithm(Diagnostic):
    """An Application Load Balancer (http, https) has no `source_ip`; a Network Load Balancer (tcp, udp) has no `least_connections`."""

    code: ClassVar = "CFN008"
    message: ClassVar = "AWS does not support {algorithm} for {protocol}"
    advice: ClassVar = "write `balance = round_robin`"
    protocol: str
    algorithm: str


class NoInstanceType(Diagnostic):
    """No instance type of the table, or of `--flavors`, satisfies what the tier's machines need."""

    code: ClassVar = "CFN009"
    message: ClassVar = "no instance type of the {table} has {need}"
    advice: ClassVar = "ask for less, or add one to the file of `--flavors`"
    table: str
    need: str


class TooManyZones(Diagnostic):
    """A stack's networks have subnets in two availability zones, so that tiers are in two zones at most.

    Give tiers that may be together the same `zone`, or make a stack for the others.
    """

    code: ClassVar = "CFN027"
    setting: ClassVar = "zone"
    message: ClassVar = "a stack is in two zones, but the tiers' zones are {names}"
    advice: ClassVar = "name two zones at most"
    names: str


class SpreadTooWide(Diagnostic):
    """A placement group that spreads members over hosts takes seven instances a zone."""

    code: ClassVar = "CFN010"
    message: ClassVar = 'tier "{tier}" has {count} members on separate hosts, but EC2 allows {limit}'
    advice: ClassVar = "use `spread = prefer_hosts`, or fewer members"
    tier: str
    count: int
    limit: int


class PrivateRanges(Diagnostic):
    """A VPC has addresses of one private range: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16. Others are refused as its further blocks."""

    code: ClassVar = "CFN012"
    message: ClassVar = (
        "{cidr} is in {range}, but the VPC has addresses of {other}: AWS allows one private range in a VPC"
    )
    advice: ClassVar = "choose CIDRs from one private range for all networks"
    cidr: str
    range: str
    other: str


class WaitTooLong(Diagnostic):
    """CloudFormation waits for a machine twelve hours at most, and one hour for a batch of machines when it updates a tier that
    scales; the `pause` of `update` is a part of that.

    Make `ready_within` shorter. Of a number of members (`count = 3`) each may take twelve hours in updates, too.
    """

    code: ClassVar = "CFN013"
    message: ClassVar = "the stack would wait {hours} hours for {what}, but CloudFormation allows {most}"
    advice: ClassVar = "write a shorter `ready_within`"
    what: str
    hours: int
    most: int


class Unfit(Diagnostic):
    """A value that AWS refuses when the stack is created: a type of volume that it does not have (io1 and io2 need more than a
    blueprint says), more than 21 volumes at a machine, a pause of more than an hour or of parts of a second, a path of more than 1024
    characters, a network at the place of the NAT gateway's own.
    """

    code: ClassVar = "CFN015"
    message: ClassVar = "{what}: AWS allows {takes}"
    advice: ClassVar = "choose a value that AWS allows; an `environment` can set another one for this cloud"
    what: str
    takes: str


class UnfitCheck(Diagnostic):
    """AWS checks members every 5 to 300 seconds, waits 2 to 120 seconds for an answer, and takes 2 to 10 answers of a kind in a row
    for a change. An Application Load Balancer (http, https with `tls`) takes the codes 200 to 499 for health, a Network Load
    Balancer 200 to 599.
    """

    code: ClassVar = "CFN033"
    message: ClassVar = "the check's `{word}` is {has}: AWS allows {takes}"
    advice: ClassVar = "choose a value that AWS allows; an `environment` can set another one for this cloud"
    word: str
    has: str
    takes: str


class NoImage(Diagnostic):
    """The stack cannot make this image with EC2 Image Builder: it starts from Debian or Ubuntu releases that bpc knows, x86_64.

    Make it otherwise (`--images packer`) and give its AMI as a parameter: leave out `--images imagebuilder`.
    """

    code: ClassVar = "CFN021"
    message: ClassVar = 'the stack cannot make image "{template}" for {what}'
    advice: ClassVar = "omit `--images imagebuilder`, and give the AMI as a parameter"
    template: str
    what: str


class DiskTooSmall(Diagnostic):
    """A machine's disk cannot be smaller than that of its AMI, and EC2 Image Builder starts from AMIs of 8 GiB."""

    code: ClassVar = "CFN023"
    setting: ClassVar = "disk"
    message: ClassVar = 'the disk of tier "{tier}" has {size:g} GiB, but its AMI needs {need:g} GiB'
    advice: ClassVar = "ask for a disk of 8GiB or more"
    tier: str
    size: float
    need: float


class ImageTooLarge(Diagnostic):
    """An image of EC2 Image Builder has 20 components of 16,000 characters each, and its files must fit into them.

    Fetch large files as artifacts from a URL, or make the image otherwise (`--images packer`).
    """

    code: ClassVar = "CFN022"
    message: ClassVar = (
        'image "{template}" would have {has}; EC2 Image Builder allows 20 of 16,000 characters; largest: {largest}'
    )
    advice: ClassVar = "give artifacts a URL, or make the image with Packer"
    template: str
    has: str
    largest: str


class NoPause(Diagnostic):
    """CloudFormation changes instances with an identity in an order, `batch` at a time, and has no pause between them.

    Let the tier scale (`count = 2..10`), or leave `pause` out.
    """

    code: ClassVar = "CFN011"
    message: ClassVar = 'CloudFormation cannot pause while it changes the members of tier "{tier}"'
    advice: ClassVar = "let the tier scale with a range as `count`, or remove `pause`"
    tier: str


class NoGateway(Diagnostic):
    """A VPC has one internet gateway: where the VPC exists, new networks in it use its ways to the outside.

    Write `router = existing` at the new network; its route tables are then asked for at deployment. Its `cidr` must be within the
    addresses of the VPC, to which the stack adds none.
    """

    code: ClassVar = "CFN028"
    message: ClassVar = 'network "{name}" would be in a VPC that exists, with a gateway of its own'
    advice: ClassVar = "write `router = existing`"
    name: str


class NoAddress(Diagnostic):
    """An Application Load Balancer, which balances http, has a name and no lasting addresses: none that exists can be given to it.

    Let a DNS name lead to the balancer's, or balance connections with `protocol = tcp`, which a Network Load Balancer does: it takes an
    Elastic IP address in each of its two zones.
    """

    code: ClassVar = "CFN030"
    message: ClassVar = (
        'balancer "{balancer}" would be an Application Load Balancer, which takes no address that exists'
    )
    advice: ClassVar = "leave out `address`, or write `protocol = tcp`"
    balancer: str
