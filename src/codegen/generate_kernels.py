"""Write include/ketasim/generated/: the equations of the model headers as straight-line code.

cascade_kernels.hpp has what a run needs, adjoint_kernels.hpp what its adjoint needs besides.

    cmake --build build/default --target kernels      # from the model headers as they are now
    python src/codegen/generate_kernels.py            # from the ketasim that is installed
    python src/codegen/generate_kernels.py --print    # the same, to standard output

The model headers stay the only source. A recording scalar runs them once; here the record is
differentiated exactly, subexpressions are shared, what depends on parameters and inputs alone is
moved out of the loop, and the LU of s I - J becomes a fixed list of operations.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from blocks import BLOCKS, block_of
from derivative_graph import Graph, function_of
from elimination import Elimination, eliminate, places_of_factors
from guarded_code import Piece, guarded, in_blocks

GENERATED = Path(__file__).parents[2] / "include/ketasim/generated"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the kernels of the model.")
    parser.add_argument("--print", action="store_true", help="to standard output")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="what record_derivative.cpp printed"
    )
    asked = parser.parse_args()
    texts = kernels(json.loads(asked.record.read_text(encoding="utf-8")) if asked.record else None)
    GENERATED.mkdir(exist_ok=True)
    for name, text in texts.items():
        if asked.print:
            print(text, end="")
        else:
            draft = (GENERATED / name).with_suffix(".new")
            draft.write_text(text, encoding="utf-8")
            draft.replace(GENERATED / name)


def kernels(record: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The generated headers by name, from a record of the right-hand side or from the installed core."""
    if record is None:
        from ketasim import _core

        record = _core.recorded_derivative()
    graph = Graph()
    names = graph.read(record["lines"])
    f = [names[r] if r in names else graph.symbol(r) for r in record["results"]]
    states = [graph.symbol(f"y{i}") for i in range(len(record["states"]))]
    arguments = [graph.symbol(f"p{i}") for i in range(len(record["parameters"]))]
    arguments += [graph.symbol(f"u{i}") for i in range(len(record["inputs"]))]

    by_state = _ordered(graph.gradients(f, frozenset(states)), states)
    by_argument = _ordered(graph.gradients(f, frozenset(arguments)), arguments)
    J = [node for row in by_state for node in row.values()]
    Ja = [node for row in by_argument for node in row.values()]

    constant = graph.made_from("pu")
    used: dict[int, int] = {}  # node of a constant to its place in c
    code = Code(graph, constant, used)
    block = [block_of(name) for name in record["states"]]
    row = [i for i, entries in enumerate(by_state) for _ in entries]
    bodies = {
        "rhs": code.guarded_function("f", f, block),
        "jacobian": code.guarded_function("J", J, [block[i] for i in row]),
        "jacobians": code.function(J=J, Ja=Ja),
    }
    varying = [{j: n for j, n in row.items() if not constant[n]} for row in by_state]
    n_entries = len(J)
    elimination = eliminate([set(entries) for entries in by_state], block)
    adjoint = adjoint_kernels(code, f, states, by_state, elimination, arguments)
    parts = [
        PREAMBLE,
        f"inline constexpr int n_states = {len(states)};",
        f"inline constexpr int n_parameters = {len(record['parameters'])};",
        f"inline constexpr int n_inputs = {len(record['inputs'])};",
        "/// codegen::fingerprint of the equations that these kernels were made from.",
        f"inline constexpr std::uint64_t fingerprint = {record['fingerprint']:#018x};",
        "/// What depends on parameters and inputs alone, constant between events.",
        f"inline constexpr int n_constants = {len(used)};",
        "/// Structural non-zeros of df/dy and df/da, in the order of rows, then columns; the arguments a",
        "/// are the parameters, then the inputs.",
        "inline constexpr int n_arguments = n_parameters + n_inputs;",
        f"inline constexpr int n_entries = {n_entries};",
        f"inline constexpr int n_argument_entries = {len(Ja)};",
        _places("row_start", _starts(by_state), len(states) + 1),
        _places("column", [j for row in by_state for j in row], n_entries),
        "/// The entries of df/dy that depend on y; the others are constant between events.",
        f"inline constexpr int n_varying = {sum(map(len, varying))};",
        _places("varying", [e for e, n in enumerate(J) if not constant[n]], sum(map(len, varying))),
        _places("argument_row_start", _starts(by_argument), len(states) + 1),
        _places("argument_column", [j for row in by_argument for j in row], len(Ja)),
        _blocks(block),
        CONSTANTS.format(body=_constants(graph, used)),
        *(FUNCTIONS[name].format(body=body) for name, body in bodies.items()),
        _movement(code, f, len(states)),
        _products(by_state, varying),
        _linear(elimination, by_state, block),
        CLOSING,
    ]
    return {"cascade_kernels.hpp": "\n".join(parts), "adjoint_kernels.hpp": adjoint}


