"""The items of an image template as steps."""

from __future__ import annotations

import re

from bpc.diagnostics import lower
from bpc.diagnostics.base import Note
from bpc.digest import sha256
from bpc.language.coerce import EvaluationError, invalid
from bpc.language.functions import private, private_text
from bpc.lower.configure import configure_of, platform_packages
from bpc.lower.evaluate import value_of
from bpc.lower.scope import Lazy, Unknown
from bpc.model.steps import Artifact, File, Packages, Run, Service, Step, User, Variable
from bpc.model.values import SecretHole, holes
from bpc.resolve.symbols import LetSymbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.model.steps import Kind
    from bpc.model.values import Text
    from bpc.source import Span

PLAIN_LICENCES = ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "GPL-2.0-only", "GPL-3.0-only")
"""Expressions that need no table: the rest is looked up."""
ITEMS = ("artifact", "run", "user", "file", "service", "configure")


def steps_of(body: BlockReader, kind: Kind | None) -> list[Step]:
    """The steps of one template, repositories first, then packages; `kind` overrides what each item's own kind would be."""
    items_once(body)
    steps: list[Step] = []
    for item in body.all("repository"):
        try:
            steps.append(step_of(item, body, kind))
        except EvaluationError as wrong:
            body.context.fail(wrong)
    steps += packages_of(body, kind)
    for item in body.all(*ITEMS):
        try:
            if item.block.keyword == "configure":
                steps += platform_packages(item, kind)
            steps.append(step_of(item, body, kind))
        except EvaluationError as wrong:
            body.context.fail(wrong)
    return steps


def items_once(body: BlockReader) -> None:
    """Reports what one template says twice. A file of the template in its `from` may be said again: the last one holds."""
    body.each_once("file", "artifact")
    body.each_once("user")
    body.each_once("service")
    body.each_once("repository")


def packages_of(body: BlockReader, kind: Kind | None) -> list[Step]:
    """The packages of one template as a step, or nothing."""
    names = body.value("packages")
    versions: dict[str, tuple[str, Span]] = {}
    for index, name in enumerate(names):
        package, _, version = name.partition("=")
        place = body.where_item("packages", index)
        if version and versions.setdefault(package, (version, place))[0] != version:
            other, first = versions[package]
            problem = f'package "{package}" cannot have two versions, {other} and {version}'
            notes = (Note(span=first, text="the first one"),)
            body.context.report(lower.BadValue(span=place, problem=problem, hint="keep one of the two", notes=notes))
    if not names:
        return []
    return [Packages(names=tuple(dict.fromkeys(names)), kind=kind or "software", span=body.where("packages"))]


def step_of(item: BlockReader, template: BlockReader, kind: Kind | None) -> Step:
    """One item of a template as a step. Raises `EvaluationError`."""
    match item.block.keyword:
        case "artifact":
            return _artifact(item, kind or "software")
        case "run":
            return _run(item, kind or "software")
        case "file":
            return _file(item, template, kind or "configuration")
        case "service":
            return _service(item, kind or "configuration")
        case "configure":
            return configure_of(item)
        case "repository":
            from bpc.lower.repositories import repository_of

            return repository_of(item, kind or "software")
        case _:
            return _user(item, kind or "configuration")


def _artifact(item: BlockReader, kind: Kind) -> Artifact:
    source, wanted = item.value("source"), item.value("sha256").lower()
    remote = source.startswith(("https://", "http://"))
    content = None if remote else item.sources.bytes(source, item.where("source"))[1]
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        known = "`sha256sum` prints that of the file" if content is None else f'sha256 = "{sha256(content)}"'
        raise invalid(item.where("sha256"), "a SHA-256 must have 64 hexadecimal digits", known)
    _check_licence(item)
    actual = wanted if content is None else sha256(content)
    if actual != wanted:
        raise invalid(item.where("sha256"), f'"{source}" has a different SHA-256', f'sha256 = "{actual}"')
    return Artifact(
        path=item.label(),
        source=source,
        content=content,
        url=source if remote else None,
        sha256=wanted,
        version=item.value("version"),
        licence=item.value("licence"),
        kind=kind,
        span=item.span,
    )


def _check_licence(item: BlockReader) -> None:
    licence = item.value("licence")
    if licence in PLAIN_LICENCES:
        return
    from bpc.check.licences import wrong

    found = wrong(licence)
    if found:
        problem, hint = found
        place = item.where("licence")
        item.context.report(lower.BadLicence(span=place, licence=licence, problem=problem, hint=hint))


