"""What every file, figure and table says about its own limits, written once."""

from __future__ import annotations

DISCLAIMER = "Educational simulation of published hypotheses. Not medical advice."

#: The long form, for figures and pages that travel without the rest.
LONG_DISCLAIMER = (
    "Educational simulation of published hypotheses. Not medical advice, not for dosing or "
    "treatment decisions."
)

#: Goes with every population.
SPREAD_OF_INPUTS = "Spread of model inputs, not of real patients."

#: Goes with every figure and page on treatment.
RISK = (
    "Ketamine is a controlled anaesthetic with real risks; use for depression belongs in "
    "supervised care."
)
