"""`bpc completion SHELL`: a completion script, made from the parser itself."""

from __future__ import annotations

from bpc.cli.main import parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

BASH = """_bpc() {{
  local word=${{COMP_WORDS[COMP_CWORD]}}
  case ${{COMP_WORDS[1]}} in
{cases}
    *) COMPREPLY=($(compgen -W "{commands}" -- "$word"));;
  esac
}}
complete -o default -F _bpc bpc
"""


def commands() -> dict[str, list[str]]:
    """Command → its options, read from the parser."""
    actions = parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    return {
        name: [text for action in command._actions for text in action.option_strings]
        for name, command in actions.items()  # type: ignore[union-attr]
    }


def run(options: argparse.Namespace) -> int:
    known = commands()
    if options.shell == "fish":
        print(f"complete -c bpc -n __fish_use_subcommand -a '{' '.join(known)}'")
        for name, flags in known.items():
            for flag in flags:
                if flag.startswith("--"):
                    print(f"complete -c bpc -n '__fish_seen_subcommand_from {name}' -l {flag[2:]}")
        return 0
    cases = "\n".join(
        f'    {name}) COMPREPLY=($(compgen -W "{" ".join(flags)}" -- "$word"));;' for name, flags in known.items()
    )
    prefix = "autoload -U +X bashcompinit && bashcompinit\n" if options.shell == "zsh" else ""
    print(prefix + BASH.format(cases=cases, commands=" ".join(known)), end="")
    return 0
