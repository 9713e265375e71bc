"""Blueprints of at most 10 kB that ask for far more than anybody means: name → files of the project.

Each must end with a diagnostic, within 10 s and 1 GB (`tests/test_bounds.py`). `make fuzz` puts the pieces together anew.
"""

from __future__ import annotations

HEAD = 'blueprint 1\nimage base { from = debian("12") }\n'
TIER = "  tier t {\n    image = base\n    network = n\n  }\n"
NETWORK = '  network n { cidr = "10.0.0.0/16" }\n'


def solution(body: str, head: str = HEAD) -> dict[str, str]:
    """A blueprint whose solution has a body, besides its network."""
    return {"solution.bp": f'{head}solution s {{\n  version = "1"\n{NETWORK}{body}\n}}\n'}


def template(text: str, body: str = TIER) -> dict[str, str]:
    """A blueprint whose one image has a file made of a template, with a deploy-time value, a text, a list and a map."""
    image = (
        'image base {\n  from = debian("12")\n  param p: string = "x"\n'
        '  let word = "0123456789abcdef"\n  let list = [1, 2, 3]\n  let map = { a = 1 }\n'
        '  file "/etc/x" { template = "x.j2" }\n}\n'
    )
    return {**solution(body, f"blueprint 1\n{image}"), "x.j2": text}


def chain(first: str, step: str, last: str, count: int = 60) -> dict[str, str]:
    """`let`s that each use the one before: `{}` is its name."""
    lets = "".join(f"  let a{n + 1} = {step.replace('{}', f'a{n}')}\n" for n in range(count))
    return solution(f"  let a0 = {first}\n{lets}  output o = {last.replace('{}', f'a{count}')}\n")


def loop(body: str, count: int = 100_000) -> dict[str, str]:
    """Statements in a loop of the solution."""
    return solution(f"  for x in range({count}) {{\n{body}\n  }}\n")


def comprehension(element: str, count: int = 1000) -> dict[str, str]:
    """An expression that is evaluated a million times, with a large text, list and map at hand."""
    return solution(
        '  let text = join("", ["0123456789abcdef" for x in range(60000)])\n'
        "  let list = [x for x in range(100000)]\n"
        f"  let all = [length([{element} for y in range({count})]) for x in range({count})]\n  output o = length(all)\n"
    )


TEXT = "{% set t = word|replace('0', word)|replace('1', word)|replace('2', word)|replace('3', word) %}"
HUGE = "{% set n = namespace(t=word) %}{% for i in range(40) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}"


def doubled(step: str, last: str = "{{ n.t|length }}") -> dict[str, str]:
    """A template that applies a step to its own result forty times."""
    return template(
        f"{{% set n = namespace(t=word) %}}{{% for i in range(40) %}}{{% set n.t = {step} %}}{{% endfor %}}{last}"
    )


def repeated(expression: str, count: int = 100_000) -> dict[str, str]:
    """A template that evaluates an expression over a large text and a large list again and again."""
    return template(
        "{% set n = namespace(t=word, l=[1]) %}{% for i in range(15) %}{% set n.t = n.t ~ n.t %}"
        "{% set n.l = n.l + n.l %}{% endfor %}"
        f"{{% for i in range({count}) %}}{{% set x = {expression} %}}{{% endfor %}}"
    )