def _run(item: BlockReader, kind: Kind) -> Run:
    if item.has("script"):
        script: Text = (item.sources.text(item.value("script"), item.where("script")).text,)
    else:
        script = private_text(item.value("text"))
        if any(not isinstance(part, str) for part in script):
            from bpc.lower.scripts import check_script

            check_script(script, item)
    creates = item.value("creates")
    environment: tuple[Variable, ...] = ()
    if item.has("environment"):
        from bpc.lower.scripts import variables

        environment = variables(item)
    return Run(
        title=item.label(),
        script=script,
        environment=environment,
        creates=creates,
        network=item.value("network"),
        kind=kind,
        span=item.span,
    )


def _file(item: BlockReader, template: BlockReader, kind: Kind) -> File:
    path = item.label()
    if path.endswith("/"):
        raise invalid(item.span, f'"{path}" is a folder, not a file', "write the whole path of the file")
    content, source = _content(item, template)
    sensitive = any(isinstance(hole, SecretHole) for hole in holes(content)) if isinstance(content, tuple) else False
    mode = item.value_or("mode", "0600" if sensitive else "0644")
    owner = item.value("owner")
    group = item.value_or("group", owner)
    reload = item.value("reload")
    return File(
        path=path,
        content=content,
        owner=owner,
        group=group,
        mode=mode.rjust(4, "0"),
        reload=(reload,) if reload else (),
        source=source,
        sensitive=sensitive,
        kind=kind,
        span=item.span,
    )


def _content(item: BlockReader, template: BlockReader) -> tuple[Text | bytes, str]:
    if item.has("text"):
        return private_text(item.value("text")), ""
    if item.has("source"):
        name, content = item.sources.content(item.value("source"), item.where("source"))
        return content, name
    if not item.has("template"):
        raise EvaluationError(None)
    source = item.sources.text(item.value("template"), item.where("template"))
    variables = _variables(item, template, source.text)
    item.sources.warn_of_dollars(source, variables)
    return private(item.scope.lowering.templates.render(source, variables, item.scope.lowering.tiers)), source.name


def _variables(item: BlockReader, template: BlockReader, text: str) -> dict[str, Value]:
    """What a file's template sees: the parameters of its image, those of its `let`s that it names, and the variables of loops.

    A `let` that the template does not name is not evaluated for it: it would open ports that nothing asked for.
    """
    named = set(re.findall(r"\w+", text))
    declared = item.scope.lowering.bindings.declared(template.block)
    variables = {
        name: value_of(symbol, template.scope, item.span)
        for name, symbol in declared.items()
        if name in named or not isinstance(symbol, LetSymbol)
    }
    scope = item.scope
    while scope is not template.scope and scope.outer is not None:
        loops = {symbol.name: value for symbol, value in scope.values.items() if not isinstance(value, Lazy | Unknown)}
        variables, scope = variables | loops, scope.outer
    return variables


def _service(item: BlockReader, kind: Kind) -> Service:
    name = item.label()
    unit: Text = ()
    if item.has("unit"):
        unit = (item.sources.text(item.value("unit"), item.where("unit")).text,)
    return Service(name=name, unit=unit, enabled=item.value("enabled"), kind=kind, span=item.span)


def _user(item: BlockReader, kind: Kind) -> User:
    name = item.label()
    system = item.value("system")
    keys = tuple(private_text(key) for key in item.value("ssh_keys"))
    for index, key in enumerate(keys):
        if any(isinstance(hole, SecretHole) for hole in holes(key)):
            raise invalid(item.where_item("ssh_keys", index), "a secret is not a public key")
        # the line end of a file that holds one key is none within it
        if any(end in "".join(part for part in key if isinstance(part, str)).rstrip("\r\n") for end in "\r\n"):
            raise invalid(
                item.where_item("ssh_keys", index),
                "a key must be a single line",
                "write each key as an item of its own",
            )
    return User(
        name=name,
        groups=item.value("groups"),
        shell=item.value_or("shell", "/usr/sbin/nologin" if system else "/bin/bash"),
        home=item.value("home"),
        system=system,
        sudo=item.value("sudo"),
        ssh_keys=keys,
        kind=kind,
        span=item.span,
    )
