"""How an endpoint is checked, and what makes a machine ready."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.model.resources import HealthCheck
from bpc.model.steps import Answers, Succeeds
from bpc.vocabulary import SECOND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from bpc.lower.block_reader import BlockReader
    from bpc.lower.tiers import TierOutline
    from bpc.model.resources import Endpoint
    from bpc.model.steps import Step


def health_of(body: BlockReader) -> tuple[str, HealthCheck | None]:
    """The path of an endpoint's check, and how it is checked where the blueprint says it."""
    before = body.context.failures
    block = None if body.has("health") else body.only("health")
    if block is None:
        return body.value("health"), None
    path = block.value("path")
    words = {name: block.value(name) for name in ("every", "after", "timeout", "codes")}
    if block.context.failures == before:
        _check(block, path, **words)
    return path, HealthCheck(**words)


def _check(block: BlockReader, path: str, every: int, after: int, timeout: int, codes: str) -> None:
    first, _, last = codes.partition("-")
    wrong = [(name, f"`{name}` must be whole seconds") for name in ("every", "timeout") if block.value(name) % SECOND]
    if timeout >= every:
        place = "timeout" if block.has("timeout") or not block.has("every") else "every"
        wrong.append((place, "an answer must come before the next check: `timeout` must be less than `every`"))
    if block.has("codes") and not path:
        wrong.append(("codes", "`codes` are those of an HTTP check, which has a `path`"))
    if last and last < first:
        wrong.append(("codes", f"no code is between {first} and {last}"))
    for name, problem in wrong[:1]:
        block.context.report(lower.BadCheck(span=block.where(name), problem=problem))


def ready(outline: TierOutline, within: int) -> tuple[Step, ...]:
    """What a tier's machines do last at first boot, before they are ready. Raises `EvaluationError`."""
    body = outline.body
    if body.has("ready"):
        return _answers(outline, body.value("ready"), within)
    block = body.only("ready")
    if block is None:
        return ()
    from bpc.lower.scripts import variables

    source = block.sources.text(block.value("script"), block.where("script"))
    step = Succeeds(
        source=source.name,
        script=(source.text,),
        environment=variables(block) if block.has("environment") else (),
        within=within,
        kind="configuration",
        span=block.span,
    )
    return (step,)


def _answers(outline: TierOutline, name: str, within: int) -> tuple[Step, ...]:
    span, context = outline.body.where("ready"), outline.body.context
    endpoint = outline.endpoints.get(name)
    if endpoint is None:
        from bpc.diagnostics.base import did_you_mean

        if name and outline.sound:
            hint = did_you_mean(name, outline.endpoints) or "it is one that the tier itself exposes"
            context.report(lower.NoSuchReady(span=span, tier=outline.name, name=name, hint=hint))
        return ()
    if endpoint.protocol in ("udp", "icmp"):
        context.report(lower.NothingAnswers(span=span, name=name, protocol=endpoint.protocol))
        return ()
    step = Answers(
        endpoint=name,
        port=endpoint.member_port,
        protocol=_spoken(outline, endpoint),
        path=endpoint.health,
        codes=endpoint.check.codes if endpoint.check else "200",
        within=within,
        kind="configuration",
        span=span,
    )
    return (step,)


def _spoken(outline: TierOutline, endpoint: Endpoint) -> Literal["tcp", "http", "https"]:
    """What the members speak: where TLS ends at the balancer, plain HTTP."""
    listeners = (listener for balancer in outline.balancers for listener in balancer.listeners)
    ends = any(listener.endpoint == endpoint.name and listener.tls for listener in listeners)
    if endpoint.protocol == "udp" or endpoint.protocol == "icmp":
        raise ValueError("nothing answers there, which was reported")
    return "http" if ends else endpoint.protocol