PREAMBLE = """\
// Generated by src/codegen/generate_kernels.py from the model headers. Do not edit; change the model, then
// run it again.
#pragma once

#include <array>
#include <cstdint>

#include "ketasim/scalar/elementary.hpp"
#include "ketasim/solve/pivot.hpp"

// clang-format off
// What is declared before the tests is read only behind tests that imply those behind which it is written.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace ketasim::kernels {

using elementary::even_log;
using elementary::even_power;
using elementary::even_slope;
using elementary::expit;
using elementary::log;
using elementary::pow;
using elementary::powers;
using elementary::softplus;
using elementary::sqrt;
using solve::pivot_is_usable;
"""

CLOSING = """\
}  // namespace ketasim::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
"""

CONSTANTS = """
/// c from the parameters p (n_parameters,) after allometry and the inputs u (n_inputs,), both in the
/// order of their tables.
template <class T>
void constants(const T* p, const T* u, T* c) {{
{body}}}
"""

FUNCTIONS = {
    "rhs": """
/// f = dy/dt (n_states,), of the states in the blocks that move; the others keep what they have.
template <class T, class C>
void rhs(const T* y, const C* c, T* f, Blocks moving = all_blocks) {{
{body}}}
""",
    "jacobian": """
/// J = df/dy (n_entries,), in the rows of the states that move.
template <class T, class C>
void jacobian(const T* y, const C* c, T* J, Blocks moving = all_blocks) {{
{body}}}
""",
    "jacobians": """
/// J as above, with its bits, and Ja = df/da (n_argument_entries,), by the parameters after allometry
/// and the inputs. Together they need little more than Ja alone.
template <class T, class C>
void jacobians(const T* y, const C* c, T* J, T* Ja) {{
{body}}}
""",
}


#: Calls that cost as much as dozens of operations: those that can are made together.
SLOW = ("pow", "even_power", "softplus", "expit")


