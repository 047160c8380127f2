"""The reader of the recorded equations: each distinct operation once, in computable order."""

import pytest

from ketasim.equations import Recorded


class Plain(Recorded):
    """Nothing is simplified."""

    def neg(self, a: int) -> int:
        return self.call("neg", a)

    def combine(self, op: str, a: int, b: int) -> int:
        return self.call(op, a, b)


def test_what_is_computed_twice_is_one_node():
    graph = Plain()
    names = graph.read("    t0 = y0 * p0\n    t1 = y0 * p0\n    t2 = t0 + t1\n")
    assert names["t0"] == names["t1"]
    assert graph.nodes[names["t2"]].args == (names["t0"], names["t0"])


def test_arguments_come_before_what_is_made_from_them():
    graph = Plain()
    names = graph.read("t0 = exp(y0)\nt1 = -y1\nt2 = t0 / t1\nt3 = y2 ** 2.0\n")
    needed = graph.needed([names["t2"]])
    assert names["t3"] not in needed
    for place, node in enumerate(needed):
        assert set(graph.nodes[node].args) <= set(needed[:place])


def test_overflow_safe_functions_are_read_by_their_names():
    graph = Plain()
    names = graph.read(
        "t0 = max(y0, 0.0) + log1p(exp(-abs(y0)))\nt1 = abs(y0) ** p0\nt2 = quantity(60.0, 'min/h')\n"
    )
    assert [graph.nodes[names[t]].op for t in ("t0", "t1", "t2")] == [
        "softplus",
        "even_power",
        "number",
    ]
    assert graph.nodes[names["t2"]].unit == "min/h"


def test_numbers_and_symbols_have_nodes_too():
    graph = Plain()
    assert graph.pure(graph.named("2.5", {})) == 2.5
    assert graph.pure(graph.named("y3", {})) is None


@pytest.mark.parametrize("line", ["y0 + 1.0", "t0 = y0 if y1 else y2", "t0, t1 = y0, y1"])
def test_what_is_no_assignment_of_an_operation_is_refused(line):
    with pytest.raises(ValueError, match="cannot read"):
        Plain().read(line)
