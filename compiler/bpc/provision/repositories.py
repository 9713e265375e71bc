"""What apt reads of a vendor's repository: its source, which no other key may sign, its keys, and the priority of its packages."""

from __future__ import annotations

from bpc.model.steps import Repository
from bpc.quoting import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.model.steps import Step

RELEASE = 500
"""apt's priority for packages of which nothing is said, those of the release among them."""

CHECK = r"""
check_repository() { # name, host where its packages stay below the release's: nothing comes from it before its signature is right
  local source=/etc/apt/sources.list.d/bpc-$1.sources others=()
  mapfile -t others < <(find /etc/apt/sources.list /etc/apt/sources.list.d -type f ! -name 'bpc-*' 2>/dev/null)
  if [ -n "${2:-}" ] && [ "${#others[@]}" -gt 0 ] &&
    grep -qiE "^[^#]*://([^/ ]*@)?${2//./[.]}(:[0-9]+)?(/|[[:space:]]|$)" "${others[@]}"; then
    echo "the release's packages come from $2 too: apt cannot put those of repository $1 below them"
    return 1
  fi
  apt-get -q -o Dir::Etc::SourceList="$source" -o Dir::Etc::SourceParts=/dev/null -o APT::Get::List-Cleanup=false \
    -o APT::Update::Error-Mode=any -o Acquire::Retries=3 -o Acquire::Languages=none update
}
"""
"""Bash. apt pins by host, so that a host which the release also comes from would put both at one priority."""


def of_steps(steps: Iterable[Step]) -> list[Repository]:
    """The repositories among steps."""
    return [step for step in steps if isinstance(step, Repository)]


def files(step: Repository) -> dict[str, str]:
    """What lies in a machine, by its path without the first slash, all of it readable for everybody."""
    name = f"bpc-{step.name}"
    return {
        f"etc/apt/keyrings/{name}.asc": armored(step.key),
        f"etc/apt/sources.list.d/{name}.sources": _source(step, f"/etc/apt/keyrings/{name}.asc"),
        f"etc/apt/preferences.d/{name}": _preference(step),
    }


def trees(steps: Iterable[Step]) -> dict[str, str]:
    """The same of all repositories among steps."""
    return {path: text for step in of_steps(steps) for path, text in files(step).items()}


def check(step: Repository) -> str:
    """The call of `CHECK`."""
    return f"check_repository {word(step.name)}{f' {host(step)}' if step.priority < RELEASE else ''}\n"


def checks(steps: Iterable[Step]) -> str:
    """The calls for all repositories among steps."""
    return "".join(map(check, of_steps(steps)))


def host(step: Repository) -> str:
    return step.url.split("/")[2].partition(":")[0]


def armored(key: bytes) -> str:
    """Keys as text. In one block, as not every apt reads a second one."""
    import base64

    text = base64.b64encode(key).decode()
    lines = "".join(text[start : start + 64] + "\n" for start in range(0, len(text), 64))
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{lines}-----END PGP PUBLIC KEY BLOCK-----\n"


def _source(step: Repository, key: str) -> str:
    lines = [
        "# Made by bpc. Only these keys may sign it:",
        *(f"#   {fingerprint}" for fingerprint in step.fingerprints),
    ]
    lines += ["Types: deb", f"URIs: {step.url}", f"Suites: {step.suite}"]
    lines += [f"Components: {' '.join(step.components)}"] if step.components else []
    return "\n".join([*lines, f"Signed-By: {key}"]) + "\n"


def _preference(step: Repository) -> str:
    return f'Package: *\nPin: origin "{host(step)}"\nPin-Priority: {step.priority}\n'
