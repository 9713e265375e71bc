"""The parts of a solution that a cloud makes: a closed union (`Resource`) that every stack target handles with one `match`.

Units: sizes in bytes, durations in milliseconds, ratios in percent. Names are the declared ones, and resources refer to each
other by name. `was` is the name that a thing had before it was renamed, or empty. Every record has the span of its
declaration.
"""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from bpc.model.steps import Bake, Entry, Filesystem, Step, Template
    from bpc.model.values import Text
    from bpc.source import Span

    Protocol = Literal["tcp", "udp", "http", "https", "icmp"]
    Algorithm = Literal["round_robin", "least_connections", "source_ip"]
    Router = Literal["new", "existing"]
    Spread = Literal["hosts", "prefer_hosts", "zones"]
    Metric = Literal["cpu", "memory", ""]
    Metadata = Literal["closed", "open"]
    Architecture = Literal["x86_64", "aarch64"]
    Json = dict[str, Any]


GIVEN = 4096
"""Bytes that a given secret has at most: what a parameter of CloudFormation takes."""


class Network(Record):
    """A private network with one subnet, routed to the solution's other networks and, outbound, to the outside.

    Only machines and balancers on a `public` one may have public addresses. An `existing` one is not ours, nor is its router:
    which one it is, is asked for at deployment, and `cidr` is empty where the blueprint does not say it. `router` is what leads
    out of a new one: one that the stack makes, or one that is there.
    """

    name: str
    cidr: str
    existing: bool
    router: Router
    public: bool
    was: str
    span: Span


class Secret(Record):
    """A value that the cloud generates: letters and digits, `length` of them.

    `given`: whoever deploys gives the value instead, of `GIVEN` bytes at most, also of several lines; `length` is 0 then.
    """

    name: str
    given: bool
    length: int
    was: str
    span: Span


class Fixed(Record):
    """Members with an identity: numbered from 0, each with its own volumes and addresses."""

    count: int


class Scaling(Record):
    """Interchangeable members, scaled between two counts to hold a metric (`cpu` or `memory`) near a target in percent.

    `metric` is empty where nothing scales by itself (the cloud's scaling policies can still be triggered).
    """

    minimum: int
    maximum: int
    metric: Metric
    target: float
    cooldown: int


class Machine(Record):
    """What a member needs. `flavor` names a cloud's own machine type where one must; 0 and "" mean "not said"."""

    cpu: int
    memory: int
    disk: int
    architecture: Architecture
    flavor: str
    span: Span


class HealthCheck(Record):
    """How a balancer checks each member: `every` ms, an answer within `timeout` ms with one of the HTTP `codes`; `after` as many
    answers of a kind in a row a member is taken in or out."""

    every: int
    after: int
    timeout: int
    codes: str


class Endpoint(Record):
    """A port on which a group is reached, on `network` (one of the group's).

    `balancer` is the name of the balancer in front, or empty. `port` is then the balancer's, and the members listen on
    `member_port`; without one the two are the same. A range of ports goes from `port` to `last_port`, which are the same of one
    port; of icmp, which has none, all are 0. `health` is the path of an HTTP check or empty (then TCP is checked).
    `check` says more of it where the blueprint does; else a target checks as it usually does. `existing_address`: the address at
    which it is `public` is there already, and asked for at deployment.
    """

    name: str
    port: int
    last_port: int
    member_port: int
    protocol: Protocol
    public: bool
    existing_address: bool
    health: str
    check: HealthCheck | None
    network: str
    balancer: str
    span: Span


class Volume(Record):
    """A block volume, one for each member. `keep`: whether it outlives the stack. `type` is a cloud's volume type, or empty.

    An `existing` one is not ours: which one it is, is asked for at deployment. It is never formatted, outlives the stack, and its
    `size` is 0 where the blueprint does not say it.
    """

    name: str
    size: int
    existing: bool
    mount: str
    filesystem: Filesystem
    keep: bool
    type: str
    was: str
    span: Span


class Tag(Record):
    """What a thing is marked with in the cloud."""

    name: str
    value: str


class Update(Record):
    """How a change rolls through the members: `batch` at a time, `pause` ms between, at least `minimum` in service.

    A `batch` of 0 is not said: a target takes one that is safe there.
    """

    batch: int
    pause: int
    minimum: int