class Code:
    """Straight-line C++ for chosen nodes; constants are read from c and entered in `used`."""

    def __init__(self, graph: Graph, constant: Sequence[bool], used: dict[int, int]) -> None:
        self.graph, self.constant, self.used = graph, constant, used

    def computed(self, results: Iterable[int]) -> list[int]:
        """The nodes below `results` that are computed anew at every point."""
        return [
            i
            for i in self.graph.needed(results)
            if not self.constant[i] and self.graph.nodes[i].op != "symbol"
        ]

    def guarded_function(self, target: str, results: Sequence[int], blocks: Sequence[int]) -> str:
        """The body of a function that writes an array, each result if its block moves."""
        pieces: list[Piece] = []
        for level in _levels(self.graph, self.computed(results)):
            pieces += [
                Piece([f"t{i} = {self._operation(i)};"], [i], self.graph.nodes[i].args)
                for i in level
                if not self._slow(i)
            ]
            alike = {op: [i for i in level if self.graph.nodes[i].op == op] for op in SLOW}
            together = [i for op in ("pow", "even_power") for i in alike[op]]
            if together:
                lines = list(self._powers(alike["pow"], alike["even_power"], declare=""))
                pieces.append(Piece(lines, together, self._arguments(together)))
            for op in ("softplus", "expit"):
                if alike[op]:
                    lines = list(self._together(op, alike[op], declare=""))
                    pieces.append(Piece(lines, alike[op], self._arguments(alike[op])))
        wanted = [
            (f"{target}[{k}] = T({self._name(i)});", i, b)
            for k, (i, b) in enumerate(zip(results, blocks, strict=True))
        ]
        return guarded(pieces, wanted)

    def _arguments(self, nodes: Iterable[int]) -> list[int]:
        return [a for i in nodes for a in self.graph.nodes[i].args]

    def function(self, **results: Sequence[int]) -> str:
        """The body of a function that writes `results`, arrays by their names."""
        nodes = self.computed([i for wanted in results.values() for i in wanted])
        lines: list[str] = []
        for level in _levels(self.graph, nodes):
            lines += [f"  const T t{i} = {self._operation(i)};" for i in level if not self._slow(i)]
            alike = {op: [i for i in level if self.graph.nodes[i].op == op] for op in SLOW}
            if alike["pow"] or alike["even_power"]:
                lines += self._powers(alike["pow"], alike["even_power"])
            for op in ("softplus", "expit"):
                if alike[op]:
                    lines += self._together(op, alike[op])
        for target, wanted in results.items():
            lines += [f"  {target}[{k}] = T({self._name(i)});" for k, i in enumerate(wanted)]
        return "\n".join(lines) + "\n"

    def adding_function(self, kind: str, **results: Mapping[int, int]) -> str:
        """The body of a function that adds to arrays: place in an array to node.

        `kind` is the type of slow calls, T or C; other values have the type of their arguments.
        """
        nodes = self.computed([i for wanted in results.values() for i in wanted.values()])
        lines: list[str] = []
        for level in _levels(self.graph, nodes):
            lines += [
                f"  const auto t{i} = {self._operation(i)};" for i in level if not self._slow(i)
            ]
            alike = {op: [i for i in level if self.graph.nodes[i].op == op] for op in SLOW}
            if alike["pow"] or alike["even_power"]:
                lines += self._powers(alike["pow"], alike["even_power"], "const auto ", kind)
            for op in ("softplus", "expit"):
                if alike[op]:
                    lines += self._together(op, alike[op], "const auto ", kind)
        for target, wanted in results.items():
            lines += [f"  {target}[{k}] += {self._name(i)};" for k, i in wanted.items()]
        return "\n".join(lines) + "\n"

    def _slow(self, i: int) -> bool:
        return self.graph.nodes[i].op in SLOW

    def _powers(
        self, pow_: Sequence[int], even: Sequence[int], declare: str = "const T ", kind: str = "T"
    ) -> Iterator[str]:
        """Powers that do not need each other; an exponent may be a constant."""
        both = (*pow_, *even)
        constant = all(self.constant[self.graph.nodes[i].args[1]] for i in both)
        arguments = [
            self._array(of, [self.graph.nodes[i].args[k] for i in alike])
            for alike in (pow_, even)
            for k, of in enumerate((kind, "C" if constant else kind))
        ]
        yield f"  const auto powers_of_t{both[0]} = powers({', '.join(arguments)});"
        for op, alike in (("pow", pow_), ("even_power", even)):
            for k, i in enumerate(alike):
                yield f"  {declare}t{i} = powers_of_t{both[0]}.{op}[{k}];"

    def _together(
        self, op: str, alike: Sequence[int], declare: str = "const T ", kind: str = "T"
    ) -> Iterator[str]:
        """Calls of one argument that do not need each other."""
        argument = self._array(kind, [self.graph.nodes[i].args[0] for i in alike])
        yield f"  const auto {op}_of_t{alike[0]} = {op}({argument});"
        for k, i in enumerate(alike):
            yield f"  {declare}t{i} = {op}_of_t{alike[0]}[{k}];"

    def _array(self, kind: str, nodes: Sequence[int]) -> str:
        return f"std::array<{kind}, {len(nodes)}>{{{', '.join(map(self._name, nodes))}}}"

    def _operation(self, i: int) -> str:
        node = self.graph.nodes[i]
        return _written(node.op, map(self._name, node.args))

    def _name(self, i: int) -> str:
        node = self.graph.nodes[i]
        if node.op == "number":
            return node.text
        if self.constant[i]:
            return f"c[{self.used.setdefault(i, len(self.used))}]"
        return f"{node.text[0]}[{node.text[1:]}]" if node.op == "symbol" else f"t{i}"


