"""BPC4xx: values that are wrong, and solutions that cannot be."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class WrongType(Diagnostic):
    """A value does not have the expected type: `count = "3"`, `memory = 4` (a size needs a unit)."""

    code: ClassVar = "BPC401"
    message: ClassVar = "expected {expected}, found {actual}"
    expected: str
    actual: str


class DeployTime(Diagnostic):
    """A value that is known only when the stack is deployed is used where the compiler must know it.

    The number and kind of resources, names, packages and sizes are decided at compile time; a `param`, a `secret` or an
    address is known only later. Use a `let`, which an environment or `--set` may change.
    """

    code: ClassVar = "BPC402"
    message: ClassVar = "this must be known at compile time, but {what} is known only when the stack is deployed"
    advice: ClassVar = "use a `let` instead: an environment or `--set` may change it"
    what: str


class BadValue(Diagnostic):
    """A value has the right type but cannot be used: out of range, malformed, a function's argument that it cannot take."""

    code: ClassVar = "BPC403"
    message: ClassVar = "{problem}"
    problem: str


class LetCycle(Diagnostic):
    """A `let` depends on its own value. Remove the cycle."""

    code: ClassVar = "BPC404"
    message: ClassVar = '"{name}" depends on itself'
    name: str


class WrongArguments(Diagnostic):
    """A function or an image template is called with too few, too many or unknown arguments."""

    code: ClassVar = "BPC405"
    message: ClassVar = '"{name}" {problem}'
    name: str
    problem: str


class TemplateError(Diagnostic):
    """A Jinja template cannot be rendered. The place is in the template's own file.

    A template sees the parameters of its image (or the map handed to `template()`), and nothing else. It is sandboxed: no
    access to the system, and what it takes counts for the whole compilation (BPC430). It cannot decide (`if`, a loop, a filter) on a
    deploy-time value: such a value can be written, joined (`~`, `join`), defaulted and `quote`d. What is written is a text, a number or a bool.
    """

    code: ClassVar = "BPC406"
    message: ClassVar = "error in this template: {problem}"
    problem: str


class NeedsBalance(Diagnostic):
    """`.host` of a tier that may have several members is not a single address.

    Write `balance = round_robin` at its `expose`, and the host is the balancer's; or use `.hosts`, the list of all members.
    """

    code: ClassVar = "BPC407"
    message: ClassVar = '"{tier}" may have several members, so "{tier}.{endpoint}" has no single host'
    advice: ClassVar = "write `balance = round_robin` at `expose {endpoint}`, or use `.hosts`"
    tier: str
    endpoint: str


class StartCycle(Diagnostic):
    """Tiers wait for each other in a cycle: each is given an endpoint of the next, so none could start first.

    Write `connect app.api` in one of them: it may then reach the endpoint, but does not wait for it.
    """

    code: ClassVar = "BPC408"
    message: ClassVar = "these tiers wait for each other: {cycle}"
    advice: ClassVar = "write `connect {endpoint}` in tier {tier}: it then reaches the endpoint without waiting for it"
    cycle: str
    endpoint: str
    tier: str


class VolumesWithoutIdentity(Diagnostic):
    """The members of a scaling group have no identity, so they cannot have volumes. Use a number as `count`."""

    code: ClassVar = "BPC409"
    message: ClassVar = 'tier "{tier}" scales: its members have no identity, so they cannot have volumes'
    advice: ClassVar = "use a number as `count`, or remove the volume"
    tier: str


class NotPublicNetwork(Diagnostic):
    """A public endpoint needs a public network: one with `public = true`."""

    code: ClassVar = "BPC410"
    message: ClassVar = 'the endpoint is public, but network "{network}" is not'
    advice: ClassVar = "write `public = true` in the network, or put the tier on a public one"
    network: str


class SecretShown(Diagnostic):
    """A secret would be part of an output, where everybody who may see the stack could read it. Remove it."""

    code: ClassVar = "BPC411"
    message: ClassVar = 'the secret "{name}" would be readable here'
    advice: ClassVar = (
        "pass the secret to the image that needs it; everybody who can see the stack can read its outputs"
    )
    name: str


