"""Blocks against the vocabulary: what may stand where, how often, and which words a setting takes."""

from __future__ import annotations

from bpc.diagnostics import check
from bpc.diagnostics.base import Note, did_you_mean
from bpc.platforms import COMMON, PLATFORMS
from bpc.syntax.tree import (
    Allow,
    Block,
    Broken,
    Connect,
    For,
    Identifier,
    Import,
    Let,
    Name,
    Output,
    Parameter,
    Reserved,
    Setting,
    String,
)
from bpc.vocabulary import ANY_WORD, BLOCKS, IMAGE_PARAM_TYPES, SOLUTION_PARAM_TYPES, UNSUPPORTED_SETTINGS, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings
    from bpc.resolve.program import Program
    from bpc.source import Span
    from bpc.syntax.tree import Expression, Statement
    from bpc.vocabulary import BlockSpec

CONTENT = {
    "file": ("text", "source", "template"),
    "run": ("script", "text"),
    "override": ("heat", "cloudformation"),
}
STATEMENTS = {
    Let: "let",
    Parameter: "param",
    Output: "output",
    For: "for",
    Allow: "allow",
    Connect: "connect",
    Import: "import",
}
UNSAID = (("network", "cidr"), ("volume", "size"))
"""What an `existing` thing need not say: the value of `existing` decides, which lowering knows."""
UNLOOPED = ("let", "param", "environment")
"""What is known by its bare name, which a `for` cannot make another one."""
PLAINLY_NAMED = ("solution", "environment", "image")


def check_blocks(program: Program, found: Findings) -> None:
    """Everything that stands where it cannot is found; the statement that it is, or that lacks something, is left out."""
    for module in program.modules.values():
        body = [s for s in module.file.statements if not isinstance(s, Setting)]
        check_body("file scope", BLOCKS["file scope"], tuple(body), found, partial=False)
        for statement in module.file.statements:
            if isinstance(statement, Setting):
                found.append(check.Misplaced(span=statement.span, word=statement.name.text, block="a file's own scope"))


def check_body(
    name: str, keyword: BlockSpec, body: tuple[Statement, ...], found: Findings, *, partial: bool
) -> set[str]:
    """Checks the statements of one block; `partial` where an environment says only what differs. Returns the settings."""
    seen: dict[str, Statement] = {}
    unread = found.unread
    for statement in body:
        before = len(found.found)
        if unread and id(statement) in unread and not isinstance(statement, Block | For):
            if isinstance(statement, Setting):
                seen[statement.name.text] = statement
            continue
        match statement:
            case Block():
                _block(name, keyword, statement, seen, found, partial=partial)
                continue  # what its inside lacks is not the block's own mistake
            case Setting():
                _setting(name, keyword, statement, seen, found)
            case Reserved():
                found.append(check.Unsupported(span=statement.span, word=statement.keyword))
            case For():
                _for(name, keyword, statement, found, partial=partial)
                continue
            case Broken():
                pass
            case _:
                _other(name, keyword, statement, found)
        if len(found.found) > before:
            found.contain(statement, before)
    return set(seen)


def _where(name: str) -> str:
    return "a file's own scope" if name == "file scope" else f'"{name}"'


def _setting(name: str, keyword: BlockSpec, node: Setting, seen: dict[str, Statement], found: Findings) -> None:
    text = node.name.text
    if text in UNSUPPORTED_SETTINGS:
        found.append(check.Unsupported(span=node.span, word=text))
        return
    word = keyword.settings.get(text)
    if word is None:
        from bpc.check.foreign import setting_hint

        hint, meant = setting_hint(name, text)
        found.append(check.UnknownSetting(span=node.name.span, block=name, name=text, hint=hint))
        seen.setdefault(meant, node)  # so that it is not missed as well
        return
    if text in seen and getattr(seen[text], "name", node.name).text == text:
        note = Note(span=seen[text].span, text="set here first")
        found.append(check.SettingTwice(span=node.name.span, name=text, notes=(note,)))
    seen[text] = node
    choices = words(word.type)
    if choices:
        _word(text, choices, node.value, found)


def _word(name: str, choices: tuple[str, ...], value: Expression, found: Findings) -> None:
    if choices[0] in ANY_WORD:
        return
    if not (isinstance(value, Name) and value.text in choices):
        text = value.text if isinstance(value, Name) else ""
        if isinstance(value, String):
            text = "".join(part for part in value.parts if isinstance(part, str))
        meant = text if text in choices else text.lower().replace("-", "_")
        if meant in choices:
            hint = f"write {meant}, without quotes" if isinstance(value, String) else f"write {meant}"
        else:
            hint = did_you_mean(meant, choices)
        found.append(check.NotAWord(span=value.span, name=name, choices=", ".join(choices), hint=hint))


