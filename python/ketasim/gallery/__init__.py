"""Figures for teaching, one call each: every one brings its data and its description in words.

    ketasim.gallery.onset_race().save("race.png")
    ketasim.gallery.dose_response("glutamate", style="dark")

Needs the extra ``ketasim[plot]``; matplotlib is imported when the first figure is drawn.
"""

from ketasim.gallery.blockers import blockers
from ketasim.gallery.cascade_diagram import cascade_diagram
from ketasim.gallery.cascade_timeline import cascade_timeline
from ketasim.gallery.compare import compare
from ketasim.gallery.dissociation_vs_mood import dissociation_vs_mood
from ketasim.gallery.dose_response import dose_response
from ketasim.gallery.enantiomers import enantiomers
from ketasim.gallery.evidence_map import evidence_map
from ketasim.gallery.exhibit import Exhibit
from ketasim.gallery.model_vs_trials import model_vs_trials
from ketasim.gallery.onset_race import onset_race
from ketasim.gallery.population_bands import population_bands
from ketasim.gallery.poster import poster
from ketasim.gallery.repeated_dosing import repeated_dosing
from ketasim.gallery.routes import routes
from ketasim.gallery.sensitivity_tornado import sensitivity_tornado
from ketasim.gallery.therapy_window import therapy_window
from ketasim.gallery.two_clocks import two_clocks

__all__ = [
    "Exhibit",
    "blockers",
    "cascade_diagram",
    "cascade_timeline",
    "compare",
    "dissociation_vs_mood",
    "dose_response",
    "enantiomers",
    "evidence_map",
    "model_vs_trials",
    "onset_race",
    "population_bands",
    "poster",
    "repeated_dosing",
    "routes",
    "sensitivity_tornado",
    "therapy_window",
    "two_clocks",
]