class Overlap(Diagnostic):
    """Two networks of a solution have addresses in common, so traffic could not be routed between them."""

    code: ClassVar = "BPC412"
    message: ClassVar = 'network "{name}" overlaps network "{other}"'
    advice: ClassVar = "give each network its own address range"
    name: str
    other: str


class PortTwice(Diagnostic):
    """Two endpoints of a tier listen on one port of one protocol: at one balancer, or at the members.

    Balanced endpoints with ports of their own may lead to one port of the members, where that is meant: say it with
    `member_port`.
    """

    code: ClassVar = "BPC413"
    message: ClassVar = 'endpoints "{name}" and "{other}" of one tier share port {port}'
    name: str
    other: str
    port: int


class ReadyImageChanged(Diagnostic):
    """A ready cloud image is used unchanged: nothing can be baked into it, so `bake` must be `base`."""

    code: ClassVar = "BPC414"
    message: ClassVar = 'nothing can be baked into the ready image "{name}"'
    advice: ClassVar = "write `bake = base` in the tier: everything is then installed at first boot"
    name: str


class DuplicateName(Diagnostic):
    """A `for` declares two things with the same name. Use the loop's variable in the name."""

    code: ClassVar = "BPC415"
    message: ClassVar = 'a second {keyword} is called "{name}"'
    advice: ClassVar = 'use the loop\'s variable in its name: `{keyword} "{name}_${{x}}"`'
    keyword: str
    name: str


class SameIdentity(Diagnostic):
    """Two things of one kind would be the same thing in the cloud: one's `was` is the other's name, or its `was` too.

    `was` keeps the identity that a thing had under its former name. That name is free again when the other thing has a
    `was` of its own: two things may swap their names.
    """

    code: ClassVar = "BPC416"
    message: ClassVar = '{keyword} "{name}" would be the same thing in the cloud as {keyword} "{other}"'
    advice: ClassVar = "give one of them another name, or remove `was` if the rename was deployed long ago"
    keyword: str
    name: str
    other: str


class ConfiguredInImage(Diagnostic):
    """With `bake = full` an image has all of its configuration, and a platform of `configure` configures machines when they start.

    Write `bake = software` in the tier (or `base`): the platform itself is then part of the image, and it runs at first
    boot. Or say the configuration with `file`, `service`, `user` and `run`, which can be baked.
    """

    code: ClassVar = "BPC417"
    message: ClassVar = (
        "{platform} configures machines at first boot, and `bake = full` puts all configuration into the image"
    )
    advice: ClassVar = "write `bake = software` in the tier: the image then has {platform}, which runs at first boot"
    platform: str


class PublicElsewhere(Diagnostic):
    """A machine answers through its first interface, whichever a question came in by: an address outside at another one is never answered
    from.

    Name the endpoint's network first (`network = [front, back]`), or give the endpoint `balance`.
    """

    code: ClassVar = "BPC418"
    message: ClassVar = 'endpoint "{endpoint}" is public on a network that is not the first of tier "{tier}"'
    advice: ClassVar = "name its network first, or set `balance`"
    endpoint: str
    tier: str


class NothingScales(Diagnostic):
    """A tier has a range as its count, and nothing that says when to add or remove members: it stays at the least.

    Write `scale { metric = cpu, target = 60% }` in the tier, or a number as its `count`. Where something outside bpc changes the
    number of members, the range alone is right, and the warning can be ignored.
    """

    code: ClassVar = "BPC430"
    severity: ClassVar = "warning"
    message: ClassVar = 'tier "{tier}" may have {low} to {high} members, but nothing makes it scale'
    advice: ClassVar = "write `scale {{ metric = cpu, target = 60% }}` in the tier, or `count = {low}`"
    tier: str
    low: int
    high: int


class BadLicence(Diagnostic):
    """A `licence` is not an SPDX licence expression, so that no tool can tell what it allows.

    The identifiers are those of https://spdx.org/licenses; `AND`, `OR` and `WITH` join them, with parentheses, and `+` means "or
    later". A licence that is not listed there is written `LicenseRef-NAME`.
    """

    code: ClassVar = "BPC431"
    severity: ClassVar = "warning"
    message: ClassVar = '"{licence}" is not a valid SPDX licence expression: {problem}'
    licence: str
    problem: str


