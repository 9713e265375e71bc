"""Whether a text is an SPDX licence expression. Loaded where an artifact names a licence."""

from __future__ import annotations

import re

from bpc.check._spdx import EXCEPTIONS, LICENCES

TOKEN = r"\s*([()]|[A-Za-z0-9.-]+(?::[A-Za-z0-9.-]+)?\+?|\S)"
OWN = r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+\Z"
OPERATORS = ("AND", "OR", "WITH")
DEEPEST = 50
COMMON = {
    "apache": "Apache-2.0", "apache2": "Apache-2.0", "apache20": "Apache-2.0", "asl": "Apache-2.0", "asl2": "Apache-2.0", "asl20": "Apache-2.0",
    "gpl": "GPL-3.0-or-later", "gpl1": "GPL-1.0-only", "gpl2": "GPL-2.0-only", "gpl3": "GPL-3.0-only", "gpl20": "GPL-2.0-only", "gpl30": "GPL-3.0-only",
    "gpl2+": "GPL-2.0-or-later", "gpl3+": "GPL-3.0-or-later", "lgpl": "LGPL-3.0-or-later", "lgpl2": "LGPL-2.0-only", "lgpl21": "LGPL-2.1-only",
    "lgpl3": "LGPL-3.0-only", "lgpl30": "LGPL-3.0-only", "agpl": "AGPL-3.0-only", "agpl3": "AGPL-3.0-only", "agpl30": "AGPL-3.0-only",
    "bsd": "BSD-3-Clause", "bsd2": "BSD-2-Clause", "bsd3": "BSD-3-Clause", "newbsd": "BSD-3-Clause", "simplifiedbsd": "BSD-2-Clause",
    "mpl": "MPL-2.0", "mpl2": "MPL-2.0", "mit": "MIT", "expat": "MIT", "cc0": "CC0-1.0", "publicdomain": "CC0-1.0", "eupl": "EUPL-1.2",
    "psf": "PSF-2.0", "python": "PSF-2.0", "sspl": "SSPL-1.0", "bsl": "BUSL-1.1", "busl": "BUSL-1.1", "zlib": "Zlib", "isc": "ISC",
    "epl": "EPL-2.0", "elastic": "Elastic-2.0", "elv2": "Elastic-2.0", "postgresql": "PostgreSQL",
}  # fmt: skip
"""What people call licences, the text in lower case and without blanks, dots, dashes and the words "license", "version" and "v"."""
CLOSED = (
    "proprietary",
    "commercial",
    "closed",
    "internal",
    "private",
    "none",
    "unlicensed",
    "company",
    "custom",
    "own",
    "todo",
    "unknown",
)
_ids: dict[str, str] = {}


def wrong(text: str) -> tuple[str, str] | None:
    """(what is wrong, what to write instead) of a text; None where it is an SPDX licence expression."""
    if text in (*LICENCES.split(), "NONE", "NOASSERTION"):
        return None
    tokens = re.findall(TOKEN, text)
    if not tokens:
        return "it is empty", 'write an identifier of https://spdx.org/licenses, such as "MIT", or "LicenseRef-NAME"'
    whole = "" if any(token in (*OPERATORS, *"()/|;&") for token in tokens) else _near(text)
    if whole and len(tokens) > 1:
        return "it has blanks", f'write "{whole}"'
    if len(tokens) > 1 and not any(token.upper() in OPERATORS for token in tokens):
        problem = _identifier(text) if re.fullmatch(r"[\w\s.-]+", text) else None
        if problem:
            return problem
    at, problem = _either(tokens, 0, 0)
    if not problem and at < len(tokens):
        problem = _joined(tokens, at)
    return problem


def _either(tokens: list[str], at: int, depth: int) -> tuple[int, tuple[str, str] | None]:
    """Reads licences joined by AND and OR, whose order of binding does not matter here."""
    while True:
        at, problem = _one(tokens, at, depth)
        if problem or at >= len(tokens) or tokens[at] not in ("AND", "OR"):
            return at, problem
        at += 1


def _one(tokens: list[str], at: int, depth: int) -> tuple[int, tuple[str, str] | None]:
    if at >= len(tokens) or tokens[at] in (*OPERATORS, ")"):
        behind = f'before "{tokens[at]}"' if at < len(tokens) else f'after "{tokens[at - 1]}"'
        return at, (f"a licence is missing {behind}", "")
    if tokens[at] == "(":
        return _group(tokens, at, depth)
    problem = _identifier(tokens[at])
    if problem:
        return at, problem
    if at + 1 < len(tokens) and tokens[at + 1] == "WITH":
        exception = tokens[at + 2] if at + 2 < len(tokens) else ""
        return at + 3, _exception(exception)
    return at + 1, None


def _group(tokens: list[str], at: int, depth: int) -> tuple[int, tuple[str, str] | None]:
    if depth >= DEEPEST:
        return at, ("it is nested too deeply", "")
    at, problem = _either(tokens, at + 1, depth + 1)
    if problem:
        return at, problem
    if at >= len(tokens) or tokens[at] != ")":
        return at, ('a "(" is not closed', "")
    return at + 1, None


def _joined(tokens: list[str], at: int) -> tuple[str, str]:
    word = tokens[at]
    if word.upper() in OPERATORS:
        return f'"{word}" is written "{word.upper()}"', f'write "{_upper(tokens)}"'
    if word in (",", "/", "|", ";", "&"):
        return f'"{word}" does not join licences', 'write "AND" where all of them hold, "OR" where one may choose'
    return f'"AND" or "OR" is missing before "{word}"', ""


def _upper(tokens: list[str]) -> str:
    text = " ".join(token.upper() if token.upper() in OPERATORS else token for token in tokens)
    return text.replace("( ", "(").replace(" )", ")")


def _identifier(word: str) -> tuple[str, str] | None:
    plain = word.removesuffix("+")
    if re.match(OWN, word) or plain in LICENCES.split():
        return None
    near = _near(word)
    if near:
        return f'"{word}" is not an identifier of a licence', f'did you mean "{near}"?'
    if plain in EXCEPTIONS.split():
        return f'"{word}" is an exception, which is written after "WITH"', ""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", word).strip("-") or "NAME"
    return (
        f'"{word}" is not an identifier of a licence',
        f'a licence that SPDX does not list is written "LicenseRef-{name}"',
    )


def _exception(word: str) -> tuple[str, str] | None:
    known = EXCEPTIONS.split()
    if word in known or re.match(r"AdditionRef-[A-Za-z0-9.-]+\Z", word):
        return None
    from bpc.diagnostics.base import did_you_mean

    return f'"{word}" is not an identifier of an exception' if word else '"WITH" needs an exception', did_you_mean(
        word, known
    )


def _near(word: str) -> str:
    """The identifier that was meant; empty where none is near, or the word says that the licence is nobody's else."""
    folded = word.lower()
    if any(part in CLOSED for part in re.findall("[a-z]+", folded)):
        return ""
    if not _ids:
        _ids.update({name.lower(): name for name in LICENCES.split()})
    short = re.sub(r"licen[cs]e|version|the\b|\bv(?=\d)|(?<=[a-z])v(?=\d)|[\s,._-]", "", folded)
    for name in (folded, re.sub(r"\s+", "-", folded.strip())):
        if name in _ids:
            return _ids[name]
    if short in COMMON:
        return COMMON[short]
    from difflib import get_close_matches

    near = get_close_matches(folded[:60], _ids, n=1, cutoff=0.75)
    return _ids[near[0]] if near else ""