LANGUAGE = {
    "chain of lets": chain("1", "{}", "{}", 400),
    "doubled text": chain('"0123456789"', "{} + {}", "length({})"),
    "interpolated text": chain('"0123456789"', '"${{}}${{}}"', "{}"),
    "joined text": chain('"0123456789"', 'join("-", [{}, {}])', "{}"),
    "formatted text": chain('"0123456789"', 'format("{0}{0}{0}", {})'.replace("{0}", "\x00"), "{}"),
    "replaced text": chain('"aaaaaaaaaa"', 'replace({}, "a", "aaaaaaaaaa")', "{}"),
    "base64 of base64": chain('"0123456789"', "base64({})", "length({})", 100),
    "quoted quotes": chain("\"''''\"", "quote({})", "length({})"),
    "doubled list": chain("[1]", "{} + {}", "length({})"),
    "list in lists": chain("[1]", "[{}, {}]", "length({})"),
    "compared lists in lists": solution(
        "  let a0 = [1]\n  let b0 = [1]\n"
        + "".join(f"  let a{n + 1} = [a{n}, a{n}]\n  let b{n + 1} = [b{n}, b{n}]\n" for n in range(60))
        + "  let same = a60 == b60\n  output o = same\n"
    ),
    "maps in maps": chain("{ a = 1 }", "{ a = {}, b = {} }", "length({})"),
    "deep lists": chain("[1]", "[{}]", "length({})", 400),
    "doubled deploy-time text": solution(
        '  param p: string = "x"\n  let a0 = p\n'
        + "".join(f"  let a{n + 1} = a{n} + a{n}\n" for n in range(60))
        + "  output o = a60\n"
    ),
    "doubled hosts": solution(
        f'{TIER}  let a0 = join(",", tier("t").hosts)\n'
        + "".join(f'  let a{n + 1} = "${{a{n}}}${{a{n}}}"\n' for n in range(60))
        + "  output o = a60\n"
    ),
    "loops in loops": comprehension("y", 100_000),
    "dear loops": comprehension(" + ".join(["1"] * 400)),
    "equality": comprehension('text == text + ""'),
    "order": comprehension("text < text"),
    "in a text": comprehension('"fedcba" in text'),
    "in a list": comprehension('"x" in list'),
    "sha256": comprehension("sha256(text)"),
    "split": comprehension('length(split(text, "0"))'),
    "upper": comprehension("length(upper(text))"),
    "lower": comprehension("length(lower(text))"),
    "replace": comprehension('length(replace(text, "0", "1"))'),
    "long lists": comprehension("length(range(100000))"),
    "minimum": comprehension("min(list)"),
    "indices": comprehension("list[99999]"),
    "merged maps": solution(
        "  let m = { " + ", ".join(f"k{n} = {n}" for n in range(500)) + " }\n"
        "  let a = [length(merge(m, m, m, m)) for x in range(1000000)]\n  output o = length(a)\n"
    ),
    "joined list": solution(
        '  let a = [length(join("", ["0123456789" for x in range(1000000)])) for y in range(9)]\n  output o = length(a)\n'
    ),
    "wide separator": chain('"0123456789"', 'join({}, ["", "", "", "", "", "", "", "", ""])', "length({})"),
    "many lists": solution("".join(f"  let a{n} = range(1000000)\n  output o{n} = length(a{n})\n" for n in range(150))),
    "many texts": solution(
        '  let t = join("", ["0123456789abcdef" for x in range(200000)])\n'
        + "".join(f'  let a{n} = "${{t}}{n}"\n  output o{n} = length(a{n})\n' for n in range(150))
    ),
    "wide texts": chain('"\\u{1F600}"', "{} + {}", "length({})"),
    "subnets": comprehension('cidr_subnet("10.0.0.0/8", 8, 3)'),
    "hosts": comprehension('cidr_host("fd00::/8", 999999999999999999)'),
    "large numbers": chain("999999999999999999", "{} * {}", "{}"),
    "tiers of a loop": loop('    tier "t${x}" {\n      image = base\n      network = n\n    }'),
    "networks of a loop": loop('    network "m${x}" { cidr = "10.9.0.0/24" }'),
    "apart networks of a loop": loop('    network "m${x}" { cidr = cidr_subnet("fd00::/8", 40, x) }'),
    "secrets of a loop": loop('    secret "p${x}" { length = 20 }'),
    "wrong names of a loop": loop('    network "no name ${x}" { cidr = "10.9.0.0/24" }'),
    "wrong values of a loop": loop('    network "m${x}" { cidr = "nonsense ${x}" }'),
    "outputs of a loop": loop("    output o = x"),
    "endpoints of a loop": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(60000) {\n"
        '      expose "e${x}" { port = x + 1 }\n    }\n  }\n'
    ),
    "clashing endpoints": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(60000) {\n"
        '      expose "e${x}" { port = 80 }\n    }\n  }\n'
    ),
    "volumes of a loop": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(60000) {\n"
        '      volume "v${x}" { size = 1GiB, mount = "/m/${x}" }\n    }\n  }\n'
    ),
    "allowed by a loop": solution(
        "  tier t {\n    image = base\n    network = n\n    expose e { port = 80 }\n"
        '    for x in range(60000) {\n      allow e from cidr_subnet("fd00::/8", 40, x)\n    }\n  }\n'
    ),
    "repeated machine": solution(
        "  tier t {\n    image = base\n    network = n\n"
        '    for x in range(30000) {\n      expose "e${x}" { port = x + 1 }\n    }\n'
        "    for x in range(30000) {\n      machine { cpu = 1 }\n    }\n  }\n"
    ),
    "files of a loop": solution(
        TIER,
        'blueprint 1\nimage base {\n  from = debian("12")\n  for x in range(100000) {\n'
        '    file "/etc/${x}" { text = "${x}" }\n  }\n}\n',
    ),
    "balanced endpoints of a loop": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(6000) {\n"
        '      expose "e${x}" { port = x + 1, balance = round_robin }\n    }\n  }\n'
    ),
    "as many volumes as there may be": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(12000) {\n"
        '      volume "v${x}" { size = 1GiB, mount = "/m/${x}" }\n    }\n  }\n'
    ),
    "as many files as there may be, and volumes": solution(
        "  tier t {\n    image = base\n    network = n\n    for x in range(4000) {\n"
        '      volume "v${x}" { size = 1GiB, mount = "/m/${x}" }\n    }\n  }\n',
        'blueprint 1\nimage base {\n  from = debian("12")\n  for x in range(20000) {\n'
        '    file "/n/${x}" { text = "${x}" }\n  }\n}\n',
    ),
    "packages of a loop": solution(
        TIER, 'blueprint 1\nimage base {\n  from = debian("12")\n  packages = ["p${x}" for x in range(500000)]\n}\n'
    ),
    "a large file in each tier": solution(
        '  for x in range(1000) {\n    tier "t${x}" {\n      image = base(n = x)\n      network = n\n    }\n  }\n',
        'blueprint 1\nimage base {\n  from = debian("12")\n  param n: int\n  file "/etc/x" {\n'
        '    text = join("${n}", ["0123456789abcdef" for x in range(10000)])\n  }\n}\n',
    ),
    "all reach all": solution(
        "  let count = 400\n  for x in range(count) {\n"
        '    tier "t${x}" {\n      image = base\n      network = n\n      expose e { port = 80 }\n'
        '      for y in range(count) {\n        connect tier("t${y}").e\n      }\n    }\n  }\n'
    ),
    "all know all": solution(
        '  let all = [tier("t${x}").e for x in range(1500)]\n  for x in range(1500) {\n'
        '    tier "t${x}" {\n      image = base(all = all)\n      network = n\n      expose e { port = 80 }\n    }\n  }\n',
        'blueprint 1\nimage base {\n  from = debian("12")\n  param all: list(endpoint)\n'
        '  file "/etc/x" { text = join(",", [one.host for one in all]) }\n}\n',
    ),
    "tiers that ask the next": solution(
        "".join(
            f"  tier t{n} {{\n    image = base\n    network = n\n    count = t{n + 1}.e.port\n    expose e {{ port = 1 }}\n  }}\n"
            for n in range(80)
        )
        + "  tier t80 {\n    image = base\n    network = n\n    expose e { port = 1 }\n  }\n"
    ),
    "members": solution(TIER.replace("network = n", "network = n\n    count = 100000")),
    "too many members": solution(TIER.replace("network = n", "network = n\n    count = 1000000000")),
    "members of many tiers": solution(
        "".join(
            TIER.replace("tier t", f"tier t{n}").replace("network = n", "network = n\n    count = 3000")
            for n in range(80)
        )
    ),
    "members that know all members": solution(
        "  tier a {\n    image = base\n    network = n\n    count = 60000\n    expose e { port = 80 }\n  }\n"
        "  tier b {\n    image = other(hosts = a.hosts)\n    network = n\n    count = 60000\n  }\n",
        HEAD + 'image other {\n  from = debian("12")\n  param hosts: list(string)\n'
        '  for one in hosts {\n    file "/etc/${one}" { text = one }\n  }\n  file "/x" { text = join(",", hosts) }\n}\n',
    ),
    "environments": solution("".join(f"  environment e{n} {{ }}\n" for n in range(400)) + TIER),
    "dear environments": solution(
        "".join(f"  environment e{n} {{ }}\n" for n in range(300))
        + f"{TIER}  let a = [x for x in range(200000)]\n  output o = length(a)\n"
    ),
    "environments that change all": solution(
        "".join(f"  let a{n} = {n}\n" for n in range(150))
        + "".join(f"  environment e{n} {{ let a{n} = 2 }}\n" for n in range(150))
        + "".join(f"  output o{n} = a{n}\n" for n in range(100))
        + TIER
    ),
    "misspelt names": solution(
        "".join(f"  let name_{n} = 1\n" for n in range(240)) + "".join(f"  let b{n} = nmae_{n}\n" for n in range(240))
    ),
    "long misspelt names": solution(
        "".join(f"  let {'ab' * 400}{n} = 1\n  let c{n} = {'ba' * 400}\n" for n in range(6))
    ),
    "misspelt settings": solution(
        "".join(f"  tier t{n} {{ imgae = base, netwrok = n, cuont = 1 }}\n" for n in range(180))
    ),
    "deep expression": solution("  let a = " + "(" * 4000 + "1" + ")" * 4000),
    "deep list": solution("  let a = " + "[" * 4000 + "]" * 4000),
    "deep minus": solution("  let a = " + "-" * 8000 + "1"),
    "deep not": solution("  let a = " + "not " * 2000 + "true"),
    "deep sum": solution("  let a = " + " + ".join(["1"] * 2400) + "\n  output o = a\n"),
    "deep index": solution("  let a = [1]\n  let b = a" + "[0]" * 3000),
    "deep attribute": solution("  let a = { b = 1 }\n  let b = a" + ".b" * 4000),
    "deep condition": solution("  let a = " + "1 if true else " * 600 + "1\n  output o = a\n"),
    "deep strings": solution("  let a = " + '"${' * 1900 + "1" + '}"' * 1900),
    "deep blocks": solution("for x in [1] {\n" * 550 + "}\n" * 550),
    "open strings": solution('  let a = "${"${"${"${' * 400),
    "open brackets": solution("  let a = [{(" * 750),
    "only quotes": solution('"' * 9000),
    "only commas": solution("," * 9000),
    "only mistakes": solution("$ ! & ' ; " * 900),
    "braces": solution("{}" * 4500),
    "long name": solution(f"  let {'a' * 9000} = 1"),
    "long comment": solution("#" * 9000),
    "secret names": solution('  let a = "' + "password " * 1000 + '"'),
    "secret dashes": solution('  let a = "' + " --" + "-password" * 900 + '"'),
    "secret urls": solution('  let a = "' + "a://b:" * 1500 + '"'),
    "secret words": solution('  let a = "' + "passwordpassword" * 500 + '="'),
    "secret pipes": solution('  let a = "' + " a:b|" * 1800 + '"'),
    "secret mysql": solution('  let a = "' + "mysql x " * 1100 + '"'),
    "secret keys": solution('  let a = "' + "-----BEGIN PRIVATE KEY-----   " * 300 + '"'),
    "names in a circle": solution(
        "".join(f"  let a{n} = a{(n + 1) % 300}\n" for n in range(300)) + "  output o = a0\n"
    ),
    "templates from templates": solution(
        TIER.replace("base", "i300"),
        'blueprint 1\nimage i0 { from = debian("12") }\n'
        + "".join(f"image i{n + 1} {{ from = i{n} }}\n" for n in range(300)),
    ),
    "one name by many": solution("".join("  tier t { image = base, network = n }\n" for n in range(250))),
}