class ValueInScript(Diagnostic):
    """A value that is known only when the stack runs would become text of a script, whose shell would read it as code: a value with
    a quote, a space or `$(...)` would do what nobody wrote.

    Hand it over as a variable of the step: `environment = { P = p }`, and `"$P"` in the script, which may then be a file of
    the project. In a script of a shell, `${quote(p)}` stands for the value as one word. A script in another language
    reads the variable. What is known when you compile may stand in a script as it is.
    """

    code: ClassVar = "BPC432"
    message: ClassVar = "a script would run the value of {what} as code"
    what: str


class TooMuch(Diagnostic):
    """Compiling this would take too long or too much memory, so that it ends here.

    A few characters can ask for a billion steps: loops in loops, texts that double themselves, lists of lists. A compilation
    has one budget of steps and one of bytes, which everything draws on: loops, operators, functions, texts, Jinja templates,
    and the machines that a target has to write down. The budget grows with the size of the project, and a blueprint that
    means what it says stays far below it. Look at the marked place for what is repeated.
    """

    code: ClassVar = "BPC433"
    message: ClassVar = "{problem} for one compilation"
    advice: ClassVar = "look here for what is repeated: a loop, a list in lists, a text that is doubled, a large count"
    problem: str


class WhichAddress(Diagnostic):
    """A public endpoint of a tier that may have several members has one address for all of them, or an address for each.

    Public http and https endpoints are balanced by default. For others, such as that of ssh, either would be a guess
    that opens every member, or a balancer that nobody asked for. Write `balance = round_robin`, and one address stands for all
    members; or `each = true`, and each member has an address of its own. Where only one environment has several members,
    write it all the same: of one member it means the same address.
    """

    code: ClassVar = "BPC434"
    message: ClassVar = 'the public endpoint "{name}" of several members needs `balance` or `each`'
    advice: ClassVar = (
        "write `balance = round_robin` for one address of all, or `each = true` for an address of each member"
    )
    name: str


class EveryoneMayCome(Diagnostic):
    """`allow` says who may reach a private endpoint, and this one is `public = true`: everyone may reach it, whatever is allowed.

    To open it to some only, name them in `public`: `public = "203.0.113.0/24"`, or a list of such, also a `param` of the type `cidr`. The
    endpoint then has a public address, and nobody else may connect; `allow` may add others. To have no public
    address, leave `public` out.
    """

    code: ClassVar = "BPC435"
    message: ClassVar = (
        'everyone may reach "{endpoint}" of tier "{tier}": it is `public = true`, so `allow` adds nobody'
    )
    advice: ClassVar = "write who may come: `public = CIDR`, or leave `allow` out"
    tier: str
    endpoint: str


class NobodyBrings(Diagnostic):
    """A `service`, `reload`, `owner` or `group` names what no machine of this template has: the release does not come with it, and
    the template has no package, artifact or script that could bring it. First boot would fail there.

    Services come with packages, or with a unit file of the project: `service shop { unit = "shop.service" }`. Accounts come with
    packages, or are declared: `user shop`. Where a template has packages, artifacts or scripts, only the image's tree can tell:
    `bpc build` judges it then (BPC510, BPC511).
    """

    code: ClassVar = "BPC440"
    message: ClassVar = (
        'there is no {what} "{name}": the release does not have it, and the template brings nothing that could'
    )
    what: str
    name: str


class NoSuchReady(Diagnostic):
    """`ready = api` names an endpoint of the tier itself: each machine asks its own before it says that it is ready.

    What another tier must have done first needs no word: a tier starts after those whose endpoints it was given.
    """

    code: ClassVar = "BPC470"
    message: ClassVar = 'tier "{tier}" has no endpoint "{name}" that could answer'
    tier: str
    name: str


class NothingAnswers(Diagnostic):
    """Over UDP nobody can tell whether somebody listens, as nothing needs to answer, and to ICMP the machine's kernel answers by itself: so
    `ready` cannot wait for it.

    Write a script that knows: `ready { script = "files/ready.sh" }`.
    """

    code: ClassVar = "BPC471"
    message: ClassVar = 'endpoint "{name}" is of the protocol {protocol}, so that nothing tells whether it is ready'
    advice: ClassVar = 'write `ready {{ script = "FILE" }}`, with a script that succeeds when it is'
    name: str
    protocol: str