def _block(
    name: str, keyword: BlockSpec, node: Block, seen: dict[str, Statement], found: Findings, *, partial: bool
) -> None:
    before = len(found.found)
    if id(node) in found.unread:
        return
    if node.keyword not in keyword.blocks:
        if not found.told_at(node.span):  # a keyword that was misspelt may have been another one
            found.append(_misplaced(node, node.keyword, name))
        found.broken.add(id(node))
        return
    inner = BLOCKS[node.keyword]
    if inner.once:
        if node.keyword in seen:
            note = Note(span=seen[node.keyword].span, text="the first one")
            found.append(check.BlockTwice(span=node.span, word=node.keyword, notes=(note,)))
        seen[node.keyword] = node
    if node.keyword in PLAINLY_NAMED and not isinstance(node.label, Identifier):
        found.append(check.BadLabel(span=_head(node), block=node.keyword, expected="a plain name"))
    found.contain(node, before)
    partial = partial or name == "environment"
    given = check_body(node.keyword, inner, node.body, found, partial=partial)
    if not partial:
        _complete(node, inner, given, found)
    if node.keyword == "configure":
        _configure(node, given, found)


def _complete(node: Block, keyword: BlockSpec, given: set[str], found: Findings) -> None:
    """What a block lacks, but for what stands in it and could not be read."""
    for name, word in keyword.settings.items():
        if word.required and name not in given and not _portless(node, name) and not found.may_be_lost(name, node.span):
            if "existing" in given and (node.keyword, name) in UNSAID:
                continue
            found.append(check.MissingSetting(span=_head(node), block=node.keyword, name=name, doc=word.doc))
    choices = CONTENT.get(node.keyword, ())
    lost = any(found.may_be_lost(name, node.span) for name in choices)
    if choices and len(given & set(choices)) != 1 and not lost:
        listed = ", ".join(choices)
        before = len(found)
        found.append(check.OneContent(span=_head(node), block=node.keyword, choices=listed))
        found.contain(node, before)


def _portless(node: Block, name: str) -> bool:
    """Whether what is missing is the port of an endpoint that has none: icmp."""
    return (node.keyword, name) == ("expose", "port") and any(
        isinstance(s, Setting) and s.name.text == "protocol" and isinstance(s.value, Name) and s.value.text == "icmp"
        for s in node.body
    )


def _configure(node: Block, given: set[str], found: Findings) -> None:
    """What the platform of a `configure` takes and needs; nothing where it is none, which is told elsewhere."""
    settings = [s for s in node.body if isinstance(s, Setting)]
    name = next((s.value.text for s in settings if s.name.text == "with" and isinstance(s.value, Name)), "")
    platform = PLATFORMS.get(name)
    if platform is None:
        return
    known = (*platform.needs, *platform.takes)
    for setting in settings:
        text = setting.name.text
        if text in BLOCKS["configure"].settings and text not in (*COMMON, *known):
            hint = did_you_mean(text, known) or f"{name} takes {', '.join(known)}"
            found.append(check.NotOfPlatform(span=setting.name.span, name=text, platform=name, hint=hint))
    for text in platform.needs:
        if text not in given and not found.may_be_lost(text, node.span):
            says = BLOCKS["configure"].settings[text].doc.partition(": ")[2]
            found.append(check.MissingSetting(span=_head(node), block=f"configure with {name}", name=text, doc=says))


def _head(node: Block) -> Span:
    """The place of a block's label, or of the block where it has none."""
    return node.span if node.label is None else node.label.span


def _misplaced(node: Statement, word: str, name: str) -> Diagnostic:
    homes = [home for home, keyword in BLOCKS.items() if word in keyword.blocks + keyword.statements]
    hint = f"it belongs in {' or '.join(_where(home) for home in homes)}" if homes else ""
    return check.Misplaced(span=node.span, word=word, block=_where(name), hint=hint)


def _for(name: str, keyword: BlockSpec, node: For, found: Findings, *, partial: bool) -> None:
    before = len(found)
    _other(name, keyword, node, found)
    found.contain(node, before)
    if not found.sound(node):
        return
    for inner in node.body:
        said = inner.keyword if isinstance(inner, Block) else STATEMENTS.get(type(inner), "")
        if said in UNLOOPED:
            before = len(found)
            found.append(check.Misplaced(span=inner.span, word=said, block="a `for`", hint="write it outside"))
            found.contain(inner, before)
    check_body(name, keyword, node.body, found, partial=partial)


def _other(name: str, keyword: BlockSpec, node: Statement, found: Findings) -> None:
    word = STATEMENTS[type(node)]
    if word not in keyword.statements:
        found.append(_misplaced(node, word, name))
    elif isinstance(node, Parameter):
        types = SOLUTION_PARAM_TYPES if name == "solution" else IMAGE_PARAM_TYPES
        if node.type.name not in types:
            from bpc.check.foreign import type_hint

            hint = type_hint(node.type.name, node.name.text, types, solution=name == "solution")
            found.append(check.UnknownType(span=node.type.span, name=node.type.name, hint=hint))
        elif node.body:
            from bpc.check.constraints import check_constraints

            check_body("param", BLOCKS["param"], node.body, found, partial=False)
            check_constraints(name, node, found)
