"""Writes the parser tables that ship, from `blueprint.lark`, by lark's own LALR analysis.

    python grammar/generate.py            writes compiler/bpc/syntax/_tables.py
    python grammar/generate.py --check    fails when that file is stale

Two things are done to lark's tables. Chains of rules that stand for their one child (`expression: either: both: ...`)
are folded away, so that an operand costs one step and not eleven; and states, terminals and rules get numbers that
depend on the grammar only, so that the same grammar gives the same bytes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from lark import Lark
from lark.grammar import Rule, Terminal
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift

HERE = Path(__file__).resolve().parent
GRAMMAR = HERE / "blueprint.lark"
TABLES = HERE.parent / "compiler" / "bpc" / "syntax" / "_tables.py"

STARTS = ("file", "expression")
END = "$END"
BRACKETS = ("LBRACE", "RBRACE", "LPAR", "RPAR", "LSQB", "RSQB")
LITERALS = ("NAME", "_SEP", "LONG_STRING", "STRING", "HALF_STRING", "QUANTITY", "NUMBER", "BAD_NUMBER")
KEYWORD_END = "(?![A-Za-z0-9_]|-+[A-Za-z0-9_])(?![ \t\r]*=(?!=))"

ACCEPT = "accept"
Action = int | Rule | str
"""A state to shift to, a rule to reduce by, or ACCEPT."""

HEADER = '''"""The parser's tables. Made from grammar/blueprint.lark by grammar/generate.py (`make grammar`): do not edit.

KINDS       terminals by number: the end, brackets, operators, literals, then keywords from FIRST_KEYWORD on
OPERATORS   text of a bracket or operator -> kind
KEYWORDS    word -> kind
PATTERNS    literal -> its regular expression
UNITS       the units of quantities
STARTS      start rule -> state
RULES       (children, nonterminal, method of Builder or "" for the child itself, kept children counted from the end)
ACTIONS     state -> row of ROWS; ROWS: kind -> state to shift to, or minus the number of the rule to reduce by, or 0
GOTOS       state -> row of GOTO_ROWS; GOTO_ROWS: nonterminal -> state
ACCEPT      the action that ends a parse
"""

'''


class State(NamedTuple):
    """What can be done in a state: for terminals and for nonterminals."""

    actions: dict[str, Action]
    gotos: dict[str, int]


def read_grammar() -> Lark:
    """The grammar, analysed by lark."""
    return Lark(GRAMMAR.read_text(encoding="utf-8"), parser="lalr", start=list(STARTS))


# ---- lark's tables


def lark_states(lark: Lark) -> tuple[list[State], dict[str, int]]:
    """Lark's states, and the state in which each start rule begins."""
    table: Any = lark.parser.parser._parse_table
    terminals = {terminal.name for terminal in lark.terminals} | {END}
    states = [_lark_state(table.states[number], terminals) for number in sorted(table.states)]
    for end in table.end_states.values():
        states[end].actions[END] = ACCEPT
    return states, dict(table.start_states)


def _lark_state(row: dict[str, tuple[Any, Any]], terminals: set[str]) -> State:
    actions = {name: argument for name, (_, argument) in row.items() if name in terminals}
    gotos = {name: argument for name, (action, argument) in row.items() if name not in terminals and action is Shift}
    return State(actions, gotos)


def stands_for_child(rule: Rule) -> bool:
    """Whether the rule only renames another rule."""
    return rule.options.expand1 and not rule.alias and len(rule.expansion) == 1 and not rule.expansion[0].is_term


def kept_children(rule: Rule) -> list[int]:
    """Positions of the children that the tree keeps, as lark has it."""
    everything = rule.options.keep_all_tokens
    children = enumerate(rule.expansion)
    return [i for i, symbol in children if everything or not (isinstance(symbol, Terminal) and symbol.filter_out)]


def method_of(rule: Rule) -> str:
    """The method of Builder that makes the rule's node; empty where its one child is the node."""
    if rule.alias:
        return str(rule.alias)
    if rule.options.expand1 and len(kept_children(rule)) == 1:
        return ""
    return str(rule.origin.name)


# ---- folding chains


class Folded:
    """States whose chains of renamings are folded: a folded state stands for the states that such a chain passes through."""

    def __init__(self, states: list[State], starts: dict[str, int]) -> None:
        self.old = states
        self.numbers: dict[tuple[int, ...], int] = {}
        self.states: list[State] = []
        self.starts = {name: self.number((starts[name],)) for name in STARTS}
        done = 0
        while done < len(self.numbers):
            self.states.append(self._fold(list(self.numbers)[done]))
            done += 1

    def number(self, chain: tuple[int, ...]) -> int:
        """The number of a folded state; 0 is kept free, it means an error."""
        return self.numbers.setdefault(chain, len(self.numbers) + 1)

    def _fold(self, chain: tuple[int, ...]) -> State:
        old = [self.old[number] for number in chain]
        gotos: dict[str, int] = {}
        for state in old:
            clash = {name for name in state.gotos if gotos.get(name, state.gotos[name]) != state.gotos[name]}
            assert not clash, f"folding would mix up {clash}"
            gotos |= state.gotos
        actions: dict[str, Action] = {}
        for terminal in sorted({name for state in old for name in state.actions}):
            action = self._action(old, terminal)
            if action is not None:
                actions[terminal] = self.number((action,)) if isinstance(action, int) else action
        return State(actions, {name: self.number(self._chain(gotos, name)) for name in sorted(gotos)})

    @staticmethod
    def _action(chain: list[State], terminal: str) -> Action | None:
        """What is done after the renamings that the terminal lets happen."""
        for state in chain:
            action = state.actions.get(terminal)
            if not (isinstance(action, Rule) and stands_for_child(action)):
                return action
        raise AssertionError("a chain ends in a state without a renaming")

    def _chain(self, gotos: dict[str, int], name: str) -> tuple[int, ...]:
        """The states that a node passes through while it is renamed."""
        chain = [gotos[name]]
        while True:
            actions = self.old[chain[-1]].actions.values()
            names = {str(rule.origin.name) for rule in actions if isinstance(rule, Rule) and stands_for_child(rule)}
            if not names:
                return tuple(chain)
            assert len(names) == 1, f"two renamings in one state: {names}"
            chain.append(gotos[names.pop()])