class BadCheck(Diagnostic):
    """The settings of a `health` block do not fit each other.

    `every` and `timeout` are whole seconds, and an answer that is waited for (`timeout`) must come before the next check
    (`every`): both clouds want it. `codes` are those of HTTP, so that they need a `path`.
    """

    code: ClassVar = "BPC472"
    message: ClassVar = "{problem}"
    problem: str


class SmallDisk(Diagnostic):
    """A machine's `disk` has less room than its image takes: the release, and the files and artifacts of the template.

    The size is what is known when you compile, so that the disk must be larger: packages take room, too. `bpc build` knows the image, and compares
    its true size (BPC512).
    """

    code: ClassVar = "BPC441"
    message: ClassVar = 'the disk of tier "{tier}" has {disk}, but its image takes at least {need}'
    tier: str
    disk: str
    need: str


class BadTag(Diagnostic):
    """`tags` are written to things of all clouds, so names and values are what every cloud takes.

    A name begins with a letter and has up to 60 letters, digits and `_ . : -`; it does not begin with the words `aws`, `bpc` or `metering`, and is not
    `Name`: these are for the clouds and bpc. A value has up to 180 letters, digits, spaces and `_ . : + = @ -`.
    """

    code: ClassVar = "BPC466"
    message: ClassVar = "{what} of a tag is not valid"
    advice: ClassVar = (
        "names: a letter, then letters, digits and `_.:-`, but not `Name`, `aws…`, `bpc…`; "
        "values: letters, digits, spaces and `_.:+=@-`"
    )
    what: str


class TooManyTags(Diagnostic):
    """Clouds limit the tags of one thing to fifty, with those that they and bpc add. A tier has its own and the solution's."""

    code: ClassVar = "BPC467"
    message: ClassVar = "{count} tags, but at most {most} are possible"
    count: int
    most: int


class OtherPort(Diagnostic):
    """A balanced endpoint with a `member_port` has two ports: `.port` is the balancer's and goes with `.host`, `.member_port` is the
    members' and goes with `.hosts`.

    Here one of the ports is used where nothing but the other's address is: in a tier that asks for the members' addresses (also
    `tier[0].host`) and not for `.host`, or the other way round; or in the tier itself, whose members listen on `.member_port`.
    If the port is for something else, such as an address in a link, the warning can be ignored.
    """

    code: ClassVar = "BPC438"
    severity: ClassVar = "warning"
    message: ClassVar = '"{asked}" is {port}, but {who} on {other}'
    advice: ClassVar = "write `.{instead}`: `.port` goes with `.host`, and `.member_port` with `.hosts`"
    asked: str
    who: str
    port: int
    other: int
    instead: str


class NobodyComes(Diagnostic):
    """Nobody may reach an endpoint: it is not public, no tier was handed it, no `allow` names it, and it is not among the tier's
    `peers`. The port stays closed, and only the machine itself reaches it.

    Hand the endpoint to the tier that uses it, say who may come with `allow`, or leave out the `expose`. A tier's addresses alone
    (`tier.hosts`) open no port.
    """

    code: ClassVar = "BPC463"
    severity: ClassVar = "warning"
    message: ClassVar = 'nobody may reach "{tier}.{endpoint}"'
    advice: ClassVar = "hand it to a tier, write `allow {endpoint} from …` or `public = …`, or leave it out"
    tier: str
    endpoint: str


class NeedsOnePort(Diagnostic):
    """`balance`, `health`, `member_port` and `tls` are about a balancer's listener, which has one port: an endpoint with a range of ports, or of
    icmp, has none. Its members are reached themselves, at `.hosts`.
    """

    code: ClassVar = "BPC464"
    message: ClassVar = "`{name}` needs an endpoint with one port, but this one has {what}"
    advice: ClassVar = "leave it out, or write an `expose` of its own for the port that is balanced"
    name: str
    what: str