def _levels(graph: Graph, nodes: Sequence[int]) -> Iterator[list[int]]:
    """`nodes` by the number of slow calls that must come before, in their order."""
    level: dict[int, int] = {}
    for i in nodes:
        node = graph.nodes[i]
        level[i] = max(
            (level[a] + (graph.nodes[a].op in SLOW) for a in node.args if a in level), default=0
        )
    for k in range(max(level.values(), default=-1) + 1):
        yield [i for i in nodes if level[i] == k]


def _constants(graph: Graph, used: dict[int, int]) -> str:
    lines = _one_by_one(graph, used)
    lines += [f"  c[{place}] = {_name(graph, i)};" for i, place in used.items()]
    return "\n".join(lines) + "\n"


def _one_by_one(graph: Graph, results: Iterable[int]) -> list[str]:
    """Every operation below the results, none of them read from c."""
    return [
        f"  const T t{i} = {_written(graph.nodes[i].op, (_name(graph, a) for a in graph.nodes[i].args))};"
        for i in graph.needed(results)
        if graph.nodes[i].op not in ("symbol", "number")
    ]


def _name(graph: Graph, i: int) -> str:
    node = graph.nodes[i]
    if node.op == "number":
        return node.text
    return f"{node.text[0]}[{node.text[1:]}]" if node.op == "symbol" else f"t{i}"


def _written(op: str, arguments: Iterable[str]) -> str:
    pattern, parts = function_of(op), list(arguments)
    if pattern.count("{}") == len(parts):
        return pattern.format(*parts)
    return pattern.format(", ".join(parts))


def adjoint_kernels(
    code: Code,
    f: Sequence[int],
    states: Sequence[int],
    by_state: Sequence[dict[int, int]],
    elimination: Elimination,
    arguments: Sequence[int],
) -> str:
    """The header of what the adjoint of a step needs; every constant must have its place in c."""
    graph, constant = code.graph, list(code.constant)
    v, k = ([graph.symbol(f"{letter}{i}") for i in range(len(states))] for letter in "vk")
    curved = graph.tangents(f, dict(zip(states, k, strict=True)))
    leaves = sorted(_leaves(graph, constant, [*f, *curved]), key=code.used.__getitem__)
    first = graph.weighted_gradient(f, v, frozenset(leaves))
    second = graph.weighted_gradient(curved, v, frozenset(leaves) | frozenset(states))
    w = [graph.symbol(f"w{n}") for n in range(len(leaves))]
    by_argument = graph.weighted_gradient(leaves, w, frozenset(arguments))
    # What was added above depends on more than parameters and inputs, or has its place in c already.
    constants = len(code.used)
    code.constant = graph.made_from("pu")
    place = {node: n for n, node in enumerate(leaves)}
    at = {node: n for n, node in enumerate(states)}
    bodies = {
        "first": code.adding_function("T", c_bar={place[i]: g for i, g in first.items()}),
        "second": code.adding_function(
            "C",
            y_bar={at[i]: g for i, g in second.items() if i in at},
            c_bar={place[i]: g for i, g in second.items() if i in place},
        ),
    }
    if len(code.used) != constants:
        raise ValueError("the adjoint needs constants that a run does not have")
    wanted = {arguments.index(i): g for i, g in by_argument.items()}
    lines = _one_by_one(graph, wanted.values())
    lines += [f"  a_bar[{n}] += {_name(graph, g)};" for n, g in wanted.items()]
    return ADJOINT.format(
        n=len(leaves),
        by_argument="\n".join(lines) + "\n",
        products=_transposed_products(by_state),
        solve=_transposed_solve(elimination),
        **bodies,
    )