JINJA = {
    "jinja loops in loops": template("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
    "jinja text": template(HUGE),
    "jinja plus": doubled("n.t + n.t"),
    "jinja deploy-time text": template(
        "{% set n = namespace(t=p) %}{% for i in range(40) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}"
    ),
    "jinja replace": doubled("n.t|replace('0', n.t)"),
    "jinja method replace": doubled("n.t.replace('0', n.t)"),
    "jinja join": doubled("[n.t, n.t]|join(n.t)"),
    "jinja method join": doubled("n.t.join([n.t, n.t])"),
    "jinja urlencode": doubled("n.t|urlencode ~ '%'"),
    "jinja escape": doubled("(n.t ~ '<<<<')|e ~ n.t"),
    "jinja tojson": doubled("(n.t ~ '<<<<')|tojson"),
    "jinja quote": doubled("(n.t ~ \"''''\")|quote"),
    "jinja indent": template("{{ 'a\\nb'|indent(1000000000) }}"),
    "jinja indent of lines": doubled("(n.t ~ '\\n')|indent(100000)"),
    "jinja center": template("{{ 'a'.center(1000000000) }}"),
    "jinja ljust": template("{{ 'a'.ljust(1000000000) }}"),
    "jinja rjust": template("{{ 'a'.rjust(1000000000) }}"),
    "jinja zfill": template("{{ 'a'.zfill(1000000000) }}"),
    "jinja expandtabs": template("{{ '\\t'.expandtabs(1000000000) }}"),
    "jinja bytes": template("{{ (1).to_bytes(1000000000, 'big') }}"),
    "jinja times": template("{{ 'a' * 1000000000 }}"),
    "jinja list times": template("{{ ([1] * 1000000000)|length }}"),
    "jinja power": template("{{ 10 ** 10 ** 10 }}"),
    "jinja squares": template(
        "{% set n = namespace(t=9) %}{% for i in range(60) %}{% set n.t = n.t * n.t %}{% endfor %}{{ n.t }}"
    ),
    "jinja shift": template("{{ 1 << 1000000000 }}"),
    "jinja per cent": template("{{ '%1000000000d' % 1 }}"),
    "jinja format": template("{{ '%1000000000d'|format(1) }}"),
    "jinja method format": template("{{ '{:1000000000}'.format(1) }}"),
    "jinja format map": template("{{ '{a:1000000000}'.format_map(map) }}"),
    "jinja batch": template("{{ [1]|batch(1000000000, 0)|list|length }}"),
    "jinja slice": template("{{ [1]|slice(1000000000)|list|length }}"),
    "jinja round": template("{{ 1.5|round(1000000000, 'ceil') }}"),
    "jinja lipsum": template("{{ lipsum(n=100000000) }}"),
    "jinja range": template("{{ range(1000000000)|length }}"),
    "jinja ranges": template(
        "{% set n = namespace(l=[]) %}{% for i in range(1000) %}{% set n.l = n.l + [range(90000)] %}{% endfor %}"
    ),
    "jinja list": template(
        "{% set n = namespace(l=[1]) %}{% for i in range(40) %}{% set n.l = n.l + n.l %}{% endfor %}"
    ),
    "jinja lists in lists": template(
        "{% set n = namespace(l=[1]) %}{% for i in range(40) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l|tojson }}"
    ),
    "jinja maps in maps": template(
        "{% set n = namespace(l={}) %}{% for i in range(40) %}{% set n.l = {'a': n.l, 'b': n.l} %}{% endfor %}{{ n.l == n.l }}"
    ),
    "jinja dict of dicts": template(
        "{% set n = namespace(l=dict()) %}{% for i in range(40) %}{% set n.l = dict(a=n.l, b=n.l) %}{% endfor %}{{ n.l|tojson }}"
    ),
    "jinja macros": template(
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}"
    ),
    "jinja macro text": template(
        "{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n else 'xxxxxxxxxxxxxxxxxxxx' }}{% endmacro %}{{ m(40)|length }}"
    ),
    "jinja macro without end": template("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
    "jinja dear macro": template(
        "{% macro m() %}"
        + "{% set x = word ~ 1 %}" * 400
        + "{% endmacro %}{% for i in range(99999) %}{{ m() }}{% endfor %}"
    ),
    "jinja call": template(
        "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call m() %}" * 40 + "x" + "{% endcall %}" * 40
    ),
    "jinja blocks": template("{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}"),
    "jinja recursive loop": template("{% for i in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}"),
    "jinja dear loop": template("{% for i in range(99999) %}" + "{{ i }}" * 1200 + "{% endfor %}"),
    "jinja long pieces": template("{% for i in range(99999) %}" + "x" * 9000 + "{% endfor %}"),
    "jinja compared": repeated("n.t == n.t ~ ''"),
    "jinja ordered": repeated("n.t < n.t"),
    "jinja in": repeated("'zz' in n.t"),
    "jinja in list": repeated("'zz' in n.l"),
    "jinja test in": repeated("'zz' is in n.l"),
    "jinja cut": repeated("n.t[1:]"),
    "jinja reversed": repeated("n.t|reverse"),
    "jinja upper": repeated("n.t|upper"),
    "jinja method upper": repeated("n.t.upper()"),
    "jinja title": repeated("n.t|title"),
    "jinja wordcount": repeated("n.t|wordcount"),
    "jinja truncate": repeated("n.t|truncate"),
    "jinja trim": repeated("n.t|trim"),
    "jinja split": repeated("n.t.split('0')"),
    "jinja find": repeated("n.t.find('zz')"),
    "jinja count": repeated("n.t.count('zz')"),
    "jinja sort": repeated("n.l|sort"),
    "jinja unique": repeated("n.l|unique"),
    "jinja groupby": repeated("n.l|groupby('x')"),
    "jinja sum": repeated("n.l|sum"),
    "jinja sum of lists": template("{{ [[1]]|sum(start=[]) }}"),
    "jinja map": repeated("n.l|map('string')"),
    "jinja select": repeated("n.l|select('odd')"),
    "jinja characters": repeated("n.t|list"),
    "jinja deep": template("{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}"),
    "jinja deep list": template("{{ " + "[" * 4000 + "]" * 4000 + " }}"),
    "jinja deep not": template("{{ " + "not " * 2000 + "1 }}"),
    "jinja deep if": template("{% if 1 %}" * 400 + "{% endif %}" * 400),
    "jinja deep for": template("{% for x in [1] %}" * 200 + "{% endfor %}" * 200),
    "jinja deep filters": template("{{ 1" + "|string" * 1200 + " }}"),
    "jinja deep attributes": template("{{ map" + ".a" * 3000 + " }}"),
    "jinja sums": template("{{ " + " + ".join(["1"] * 2000) + " }}"),
    "jinja digits": template("{{ " + "9" * 9000 + " }}"),
    "jinja hexadecimal": template("{{ 0x" + "f" * 9000 + " }}"),
    "jinja many files": {
        **solution(
            '  for x in range(500) {\n    tier "t${x}" {\n      image = base(n = x)\n      network = n\n    }\n  }\n',
            'blueprint 1\nimage base {\n  from = debian("12")\n  param n: int\n  for y in range(500) {\n'
            '    file "/etc/${y}" { template = "x.j2" }\n  }\n}\n',
        ),
        "x.j2": "{% for i in range(100) %}{{ n }}{% endfor %}",
    },
    "jinja in functions": {
        **solution('  let a = [template("x.j2", { x = y }) for y in range(100000)]\n  output o = length(a)\n'),
        "x.j2": "{{ x }}",
    },
}

LANGUAGE["formatted text"] = {name: text.replace("\x00", "{0}") for name, text in LANGUAGE["formatted text"].items()}
ATTACKS = {**LANGUAGE, **JINJA}