class Readiness(Record):
    """The group is ready when `signals` members have signalled success; it failed when one failed or `timeout` ms passed."""

    signals: int
    timeout: int


class Group(Record):
    """The machines of a tier.

    `image` is the name of an `Image` of the solution. `networks` are in the order of the interfaces, the first is the
    primary one. `public_address`: each member has a public address (an unbalanced public endpoint), which is there already where it is an
    `existing_address`. `starts_after` are the groups that must be ready before this one is made. `first_boot` is what a machine does when it first starts. `metadata` says
    whether accounts other than root reach the cloud's metadata service from then on. `zone` is what the blueprint calls
    the members' availability zone, or an empty text. `tags` are the tier's own and the solution's.
    """

    name: str
    doc: str
    members: Fixed | Scaling
    machine: Machine
    image: str
    template: Template
    bake: Bake
    networks: tuple[str, ...]
    spread: Spread | None
    metadata: Metadata
    endpoints: tuple[Endpoint, ...]
    volumes: tuple[Volume, ...]
    update: Update
    readiness: Readiness
    public_address: bool
    existing_address: bool
    starts_after: tuple[str, ...]
    first_boot: tuple[Step, ...]
    tags: tuple[Tag, ...]
    was: str
    span: Span
    zone: str = ""


class Listener(Record):
    """A port of a balancer: what arrives there is passed to `member_port` of a group's members, for one of its endpoints.

    `tls` is the reference of a certificate that the cloud holds (terminated here), or an empty text.
    """

    endpoint: str
    port: int
    member_port: int
    protocol: Literal["tcp", "udp", "http", "https"]
    algorithm: Algorithm
    health: str
    check: HealthCheck | None
    tls: Text
    span: Span


class Balancer(Record):
    """One address for all members of a group. Named `group.endpoint`, by its first listener's endpoint.

    Its listeners are those of the group's endpoints that agree in network, in who may come from outside, and in whether its public
    address is there already, and all either balance requests (http; https that ends here) or connections. Each has a port of its own.
    """

    name: str
    group: str
    public: bool
    existing_address: bool
    network: str
    listeners: tuple[Listener, ...]
    span: Span


class FromAnywhere(Record):
    """The whole internet: a public endpoint."""


class FromCidr(Record):
    """Addresses that `allow … from` named."""

    cidr: Text


class FromGroup(Record):
    """The members of a group that was handed the endpoint."""

    group: str


class FromBalancer(Record):
    """The balancer in front of the endpoint (and its health checks)."""

    balancer: str


class FromExisting(Record):
    """Who is in a security group that is not ours, by the name that the blueprint calls it: which it is, is asked for at deployment."""

    security_group: str


Peer = FromAnywhere | FromCidr | FromGroup | FromBalancer | FromExisting


class Rule(Record):
    """One permission to connect; there is no other way in.

    `to` is a group's or a balancer's name, `balancer` says which of both. `endpoint` is the declared endpoint that it serves; of
    several that lead to one port of the members, the first. It opens the ports from `port` to `last_port`; of icmp both are 0.
    """

    peer: Peer
    to: str
    balancer: bool
    endpoint: str
    protocol: Literal["tcp", "udp", "icmp"]
    port: int
    last_port: int
    span: Span


class NativeFile(Record):
    """A file of the project in a cloud's own terms, by its `name` in the project; nothing is in one without a name.

    Of a `native`, `resources` are definitions by their ids in the file, `outputs` values, `defaults` those of its parameters. Of an
    `override`, `resources` has the properties of the one that is changed, by its id in the stack.
    """

    cloud: Literal["heat", "cloudformation"]
    name: str
    resources: Json
    outputs: Json
    defaults: Json
    span: Span


class Native(Record):
    """Resources that the blueprint has in the clouds' own terms: a file for each cloud. `parameters` are values for them."""

    name: str
    files: tuple[NativeFile, ...]
    parameters: tuple[Entry, ...]
    span: Span


class Override(Record):
    """Properties that take the place of those of a stack's resource, or come to them; `name` is its id in the stack of that cloud."""

    name: str
    file: NativeFile
    parameters: tuple[Entry, ...]
    span: Span


Resource = Network | Secret | Group | Balancer | Rule | Native | Override
