"""What an expression is charged with before it is made: by size where a few characters can repeat it, and nothing where they cannot.

`tests/test_bounds.py` shows that the budget ends what is too much; these figures say what it counts.
"""

from __future__ import annotations

import pytest
from pages import Row
from tables import charged

BLUEPRINT = """blueprint 1
image page { from = debian("12") }
solution shop {
  version = "1"
  network lan { cidr = "10.0.0.0/24" }
  tier app {
    image = page
    network = lan
    expose a { port = 80 }
    expose b { port = 81 }
    expose c { port = 82 }
    expose d { port = 83 }
    expose e { port = 84 }
    expose f { port = 85 }
    expose g { port = 86 }
    expose h { port = 87 }
    expose i { port = 88 }
  }
  let every = [app.a.host, app.b.host, app.c.host, app.d.host, app.e.host, app.f.host, app.g.host, app.h.host, app.i.host]
  let long  = join("", ["0123456789" for n in range(200)])
}
"""
MADE_LONG = 3010
"""Steps of making `long`: a list of 200 items, its loop, and the function; its text is 2000 bytes."""
MADE_EVERY = 1016
"""Steps of making `every`, a list of 9 texts with a hole each, with the tier that it asks, and of using it once."""
CHARGES = {
    "1 + 2": (0, 0),
    "[1, 2, 3]": (3, 0),
    "{ a = 1 }": (1, 0),
    "[[1, 2], [3]]": (3 + 5, 0),  # the inner lists, and the outer one with all that is in it
    "[1, 2] + [3, 4, 5]": (5 + 5, 0),  # both sides are made, and looked through
    "min(1, 2)": (5, 0),
    "length([1, 2, 3])": (5 + 3 + 3, 0),
    "range(7)": (5 + 7, 0),
    'cidr_subnet("10.0.0.0/16", 8, 3)': (20, 0),
    'cidr_host("10.0.0.0/24", 7)': (20, 0),
    "[n for n in range(3)]": (8 + 3 + 3 * 8, 0),  # a turn costs what the comprehension is long
    "[n for n in [1, 2, 3] if n > 1]": (3 + 2 + 3 * 11, 0),
    "long": (MADE_LONG, 2000),
    '"${long}"': (MADE_LONG, 4000),
    'long + "a"': (MADE_LONG, 4000),
    '"a" + long': (MADE_LONG, 4000),
    "length(long)": (MADE_LONG + 5, 4000),
    "upper(long)": (MADE_LONG + 5, 6000),
    "every": (MADE_EVERY, 0),
    "[every, every]": (MADE_EVERY + 2 + 2 * 18 + 4, 0),  # each further use notes again what was asked of the tier
    "[every, every, every]": (MADE_EVERY + 3 + 3 * 18 + 2 * 4, 0),
}


@pytest.mark.parametrize("expression", CHARGES)
def test_charge(expression):
    assert charged(Row("charges", BLUEPRINT, "", {"expression": expression})) == CHARGES[expression]
