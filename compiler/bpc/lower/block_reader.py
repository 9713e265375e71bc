"""A block's body, read by the vocabulary: each setting with the type that it must have, loops unrolled, environments merged."""

from __future__ import annotations

import re

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import Note
from bpc.diagnostics.check import BlockTwice, SettingTwice
from bpc.language.coerce import EvaluationError, coerce, invalid
from bpc.language.functions import private
from bpc.language.types import STRING
from bpc.language.values import Deferred, EndpointValue, Hosts, Range, type_name
from bpc.lower.evaluate import evaluate, evaluate_as, loop_scope
from bpc.lower.items import items
from bpc.model.values import BalancerAddressHole, MemberAddressesHole, MemberAddressHole
from bpc.names import FREE, KEY, LINE, NAME, check
from bpc.syntax.tree import Block, For, Identifier, ListLiteral, Name, Setting, String
from bpc.vocabulary import ANY_WORD, BLOCKS, literal, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.language.values import Value
    from bpc.lower.context import Context, Touch
    from bpc.lower.scope import Scope
    from bpc.lower.sources import Sources
    from bpc.source import Span
    from bpc.syntax.tree import Expression, Statement
    from bpc.vocabulary import SettingSpec


TEXTS = frozenset([str, tuple, dict, Deferred])
"""What may have names in it."""
IN_LOOP = "a `for` repeats its statements for each item: write this once, outside of the loop"
LARGEST = 10**15
"""The largest number, size or duration of a setting that has a least one."""
BLOCK = 10
"""Steps of reading a block."""


def unroll(body: Iterable[Statement], scope: Scope) -> Iterator[tuple[Statement, Scope]]:
    """The statements with the scope of each, `for` loops unrolled. What has a mistake is left out."""
    context = scope.context
    for statement in body:
        if not isinstance(statement, For):
            yield statement, scope
        elif not scope.lowering.sound(statement):
            context.failures += 1
        else:
            weight = context.weight(statement)
            try:
                with context.recording() as asked:
                    listed = evaluate(statement.iterable, scope)
                context.touch(asked)
                for item in items(listed, statement.iterable.span):
                    context.steps(weight, statement.span)
                    inner = loop_scope(statement.variable, item, scope)
                    if asked:
                        inner.touched = {symbol: set(_asked_for(item, asked)) for symbol in inner.values}
                    yield from unroll(statement.body, inner)
            except EvaluationError as wrong:
                context.fail(wrong)


def _asked_for(item: Value, asked: set[Touch]) -> Iterator[Touch]:
    """What an item of a loop wants of endpoints, of all that the loop's list asked for: who uses the item is connected to them."""
    if isinstance(item, tuple | dict):
        for inner in item.values() if isinstance(item, dict) else item:
            yield from _asked_for(inner, asked)
    elif isinstance(item, EndpointValue):
        yield (item.tier, item.name, "")
    elif isinstance(item, Hosts):
        yield from (touch for touch in asked if touch[0] == item.tier)
    elif isinstance(item, Deferred):
        for hole in private(item.text):
            if isinstance(hole, MemberAddressHole | MemberAddressesHole):
                yield from (touch for touch in asked if touch[0] == hole.group)
            elif isinstance(hole, BalancerAddressHole):
                yield from (touch for touch in asked if f"{touch[0]}.{touch[1]}" == hole.endpoint)