def _leaves(graph: Graph, constant: Sequence[bool], results: Sequence[int]) -> set[int]:
    """The constants that an operation on something else takes."""
    is_constant = [*constant, *graph.made_from("pu")[len(constant) :]]
    return {
        a
        for i in graph.needed(results)
        if not is_constant[i]
        for a in graph.nodes[i].args
        if is_constant[a] and graph.nodes[a].op != "number"
    }


def _transposed_products(by_state: Sequence[dict[int, int]]) -> str:
    """J' v, column by column."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for (i, j), e in _entries(by_state).items():
        columns.setdefault(j, []).append((e, i))
    return "".join(
        f"  out[{j}] += {' + '.join(f'J[{e} * stride] * v[{i}]' for e, i in columns[j])};\n"
        for j in sorted(columns)
    )


def _transposed_solve(e: Elimination) -> str:
    """The transposed factors in the opposite order: those of U forward, those of L backward."""
    place = places_of_factors(e)
    lines: list[str] = []
    for k in e.order:
        lines.append(f"  b[{k}] = b[{k}] * lu[{k}];")
        lines += [f"  b[{j}] = b[{j}] - lu[{place[k, j]}] * b[{k}];" for j in e.upper[k]]
    for k in reversed(e.order):
        if e.lower[k]:
            terms = "".join(f" - lu[{place[i, k]}] * b[{i}]" for i in e.lower[k])
            lines.append(f"  b[{k}] = b[{k}]{terms};")
    return "\n".join(lines) + "\n"


ADJOINT = """\
// Generated by src/codegen/generate_kernels.py from the model headers. Do not edit; change the model, then
// run it again.
//
// What the adjoint of a step needs: a sum of results, each with a weight, is differentiated backward. The
// weights v belong to the states.
#pragma once

#include <array>

#include "ketasim/generated/cascade_kernels.hpp"

