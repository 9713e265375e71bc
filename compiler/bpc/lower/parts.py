"""The parts of a solution besides its tiers: networks, secrets and outputs."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.diagnostics.check import MissingSetting
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.functions import public_text
from bpc.language.types import UNKNOWN as ANY
from bpc.lower.block_reader import once
from bpc.lower.evaluate import evaluate
from bpc.lower.ports import tell_mixed
from bpc.model.resources import Network, Secret
from bpc.model.solution import Output
from bpc.model.values import SecretHole, holes
from bpc.syntax.tree import Output as OutputStatement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bpc.lower.block_reader import BlockReader
    from bpc.lower.context import Context
    from bpc.lower.scope import Lowering
    from bpc.model.resources import Group, Volume
    from bpc.model.values import Text
    from bpc.source import Span

NETWORK = 100
"""Steps of what the targets make of a network."""
RESERVED = {
    "0.0.0.0/8": "unspecified addresses",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local addresses",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "future use",
    "::/128": "unspecified addresses",
    "::1/128": "loopback",
    "fe80::/10": "link-local addresses",
    "ff00::/8": "multicast",
}
"""Ranges that no network of a solution may have anything of, and what they are for."""
PRIVATE = "use private addresses, from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8"


def named(body: BlockReader, keyword: str) -> Iterator[tuple[str, BlockReader]]:
    """The blocks of a kind by name; a label that is wrong is reported where names are bound."""
    for item in body.all(keyword):
        try:
            yield item.label(), item
        except EvaluationError:
            continue


def networks(body: BlockReader) -> list[Network]:
    """The networks, each with its place among the others; of one that has a mistake, nothing more is said."""
    import ipaddress

    made: list[Network] = []
    parsed: list[tuple[int, int, int, str]] = []
    reserved = [(ipaddress.ip_network(taken), use) for taken, use in RESERVED.items()]
    for name, item in named(body, "network"):
        failures = body.context.failures
        network = _network(name, item)
        made.append(network)
        if not item.whole or body.context.failures > failures or not network.cidr:
            continue
        mine = ipaddress.ip_network(network.cidr)
        for taken, use in reserved:
            if mine.version == taken.version and mine.overlaps(taken):
                problem = f'network "{name}" has addresses of {taken}, which is reserved for {use}'
                body.context.report(lower.BadValue(span=item.where("cidr"), problem=problem, hint=PRIVATE))
                break
        low, high = int(mine.network_address), int(mine.broadcast_address)
        body.context.steps(NETWORK + len(made) // 10, item.span)
        for version, first, last, other in parsed:
            if first <= high and low <= last and version == mine.version:
                body.context.report(lower.Overlap(span=item.where("cidr"), name=network.name, other=other))
                break  # one is enough to say: a loop may make thousands that overlap each other
        parsed.append((mine.version, low, high, name))
    _check_routers(made, body.context)
    return made


def _network(name: str, item: BlockReader) -> Network:
    """One network; a new one has addresses, and an existing one has its own router."""
    existing = item.value("existing")
    if existing and item.has("router") and not item.overrides("existing", "router"):
        item.context.report(lower.RouterOfExisting(span=item.where("router"), name=name))
    if item.has("existing") and not existing and item.lacks("cidr"):
        doc = item.keyword.settings["cidr"].doc
        item.context.report(MissingSetting(span=item.span, block="network", name="cidr", doc=doc))
    return Network(
        name=name,
        cidr="" if item.has("existing") and not item.has("cidr") else item.value("cidr"),
        existing=existing,
        router="new" if existing else item.value("router"),
        public=item.value("public"),
        was=item.was(),
        span=item.span,
    )


def _check_routers(made: list[Network], context: Context) -> None:
    """New networks reach each other through one router, so it is one for all."""
    new = [network for network in made if not network.existing]
    for network in new[1:]:
        if network.router != new[0].router:
            found = lower.TwoRouters(span=network.span, name=network.name, router=network.router, other=new[0].name)
            context.report(found)
            return


def secrets(body: BlockReader) -> list[Secret]:
    """The secrets that the cloud generates, and those that are given."""
    made = []
    for name, item in named(body, "secret"):
        given, length = item.value("given"), item.value("length")
        if given and item.has("length") and not item.overrides("given", "length"):
            body.context.report(lower.GivenLength(span=item.where("length"), name=name))
        made.append(Secret(name=name, given=given, length=0 if given else length, was=item.was(), span=item.span))
    return made


def identities(context: Context, keyword: str, things: Iterable[Network | Secret | Group | Volume]) -> None:
    """Reports things of one kind that would be one thing in the cloud, by what they were called before."""
    names: dict[str, str] = {}
    for thing in things:
        other = names.setdefault(thing.was or thing.name, thing.name)
        if other != thing.name:
            context.report(lower.SameIdentity(span=thing.span, keyword=keyword, name=thing.name, other=other))


def outputs(body: BlockReader) -> list[Output]:
    """What the stack shows when it is complete."""
    made = []
    first: dict[str, Span] = {}
    for statement, scope in body.rest:
        if not isinstance(statement, OutputStatement):
            continue
        hint = "the name of an output cannot be computed: move it out of the `for`"
        once(first, "output", statement.name.text, statement.name.span, body.context, hint)
        try:
            with body.context.recording() as touched:
                value = coerce(evaluate(statement.value, scope), ANY, statement.value.span, deploy=True)
            text = public_text(value)
            tell_mixed(body.context, ((touched, ""),))
        except ValueError:
            problem = "expected a string, number or bool for an output: use join() for a list"
            body.context.report(lower.BadValue(span=statement.value.span, problem=problem))
        except EvaluationError as wrong:
            body.context.fail(wrong)
        else:
            _check_shown(text, statement, scope.lowering)
            made.append(Output(name=statement.name.text, value=text, doc=statement.doc, span=statement.name.span))
    return made


def _check_shown(text: Text, statement: OutputStatement, lowering: Lowering) -> None:
    for hole in holes(text):
        secret = hole.secret if isinstance(hole, SecretHole) else lowering.natives.secrets.get(hole)  # type: ignore[call-overload]
        if secret:
            lowering.context.report(lower.SecretShown(span=statement.value.span, name=secret))
