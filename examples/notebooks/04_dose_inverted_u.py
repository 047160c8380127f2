# %% [markdown]
# # 04 · Dose and the inverted U
#
# More drug, more effect? In rats the answer was: only up to a certain dose.
#
# **After this you can** read an inverted U, say what in the model makes it, and say why it must not be applied to people. About
# 10 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
import numpy as np

import ketasim as ks

# %% [markdown]
# ## Predict
#
# Glutamate in the prefrontal cortex of rats was measured after 10, 30, 50 and 200 mg/kg of ketamine. Order the four doses from the
# highest glutamate to the lowest.

# %%
my_prediction = ["?", "?", "?", "?"]  # mg/kg, highest glutamate first

# %% [markdown]
# ## Run

# %%
RAT = ks.Subject(species="rat")
DOSES = (10, 30, 50, 200)


def glutamate(dose, variant=None):
    """Mean of the first hour, % of before, as a dialysis sample would give it."""
    words, hour = f"ketamine {dose:g} mg/kg ip", np.linspace(0, 1, 61)
    run = ks.simulate(words, subject=RAT, variant=variant, t_eval=hour)
    return np.trapezoid(run["glutamate_dialysate"], run.t)


# %%
found = {dose: glutamate(dose) for dose in DOSES}
for dose, value in sorted(found.items(), key=lambda item: -item[1]):
    print(f"{dose:4d} mg/kg: glutamate {value:.0f} % of before, in the model")
print("You said:", my_prediction)

# %%
ks.gallery.dose_response("glutamate")

# %% [markdown]
# ## Explain
#
# The highest glutamate within two hours, with the standard circuit and with one that knows NMDA receptors only (`variant_C`):

# %%


def peak(dose, variant=None):
    """Highest value within 2 h, % of before."""
    run = ks.simulate(
        f"ketamine {dose:g} mg/kg ip", subject=RAT, variant=variant, t_eval=np.linspace(0, 2, 121)
    )
    return run["glutamate_dialysate"].max()


print("dose [mg/kg]    standard    NMDA receptors only")
for dose in DOSES:
    print(f"{dose:12d}{peak(dose):12.0f}{peak(dose, 'variant_C'):23.0f}")

# %% [markdown]
# 1. What makes the curve turn down in the standard circuit?
# 2. A tempting sentence: “so the best human dose is in the middle”. What is wrong with it?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. A second, high-dose term that suppresses cortex, besides NMDA receptors. Without it the peak keeps rising with the dose. Its substrate is not
#    identified (a channel called HCN1 is the candidate), and its numbers were fitted to the very curve it explains. That is a description,
#    not evidence.
# 2. Three things: the rise and fall was seen in rats, for glutamate, over doses up to full anaesthesia; doses do not convert by
#    weight; and in people no inverted U was shown over the range that was tried.

# %% [markdown]
# ## Reality check: people
#
# One trial gave 0.1, 0.2, 0.5 or 1.0 mg/kg over 40 minutes, or midazolam as an active placebo.

# %%
ks.gallery.dose_response("mood")

# %%
evidence = ks.evidence.load()
WORDS = {-1.0: "better than midazolam", 0.0: "no significant difference"}
for o in evidence.observations:
    if o.source_key == "fava2018" and o.statistic == "sign":
        dose = evidence.regimens[evidence.arms[o.arm_id].regimen_id][0].amount
        print(
            f"{dose:g} mg/kg: {WORDS[o.value]} (Fava 2018; about {o.n:.0f} patients): {o.note.split(' [')[0]}"
        )

# %% [markdown]
# **Question.** Side effects grow with the dose as well. Look at the same two panels for dissociation. What would you need to know before
# anybody spoke of a best dose?

# %%
ks.gallery.dose_response("dissociation")

# %% [markdown] tags=["answer"]
# **Answer.** At least: benefit and harm in the same patients, over time and with repeated doses, in enough patients to see a difference
# between neighbouring doses. About twenty patients in each arm cannot show that 0.2 mg/kg does nothing. The model is no help: it was
# fitted to these trials.

# %% [markdown]
# ## Try
#
# One more dose, in the rat.

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    dose = ipywidgets.IntSlider(20, min=1, max=200, description="mg/kg", continuous_update=False)
    ipywidgets.interact(
        lambda dose: print(f"glutamate {glutamate(dose):.0f} % of before"), dose=dose
    )

# %% [markdown]
# The explorer page in these states: `ketasim explore '#p=ratdose'` (rats) or `ketasim explore '#p=dose'` (people).