// clang-format off
namespace ketasim::kernels {{

using elementary::even_curve;

/// The constants that the right-hand side reads; parameters and inputs act through them alone.
inline constexpr int n_leaves = {n};

/// Adds the derivatives of v . f(y, c) by the leaves to c_bar (n_leaves,).
template <class T, class C>
void add_gradient(const T* y, const C* c, const T* v, T* c_bar) {{
{first}}}

/// Adds the derivatives of v . J(y, c) k by the states to y_bar (n_states,) and by the leaves to
/// c_bar (n_leaves,). Both y and c are the same for all members of a pack.
template <class T, class C>
void add_curvature(const C* y, const C* c, const T* k, const T* v, T* y_bar, T* c_bar) {{
{second}}}

/// Adds to a_bar (n_arguments,) the derivatives of w . leaves by parameters p and inputs u.
template <class T>
void add_argument_gradient(const T* p, const T* u, const T* w, T* a_bar) {{
{by_argument}}}

/// out += J' v; entry e of J is J[e * stride].
template <int stride, class T>
void add_transposed_products(const T* __restrict J, const T* __restrict v, T* __restrict out) {{
{products}}}

/// b (n_states,) becomes the solution x of (s I - J)' x = b.
template <class T, class B>
void solve_transposed(const T* __restrict lu, B* __restrict b) {{
{solve}}}

}}  // namespace ketasim::kernels
"""


def _products(by_state: Sequence[dict[int, int]], varying: Sequence[dict[int, int]]) -> str:
    """J U + M S, row by row, with the numbers of the entries counted along the rows."""
    lines: list[str] = []
    e, v = count(), count()
    for i, (row, row_that_varies) in enumerate(zip(by_state, varying, strict=True)):
        lines.append(f"  V f{i} = out[{i}];")
        lines += [f"  f{i} += J[{next(e)}] * U[{j}];" for j in row]
        lines += [f"  f{i} += M[{next(v)}] * S[{j}];" for j in row_that_varies]
        lines.append(f"  out[{i}] = f{i};")
    return PRODUCTS.format(body="\n".join(lines) + "\n")


PRODUCTS = """
/// out += J U + M S for vectors U and S (n_states,); M (n_varying,) has the entries that vary.
template <class T, class V>
void add_products(const T* __restrict J, const V* __restrict U, const T* __restrict M,
                  const V* __restrict S, V* __restrict out) {{
{body}}}
"""


def _linear(e: Elimination, rows: Sequence[dict[int, int]], block: Sequence[int]) -> str:
    """LU of s I - J without pivoting, in a fixed order."""
    place, entry = places_of_factors(e), _entries(rows)
    start: list[tuple[int, str]] = []
    for (i, j), where in place.items():
        value = f"-J[{entry[i, j]}]" if (i, j) in entry else "T(0.0)"
        start.append((block[i], f"lu[{where}] = {_on_diagonal(entry, i) if i == j else value};"))
    touched = {i for k in e.order for i in e.lower[k] if i in e.upper[k]}
    steps: list[tuple[int, str]] = []
    for k in e.order:
        before = _on_diagonal(entry, k) if k in touched else f"lu[{k}]"
        lines = [f"usable &= pivot_is_usable(lu[{k}], {before});", f"lu[{k}] = 1.0 / lu[{k}];"]
        for i in e.lower[k]:
            a = place[i, k]
            lines.append(f"lu[{a}] = lu[{a}] * lu[{k}];")
            lines += [
                f"lu[{place[i, j]}] = lu[{place[i, j]}] - lu[{a}] * lu[{place[k, j]}];"
                for j in e.upper[k]
            ]
        steps += [(block[k], line) for line in lines]
    start.sort(key=lambda guarded_line: guarded_line[0])

    forward = [
        (block[k], f"b[{i}] = b[{i}] - lu[{place[i, k]}] * b[{k}];")
        for k in e.order
        for i in e.lower[k]
    ]
    backward: list[tuple[int, str]] = []
    for k in reversed(e.order):
        terms = "".join(f" - lu[{place[k, j]}] * b[{j}]" for j in e.upper[k])
        backward.append((block[k], f"b[{k}] = (b[{k}]{terms}) * lu[{k}];"))
    return LINEAR.format(
        stored=len(place),
        start=in_blocks(start),
        steps=in_blocks(steps),
        solve=in_blocks(forward) + in_blocks(backward),
    )


def _entries(rows: Sequence[dict[int, int]]) -> dict[tuple[int, int], int]:
    """Row and column of each entry of the Jacobian, with its place."""
    positions = ((i, j) for i, row in enumerate(rows) for j in row)
    return {position: number for number, position in enumerate(positions)}


def _on_diagonal(entry: dict[tuple[int, int], int], k: int) -> str:
    return f"s - J[{entry[k, k]}]" if (k, k) in entry else "s"


LINEAR = """
/// Inverse pivots, then U and L without their diagonals, fill included.
inline constexpr int n_stored = {stored};

/// LU of s I - J. False, in a lane of a pack, if a pivot cancelled or is not finite; lu must then not
/// be used there.
/// @param moving  of the states in other blocks, rows and columns are left out; there lu must be zero
template <class T>
[[nodiscard]] auto factorize(const T* __restrict J, const T& s, T* __restrict lu,
                             Blocks moving = all_blocks) {{
  auto usable = pivot_is_usable(T(1.0), T(1.0));
{start}{steps}  return usable;
}}

