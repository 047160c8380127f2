"""Figures for teaching: each is one call and has its data and its description in words.

    ketasim.gallery.onset_race().save("race.png")
    ketasim.gallery.dose_response("glutamate", style="dark")

Needs the extra ``ketasim[plot]``; matplotlib is imported when the first figure is drawn.
"""

from ketasim.gallery._blockers import blockers
from ketasim.gallery._cascade_diagram import cascade_diagram
from ketasim.gallery._cascade_timeline import cascade_timeline
from ketasim.gallery._clinic_programme import clinic_programme
from ketasim.gallery._compare_scenarios import compare_scenarios
from ketasim.gallery._dissociation_vs_mood import dissociation_vs_mood
from ketasim.gallery._dose_response import dose_response
from ketasim.gallery._enantiomers import enantiomers
from ketasim.gallery._evidence_map import evidence_map
from ketasim.gallery._exhibit import STYLES, Exhibit
from ketasim.gallery._frame import palette
from ketasim.gallery._leaving_the_clinic import leaving_the_clinic
from ketasim.gallery._model_vs_trials import model_vs_trials
from ketasim.gallery._onset_race import onset_race
from ketasim.gallery._population_bands import population_bands
from ketasim.gallery._poster import poster
from ketasim.gallery._repeated_dosing import repeated_dosing
from ketasim.gallery._rival_mechanisms import rival_mechanisms
from ketasim.gallery._rival_observations import rival_observations
from ketasim.gallery._routes import routes
from ketasim.gallery._sensitivity_tornado import sensitivity_tornado
from ketasim.gallery._suicidal_ideation import suicidal_ideation
from ketasim.gallery._synapse import synapse, synapse_strip
from ketasim.gallery._therapy_window import therapy_window
from ketasim.gallery._two_clocks import two_clocks

__all__ = [
    "STYLES",
    "Exhibit",
    "blockers",
    "cascade_diagram",
    "cascade_timeline",
    "clinic_programme",
    "compare_scenarios",
    "dissociation_vs_mood",
    "dose_response",
    "enantiomers",
    "evidence_map",
    "leaving_the_clinic",
    "model_vs_trials",
    "onset_race",
    "palette",
    "population_bands",
    "poster",
    "repeated_dosing",
    "rival_mechanisms",
    "rival_observations",
    "routes",
    "sensitivity_tornado",
    "suicidal_ideation",
    "synapse",
    "synapse_strip",
    "therapy_window",
    "two_clocks",
]
