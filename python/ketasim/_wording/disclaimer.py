"""The disclaimer of every file, figure and table, written once."""

from __future__ import annotations

DISCLAIMER = "Educational simulation of published hypotheses. Not medical advice."

#: The long form, for figures and pages that may be passed on alone.
LONG_DISCLAIMER = (
    "Educational simulation of published hypotheses. Not medical advice, not for dosing or "
    "treatment decisions."
)

#: Stands below every population.
SPREAD_OF_INPUTS = "Spread of model inputs, not of real patients."

#: Stands below every figure and page on treatment.
RISK = (
    "Ketamine is a controlled anaesthetic with real risks; use for depression belongs in "
    "supervised care."
)