class BlockReader:
    """One block. `value` never raises: what is wrong is reported, and the default stands in for it.

    `context` is where mistakes are reported; `whole` where nothing of the block was left out for one.
    """

    def __init__(self, block: Block, scope: Scope) -> None:
        self.block, self.scope = block, scope
        self.keyword = BLOCKS[block.keyword]
        self.settings: dict[str, tuple[Setting, Scope]] = {}
        self.blocks: list[tuple[Block, Scope]] = []
        self.rest: list[tuple[Statement, Scope]] = []
        self.context = scope.lowering.context
        self.context.steps(BLOCK, block.span)
        once: set[str] = set()
        before, broken = self.context.failures, scope.lowering.analysis.found.broken
        self._broken = broken
        self.whole = not scope.lowering.analysis.found.lost_within(block.span)
        for statement, inner in unroll(block.body, scope):
            if isinstance(statement, Setting):
                name = statement.name.text
                if name in self.settings and id(statement) not in broken:
                    self.context.report(SettingTwice(span=statement.name.span, name=name, hint=IN_LOOP))
                self.settings.setdefault(name, (statement, inner))
            elif id(statement) in broken:
                self.whole = False
            elif isinstance(statement, Block):
                word = statement.keyword
                if word in once:
                    self.context.report(BlockTwice(span=statement.span, word=word, hint=IN_LOOP))
                if BLOCKS[word].once:
                    once.add(word)
                self.blocks.append((statement, inner))
            else:
                self.rest.append((statement, inner))
        self.whole = self.whole and self.context.failures == before

    @property
    def sources(self) -> Sources:
        """The project's files."""
        return self.scope.lowering.sources

    @property
    def span(self) -> Span:
        """The place of the label, or of the whole block."""
        return self.block.span if self.block.label is None else self.block.label.span

    def has(self, name: str) -> bool:
        return name in self.settings

    def overrides(self, name: str, other: str) -> bool:
        """Whether an environment says a setting of a block that says another one itself: it changes what the other was for."""
        return self.has(name) and self.has(other) and self._own(other) and not self._own(name)

    def _own(self, name: str) -> bool:
        """Whether a setting stands in the block itself, not in an environment's."""
        span, block = self.settings[name][0].span, self.block.span
        return span.source is block.source and block.start <= span.start < block.end

    def lacks(self, name: str) -> bool:
        """Whether a setting is not said, not even misspelt, nor where the text could not be read."""
        if name in self.settings or any(word not in self.keyword.settings for word in self.settings):
            return False
        return not self.scope.lowering.analysis.found.may_be_lost(name, self.block.span)

    def where(self, name: str) -> Span:
        """The place of a setting's value, or of the block where it is not set."""
        return self.settings[name][0].value.span if name in self.settings else self.span

    def where_item(self, name: str, index: int) -> Span:
        """The place of one item of a setting's list, or of the whole value where it is not written as a list."""
        value = self.settings[name][0].value
        return value.items[index].span if isinstance(value, ListLiteral) else value.span

    def value(self, name: str) -> Any:
        """A setting's value as its type needs it, within its bounds, or its default."""
        return self.value_or(name, self.keyword.settings[name].usual)

    def value_or(self, name: str, default: Any) -> Any:
        """The same where the default depends on other settings."""
        given = self.settings.get(name)
        word = self.keyword.settings[name]
        if given is None or id(given[0]) in self._broken:
            if given is not None or word.required:
                self.context.fail_at(self.where(name), EvaluationError(None))
            return default
        setting, scope = given
        if isinstance(setting.value, Name) and (known := words(word.type)):
            if setting.value.text in known or word.type in ANY_WORD:
                return setting.value.text
            self.context.fail_at(self.where(name), EvaluationError(None))  # told when the block was checked
            return default
        try:
            value = evaluate_as(word.type, setting.value, scope, deploy=word.deploy)
            if type(value) is str or type(value) is tuple:
                self.context.passing(value, setting.value.span)
            if isinstance(value, Hosts) and word.type == "list(string)":
                raise EvaluationError(lower.DeployTime(span=setting.value.span, what="the list of a tier's members"))
            if type(value) in TEXTS and word.form != FREE:
                for diagnostic in names_in(value, word.form, setting.value):
                    self.context.report(diagnostic)
            if word.least is not None and not isinstance(value, Range):
                return self._bounded(name, value, word)
            return value
        except EvaluationError as wrong:
            self.context.fail_at(self.where(name), wrong)
            return default

    def _bounded(self, name: str, value: Any, word: SettingSpec) -> int:
        """A whole number, size or duration. Raises `EvaluationError` where it is not within the bounds."""
        least, most = word.least or 0, LARGEST if word.most is None else word.most
        if least <= value <= most:
            return int(value)
        kind = type_name(value)
        bound = f"least {literal(least, kind)}" if value < least else f"most {literal(most, kind)}"
        span = self.where(name)
        dash = re.fullmatch(r"(\d+)\s*-\s*(\d+)", span.source.text[span.start : span.end])
        hint = f"a range is written {dash[1]}..{dash[2]}" if dash else ""
        raise invalid(span, f'"{name}" must be at {bound}, not {literal(value, kind)}', hint)

    def only(self, keyword: str) -> BlockReader | None:
        """The one block of a kind that stands at most once."""
        for block, scope in self.blocks:
            if block.keyword == keyword:
                return BlockReader(block, scope)
        return None

    def all(self, *keywords: str) -> Iterator[BlockReader]:
        for block, scope in self.blocks:
            if block.keyword in keywords:
                yield BlockReader(block, scope)

    def each_once(self, *keywords: str) -> None:
        """Reports blocks of these kinds that have one name or path; a wrong label is reported where its block is lowered."""
        first: dict[str, Span] = {}
        for block, scope in self.blocks:
            if block.keyword in keywords and block.label is not None:
                try:
                    name = label(block, scope)
                except EvaluationError:
                    continue
                once(first, block.keyword, same_path(name), block.label.span, self.context)

    def label(self) -> str:
        """The block's label as text. Raises `EvaluationError`."""
        return label(self.block, self.scope)

    def was(self) -> str:
        """The name before a rename, or nothing."""
        former = str(self.value("was"))
        if former and not re.fullmatch(NAME, former):
            self.context.fail(_no_name(former, self.block.keyword, self.where("was")))
        return former


