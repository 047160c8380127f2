"""Draws a population as the Python package does: {"scenario": ..., "n": ..., "seed": ...} in, arrays out."""

import json
import sys

from native import scenario_of

import ketasim as ks

asked = json.load(sys.stdin)
drawn = ks.draw_parameters(scenario_of(asked["scenario"]), asked["n"], asked["seed"])
json.dump({name: values.tolist() for name, values in drawn.items()}, sys.stdout)
