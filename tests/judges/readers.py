"""Readers of the languages that bpc writes: what a file says to the program that reads it, quotes and comments undone.

Two texts that say the same but for one value are equal after that value is replaced in what was read; a value that breaks out of
its place gives other words, keys or lines.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import textwrap
from functools import lru_cache
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """A YAML document, many times faster than by `yaml.safe_load`, which is written in Python."""
    return yaml.load(text, LOADER)


def read(path: str, content: str | bytes) -> Any:
    """What a file of an output folder says."""
    if isinstance(content, bytes):
        return content
    name = path.rpartition("/")[2]
    if content.startswith(("#!/bin/bash", "#!/bin/sh")):
        return shell(content)
    if name.endswith((".yaml", ".yml")):
        return text(load(content))
    if name.endswith(".json"):
        return json.loads(content)
    if name == "mkosi.conf":
        return ini(content)
    if name.endswith(".pkr.hcl"):
        return hcl(content)
    return [re.sub("^=+$", "=", line) for line in content.split("\n")]


def text(value: Any) -> Any:
    """A document with the scripts and documents that its texts are; what an intrinsic function joins is one text."""
    match value:
        case {"Fn::Base64": inner}:
            return {"Fn::Base64": text("".join(_pieces(inner)))}
        case {"encoding": "gz+b64", "content": packed}:
            unpacked = gzip.decompress(base64.b64decode(packed)).decode(errors="surrogateescape")
            return {key: text(item) for key, item in value.items()} | {"content": text(unpacked)}
        case dict():
            return {key: text(item) for key, item in value.items()}
        case list():
            return [text(item) for item in value]
        case str() if value.startswith("#cloud-config\n"):
            return text(load(value))
        case str() if value.startswith(("#!/bin/bash\n", "#!/bin/sh\n")):
            return shell(value)
    return value


def _pieces(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case {"Fn::Join": [str(separator), list(parts)]}:
            return [separator.join("".join(_pieces(part)) for part in parts)]
        case {"Fn::Sub": str(pattern)}:
            return [pattern.replace("${!", "${")]
        case _:
            return [json.dumps(value).replace('"', "")]


# ---- shell


@lru_cache(500)
def shell(script: str) -> list[str]:
    """The words of a script, without their quotes; comments, line ends and texts for the standard input as words of their own."""
    words, _ = _words(script, 0, "")
    return words


def _words(script: str, at: int, until: str) -> tuple[list[str], int]:
    words: list[str] = []
    word: str | None = None
    depth = 0
    waiting: list[str] = []
    while at < len(script):
        char = script[at]
        if char in " \t\n;()|&<>" or (char == "#" and word is None):
            if word is not None:
                words.append(word)
                word = None
            if until and char == until and depth == 0:
                return words, at + 1
            if char == "#":
                end = script.find("\n", at)
                end = len(script) if end < 0 else end
                words.append(script[at:end])
                at = end
                continue
            here = re.compile(r"<<'(\w+)'").match(script, at)
            if here:
                waiting.append(here[1])
                at = here.end()
                continue
            at += 1
            if char == "\n":
                for mark in waiting:
                    end = re.compile(rf"^{mark}$", re.MULTILINE).search(script, at)
                    assert end, f"the text up to {mark} does not end"
                    words.append(f"<<{script[at : end.start()]}")
                    at = end.end()
                waiting = []
            depth += (char == "(") - (char == ")")
            if char not in " \t":
                words.append(char)
            continue
        piece, at = _piece(script, at)
        word = (word or "") + piece
    assert not until, "a bracket is not closed"
    return [*words, *([word] if word is not None else [])], at


def _piece(script: str, at: int) -> tuple[str, int]:
    """One character or one quoted part of a word."""
    char = script[at]
    if char == "\\":
        return ("" if script[at + 1] == "\n" else script[at + 1]), at + 2
    if char == "'":
        end = script.index("'", at + 1)
        return script[at + 1 : end], end + 1
    if char == "$" and script.startswith(("$(", "${"), at):
        return _expansion(script, at)
    if char != '"':
        return char, at + 1
    made, at = "", at + 1
    while script[at] != '"':
        if script[at] == "\\" and script[at + 1] in '"\\$`\n':
            made, at = made + script[at + 1], at + 2
        elif script.startswith(("$(", "${"), at):
            inner, at = _expansion(script, at)
            made += inner
        else:
            made, at = made + script[at], at + 1
    return made, at + 1


def _expansion(script: str, at: int) -> tuple[str, int]:
    if script.startswith("$(", at):
        inner, end = _words(script, at + 2, ")")
        return f"$({' '.join(inner)})", end
    made, at = "${", at + 2
    while script[at] != "}":
        piece, at = _piece(script, at)
        made += piece
    return made + "}", at + 1


# ---- mkosi's configuration


def ini(content: str) -> list[tuple[str, str, str]]:
    """(section, setting, value) as mkosi's own parser reads them, lists with a line for each item."""
    found: list[tuple[str, str, str]] = []
    section = setting = ""
    for line in textwrap.dedent(content).splitlines():
        line = line.partition("#")[0]
        if not line.strip():
            continue
        if setting and line[0].isspace():
            found[-1] = (*found[-1][:2], f"{found[-1][2]}\n{line.strip()}")
        elif header := re.fullmatch(r"\s*\[(\w+)\]\s*", line):
            section, setting = header[1], ""
        else:
            setting, equals, value = line.partition("=")
            assert equals, f"mkosi would not read {line!r}"
            found.append((section, setting.strip(), value.strip().replace("%%", "%")))
    return found


# ---- HCL

TOKEN = re.compile(
    r'(?P<comment>#[^\n]*)|"(?P<string>(?:[^"\\\n]|\\.)*)"|(?P<word>[A-Za-z_][\w.-]*)|(?P<sign>[^\s"#])|(?P<end>\n)|[ \t]+'
)


def hcl(content: str) -> list[str]:
    """The words of a file of HCL, texts without their quotes and escapes."""
    words, at = [], 0
    while at < len(content):
        match = TOKEN.match(content, at)
        assert match, f"HCL would not read {content[at : at + 40]!r}"
        at = match.end()
        if match["string"] is not None:
            words.append(_hcl_text(match["string"]))
        elif match.lastgroup:
            words.append(match[0])
    return words


def _hcl_text(escaped: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU":
            return chr(int(code[1:], 16))
        return {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}[code]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", one, escaped).replace("$${", "${").replace("%%{", "%{")