class GivenLength(Diagnostic):
    """A secret that is given at deployment is as long as its owner made it; `length` is how many characters the cloud generates.

    Write `given = true` for a key, a certificate or a password that exists; write `length` for one that the cloud may invent.
    """

    code: ClassVar = "BPC450"
    message: ClassVar = 'the secret "{name}" is given at deployment, so it has no `length`'
    advice: ClassVar = "remove `length`, or remove `given` and let the cloud generate the value"
    name: str


class RouterOfExisting(Diagnostic):
    """An `existing` network is used as it is, with the router that its owner gave it: the stack adds none, so `router` has no meaning.

    `router = existing` is for a new network that is to be behind a router that is there.
    """

    code: ClassVar = "BPC455"
    message: ClassVar = 'network "{name}" exists, and so does its router'
    advice: ClassVar = "leave `router` out"
    name: str


class TwoRouters(Diagnostic):
    """The new networks of a solution reach each other through one router: the stack's own, or one that is there. So all of them
    have the same `router`.
    """

    code: ClassVar = "BPC456"
    message: ClassVar = (
        'network "{name}" has `router = {router}`, and "{other}" has another: new networks share one router'
    )
    advice: ClassVar = "write `router = existing` at each new network, or at none"
    name: str
    router: str
    other: str


class VolumeExists(Diagnostic):
    """An `existing` volume is used as it is: its size and type are what its owner made, and the stack never deletes it, so `size`, `type` and
    `keep` have no meaning.

    Only in an environment may `existing = true` stand beside them: there it adopts a volume in the place of the one that the
    solution makes.
    """

    code: ClassVar = "BPC465"
    message: ClassVar = 'volume "{name}" exists, so `{word}` is not for the stack to say'
    advice: ClassVar = "leave `{word}` out, or `existing`"
    name: str
    word: str


class TwoAddresses(Diagnostic):
    """A member has one public address, at which all its public endpoints without a balancer are reached: it is a new one, or one that is
    there.

    Write `address = existing` at each of these endpoints, or at none.
    """

    code: ClassVar = "BPC468"
    message: ClassVar = (
        'endpoints "{other}" and "{name}" share the public address of each member, and only one says that it exists'
    )
    advice: ClassVar = "write `address = existing` at both, or at neither"
    name: str
    other: str


class AddressWithoutIdentity(Diagnostic):
    """Members of a scaling tier come and go, so no public address that is there can be given to each of them.

    Use a number as `count`, or `balance` at the endpoint, whose one address can be one that exists.
    """

    code: ClassVar = "BPC469"
    message: ClassVar = 'tier "{tier}" scales, so its members cannot have addresses that exist'
    advice: ClassVar = "use a number as `count`, or `balance = round_robin` at the endpoint"
    tier: str


class NotAKey(Diagnostic):
    """The `key` of a `repository` is a file with OpenPGP public keys, armored (`-----BEGIN PGP PUBLIC KEY BLOCK-----`) or binary, and
    nothing else.

    Vendors publish it beside the repository. Take it from them once, compare its fingerprint with the one that they publish elsewhere
    (`bpc explain TIER` shows it), and keep the file in the project. The private key stays with whoever signs.
    """

    code: ClassVar = "BPC457"
    message: ClassVar = '"{path}" is not an OpenPGP public key: {reason}'
    path: str
    reason: str


class NoApt(Diagnostic):
    """A `repository` is one of apt, the package manager of Debian and Ubuntu. Other distributions have other package managers, whose
    repositories the language does not have.

    Start the image from `debian` or `ubuntu`; or install a repository's file with `file` or `run` in an image that exists.
    """

    code: ClassVar = "BPC458"
    message: ClassVar = (
        'the repository "{name}" is one of apt, but {distribution} "{version}" has another package manager'
    )
    advice: ClassVar = "start the image from `debian` or `ubuntu`"
    name: str
    distribution: str
    version: str


class SameHost(Diagnostic):
    """apt tells repositories apart by their hosts when it pins them, so all repositories of an image that are on one host have one
    `priority`.
    """

    code: ClassVar = "BPC459"
    message: ClassVar = (
        'repository "{name}" has priority {priority}, but "{other}", which is on the same host, has {other_priority}'
    )
    advice: ClassVar = "give both the same `priority`"
    name: str
    priority: int
    other: str
    other_priority: int