/// b (n_states,) becomes (s I - J)^-1 b; it must be zero at the states that do not move.
template <class T, class B>
void solve(const T* __restrict lu, B* __restrict b, Blocks moving = all_blocks) {{
{solve}}}
"""


def _blocks(block: Sequence[int]) -> str:
    return BLOCKS_OF_STATES.format(
        n=len(BLOCKS),
        meanings="".join(f"///   {1 << k:<4d} {meaning}\n" for k, meaning in enumerate(BLOCKS)),
        places=_places("block_of_state", block, len(block)),
    )


BLOCKS_OF_STATES = """
/// A set of blocks of states that move together, one bit each:
{meanings}using Blocks = unsigned;
inline constexpr int n_blocks = {n};
inline constexpr Blocks all_blocks = (1u << n_blocks) - 1;
{places}
"""


def _movement(code: Code, f: Sequence[int], n_states: int) -> str:
    """The operations of the right-hand side as a table: what is zero, and what can move."""
    nodes = code.computed(f)
    place = {node: k for k, node in enumerate(nodes)}
    constants = dict(code.used)

    def where(i: int) -> int:
        node = code.graph.nodes[i]
        if node.op == "number":
            return -1 if float(node.text) == 0.0 else -2
        if code.constant[i]:
            return -3 - constants[i]
        return int(node.text[1:]) if node.op == "symbol" else n_states + place[i]

    kinds = {
        "times": "product",
        "plus": "sum",
        "minus": "sum",
        "neg": "odd",
        "sqrt": "odd",
        "even_power": "odd",
    }
    result = {i: k for k, i in enumerate(f)}
    if len(result) != len(f):
        raise ValueError("two states have the same derivative")
    rows = []
    for i in nodes:
        node = code.graph.nodes[i]
        kind = kinds.get(node.op, "other")
        # An exponent only bends a power; it does not make it zero.
        arguments = node.args[:1] if kind == "odd" else node.args
        first, second = (where(a) for a in (arguments * 2)[:2])
        rows.append(f"{{Kind::{kind}, {result.get(i, -1)}, {first}, {second}}}")
    lines = "".join("    " + ", ".join(rows[k : k + 3]) + ",\n" for k in range(0, len(rows), 3))
    fixed = {k: i for k, i in enumerate(f) if i not in place}
    if fixed:
        raise ValueError(f"derivatives that are constant: {fixed}")
    return MOVEMENT.format(n=len(rows), lines=lines)


MOVEMENT = """
/// An operation of the right-hand side, by what makes its result zero: a product any factor, a sum all
/// terms, an odd or even function its argument, another function nothing. Arguments: a state, then the
/// operations in their order, counted together; -1 the number zero, -2 another number, -3 - k the
/// constant c[k].
enum class Kind : signed char {{ product, sum, odd, other }};
struct Operation {{
  Kind kind;
  short state;  ///< whose derivative this is, or -1
  short first, second;
}};
inline constexpr std::array<Operation, {n}> operations = {{{{
{lines}}}}};
"""


def _ordered(gradients: list[dict[int, int]], symbols: Sequence[int]) -> list[dict[int, int]]:
    """Rows by position of the symbol, ascending."""
    position = {node: k for k, node in enumerate(symbols)}
    return [
        {position[s]: row[s] for s in sorted(row, key=position.__getitem__)} for row in gradients
    ]


def _starts(rows: Sequence[dict[int, int]]) -> list[int]:
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row))
    return starts


def _places(name: str, values: Sequence[int], size: int) -> str:
    lines, line = [], "   "
    for value in values:
        if len(line) + len(str(value)) > 96:
            lines.append(line)
            line = "   "
        line += f" {value},"
    body = "\n".join([*lines, line])
    return f"inline constexpr std::array<int, {size}> {name} = {{\n{body}\n}};"


if __name__ == "__main__":
    main()
