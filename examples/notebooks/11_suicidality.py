# %% [markdown]
# # 11 · Thoughts of suicide
#
# Does ketamine act on thoughts of suicide by itself, or because mood improves?
#
# **After this you can** say what trials measured and when, what the model assumes about the link to mood, and what nobody has shown. About
# 10 minutes. **This page speaks of suicide. If you are struggling, talk to a doctor, your local crisis line or emergency number.**
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"

# %% [markdown]
# ## Predict
#
# One infusion. When is the scale of suicidal ideation lowest: within an hour, within a day, or within a week? And how much of a trial's
# effect is there without expectation: all, about half, or little?

# %%
my_prediction = {"lowest": "?", "without expectation": "?"}

# %%
alone = ks.simulate(INFUSION, until="14 d", context="none")
print("In the model, drug effect alone. You said:", my_prediction)
figure = alone.plot(["madrs_change", "suicidal_ideation_change"])
figure.set_size_inches(6.2, 3.0)
display(figure)

# %% [markdown]
# The same infusion in a trial with saline, and its control arm:

# %%
days = [24.0, 72.0, 168.0]
drug, control = (
    ks.simulate(given, context="saline", t_eval=days) for given in (INFUSION, "placebo iv")
)
for k, day in enumerate((1, 3, 7)):
    apart = drug["suicidal_ideation_change"][k] - control["suicidal_ideation_change"][k]
    print(f"In the model, day {day}: ketamine and saline differ by {apart:.1f} points.")

# %% [markdown]
# ## Explain
#
# 1. In the model the curve of suicidal ideation follows that of mood. What would a separate effect look like?
# 2. Why does a trial with saline show more than the drug alone?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. It would begin or end at another time than mood, or be there in people whose mood does not improve. Pooled single patients show an
#    effect on ideation from day 1 to day 7 that stays significant after correction for mood (Wilkinson 2018, 167 patients), which speaks for
#    a part of its own. The model has none: it is the simplest account that fits the size.
# 2. Patients notice ketamine and expect to improve; those on saline notice that, too. Both widen the gap. With midazolam as control the gap
#    is smaller.

# %% [markdown]
# ## Reality check: dissent
#
# * The earliest reading, at 40 minutes, overlaps the intoxication (Zarate 2012): a scale filled in then measures two things.
# * A scale of ideation is not an attempt. No trial was large enough to show fewer attempts or deaths.
# * Two large trials of nasal esketamine in people at imminent risk improved mood; ideation did not differ from placebo with care
#   (Fu 2020; Ionescu 2021).
#
# The model cannot say who is safe. The explorer page, without this readout: `ketasim explore '#p=onset'`.
