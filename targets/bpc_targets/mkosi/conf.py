"""The one place where texts become lines of mkosi's configuration."""

from __future__ import annotations

from bpc.quoting import comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Conf = Mapping[str, Iterable[str]]

__all__ = ["comment", "listed", "setting", "written"]


def setting(name: str, value: str, within: str = "") -> str:
    """One setting with its value; `within` is a folder that mkosi names itself, such as %O/."""
    return f"{name}={within}{_value(value)}"


def listed(name: str, values: Iterable[str]) -> str:
    """One setting with a list of values, each on a line of its own."""
    return "\n".join([f"{name}=", *(f"        {_item(value)}" for value in values)])


def written(title: str, sections: Conf) -> str:
    """The whole file."""
    parts = [f"\n[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items()]
    return f"{comment(title)}\n{''.join(parts)}"


def _value(text: str) -> str:
    """A value as mkosi reads it back: % begins a specifier. Names have nothing that the format cannot say."""
    if "#" in text or text != text.strip() or len(text.splitlines()) > 1:
        raise AssertionError(f"mkosi's configuration cannot say {text!r}")
    return text.replace("%", "%%")


def _item(text: str) -> str:
    """The same in a list, which commas and blanks divide."""
    if "," in text or len(text.split()) != 1:
        raise AssertionError(f"a list of mkosi's configuration cannot say {text!r}")
    return _value(text)