def label(block: Block, scope: Scope) -> str:
    """A block's label as text. Raises `EvaluationError` where it is not what its block needs: it becomes part of resources' and files' names."""
    node, form = block.label, BLOCKS[block.keyword].form
    if not isinstance(node, String):
        assert isinstance(node, Identifier)
        return node.text if form == "name" else _checked(block.keyword, node.text, node.span)
    return _checked(block.keyword, str(coerce(evaluate(node, scope), STRING, node.span)), node.span)


def _checked(keyword: str, text: str, span: Span) -> str:
    form = BLOCKS[keyword].form
    if form == "name" and re.fullmatch(NAME, text):
        return text
    wrong = check(text, LINE if form == "name" else form, span)
    if wrong is not None:
        raise EvaluationError(wrong)
    if form == "name":
        raise _no_name(text, keyword, span)
    return text


def names_in(value: Value, form: str, node: Expression) -> Iterator[Diagnostic]:
    """What is wrong with the names in a value: of a deploy-time one, what is known of it must be one line."""
    match value:
        case str():
            wrong = check(value, form, node.span)
            if wrong is not None:
                yield wrong
        case Deferred():
            for part in value.text:
                yield from names_in(part, KEY if form == KEY else LINE, node) if isinstance(part, str) else ()
        case tuple():
            nodes = node.items if isinstance(node, ListLiteral) else (node,) * len(value)
            for item, place in zip(value, nodes, strict=True):
                yield from names_in(item, form, place)
        case dict():
            for name, item in value.items():
                yield from names_in(name, LINE, node)
                yield from names_in(item, form, node)


def once(first: dict[str, Span], keyword: str, name: str, span: Span, found: Context, hint: str = "") -> None:
    """Enters a name with its place; a second thing of that name, declared on its own or made by a `for`, is reported."""
    if name not in first:
        first[name] = span
    elif first[name] == span:
        found.report(lower.DuplicateName(span=span, keyword=keyword, name=name, hint=hint))
    else:
        note = Note(span=first[name], text="declared here first")
        found.report(resolve.DeclaredTwice(span=span, name=name, notes=(note,)))


def same_path(path: str) -> str:
    """One spelling for each absolute path: `/a//b/` is `/a/b`. Other names are themselves."""
    if not path.startswith("/"):
        return path
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def _no_name(text: str, keyword: str, span: Span) -> EvaluationError:
    hint = "a name consists of letters, digits, _ and -, and begins with a letter or _"
    return invalid(span, f'"{text}" is not a valid name for a {keyword}', hint)