# ---- terminals


def words_of(terminal: TerminalDef) -> list[str]:
    """The words of a keyword terminal."""
    pattern = terminal.pattern.to_regexp()
    if not pattern.endswith(KEYWORD_END):
        return []
    return sorted(re.findall(r"[a-z_]+", pattern.removesuffix(KEYWORD_END)))


def operators_of(terminal: TerminalDef) -> list[str]:
    """The texts of a bracket or operator."""
    if isinstance(terminal.pattern, PatternStr):
        return [terminal.pattern.value]
    pattern = terminal.pattern.to_regexp().removeprefix("(?:").removesuffix(")")
    return sorted(re.sub(r"\\(.)", r"\1", text) for text in pattern.split("|"))


class Terminals:
    """The terminals in the order of their numbers."""

    def __init__(self, lark: Lark) -> None:
        defined = {terminal.name: terminal for terminal in lark.terminals if terminal.name not in lark.ignore_tokens}
        words = {name: words_of(terminal) for name, terminal in defined.items()}
        keywords = sorted(name for name in defined if words[name])
        known = {*BRACKETS, *LITERALS, *keywords}
        operators = {name: operators_of(defined[name]) for name in defined if name not in {*LITERALS, *keywords}}
        others = sorted((name for name in operators if name not in known), key=lambda name: operators[name])
        self.names = [END, *BRACKETS, *others, *LITERALS, *keywords]
        self.first_keyword = self.names.index(keywords[0])
        self.operators = {t: self.names.index(name) for name in (*BRACKETS, *others) for t in operators[name]}
        self.keywords = {word: self.names.index(name) for name in keywords for word in words[name]}
        self.patterns = {name: defined[name].pattern.to_regexp() for name in LITERALS}

    @property
    def units(self) -> list[str]:
        """The units of the quantities, `%` last."""
        found = re.search(r"\(\?:((?:[A-Za-z]+\|)+[A-Za-z]+)\)", self.patterns["QUANTITY"])
        assert found, "the units stand in QUANTITY"
        return [*sorted(found.group(1).split("|")), "%"]


# ---- writing


class Rows:
    """Rows of numbers, each kept once."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, ...], int] = {}
        self.numbers: list[int] = []

    def add(self, row: list[int]) -> None:
        self.numbers.append(self.rows.setdefault(tuple(row), len(self.rows)))


def render(lark: Lark) -> str:
    """The text of _tables.py."""
    states, starts = lark_states(lark)
    folded = Folded(states, starts)
    terminals = Terminals(lark)
    rules = sorted((rule for rule in lark.rules if not stands_for_child(rule)), key=repr)
    rule_numbers = {rule: number for number, rule in enumerate(rules, 1)}
    nonterminals = sorted({name for state in folded.states for name in state.gotos})
    accept = -len(rules) - 1

    def encode(action: Action) -> int:
        if isinstance(action, int):
            return action
        return -rule_numbers[action] if isinstance(action, Rule) else accept

    actions, gotos = Rows(), Rows()
    for state in [State({}, {}), *folded.states]:
        actions.add([encode(state.actions[name]) if name in state.actions else 0 for name in terminals.names])
        gotos.add([state.gotos.get(name, 0) for name in nonterminals])
    return HEADER + "\n".join(
        (
            line("KINDS", tuple(terminals.names)),
            line("FIRST_KEYWORD", terminals.first_keyword),
            line("OPERATORS", terminals.operators),
            line("KEYWORDS", terminals.keywords),
            line("PATTERNS", terminals.patterns),
            line("UNITS", tuple(terminals.units)),
            line("STARTS", folded.starts),
            line("NONTERMINALS", tuple(nonterminals)),
            table("RULES", [(0, 0, "", ()), *(rule_row(rule, nonterminals) for rule in rules)]),
            line("ACCEPT", accept),
            line("ACTIONS", tuple(actions.numbers)),
            table("ROWS", actions.rows),
            line("GOTOS", tuple(gotos.numbers)),
            table("GOTO_ROWS", gotos.rows),
            "",
        )
    )


def rule_row(rule: Rule, nonterminals: list[str]) -> tuple[int, int, str, tuple[int, ...]]:
    """(children, nonterminal, method, kept children counted from the end)."""
    length, name = len(rule.expansion), str(rule.origin.name)
    number = nonterminals.index(name) if name in nonterminals else 0
    return length, number, method_of(rule), tuple(child - length for child in kept_children(rule))


def line(name: str, value: object) -> str:
    """One assignment."""
    return f"{name} = {value!r}"


def table(name: str, rows: Any) -> str:
    """An assignment with a row on each line."""
    return f"{name} = (\n" + "".join(f"    {row!r},\n" for row in rows) + ")"


def main(arguments: list[str]) -> int:
    """Writes the tables, or compares them."""
    text = render(read_grammar())
    if "--check" in arguments:
        if TABLES.exists() and TABLES.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TABLES.name} is stale: run `make grammar`", file=sys.stderr)
        return 1
    TABLES.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
