# %% [markdown]
# # 11 · Thoughts of suicide
#
# Does ketamine act on thoughts of suicide by itself, or because mood improves? And what is known of the first hours, in an emergency?
#
# **After this you can** say what trials measured and when, what the model assumes about the link to mood, where its prediction fails, and what
# nobody has shown. About 15 minutes. **This page speaks of suicide. If you are struggling, talk to a doctor, your local crisis line or
# emergency number.**
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
# One infusion. When is the scale of suicidal ideation lowest: within an hour, within a day, or within a week? How much of a trial's
# effect is there without expectation: all, about half, or little?
#
# Nine people come to an emergency department with thoughts of suicide and receive saline. How many are free of these thoughts after 90
# minutes? How many of nine others, who receive ketamine?

# %%
my_prediction = {"lowest": "?", "without expectation": "?", "saline": "?", "ketamine": "?"}

# %%
alone = ks.simulate(INFUSION, until="14 d", context="none")
figure = alone.plot(["madrs_change", "suicidal_ideation_change"])
figure.set_size_inches(6.2, 3.0)
display(figure)
print("In the model, drug effect alone. You said:", my_prediction)

# %% [markdown]
# The same infusion in a trial with saline, and its control arm:

# %%
drug, control = (
    ks.simulate(given, context="saline", until="7 d") for given in (INFUSION, "placebo iv")
)
figure = ks.compare(
    drug, control, readouts=["suicidal_ideation_change"], labels=["ketamine", "saline"]
)
figure.set_size_inches(6.2, 2.6)
display(figure)
apart = drug["suicidal_ideation_change"][-1] - control["suicidal_ideation_change"][-1]
print(f"In the model, on day 7 ketamine and saline differ by {apart:.1f} points.")

# %% [markdown]
# ## In an emergency department
#
# People in a crisis cannot wait for days. What did trials measure in the first hours, with which control, and what does the model predict?

# %%
display(ks.gallery.suicidal_ideation())

# %% [markdown]
# The middle panel is the trial in the emergency department: the model fails for ketamine and for saline. How much of that is the dose, how
# much the time?

# %%
hours = [1.5, 4.0, 24.0]
for treatment in ("placebo iv", "ketamine 0.2 mg/kg iv over 5 min", INFUSION):
    free = ks.simulate(treatment, context="saline", t_eval=hours)["suicidal_ideation_remission"]
    said = ", ".join(
        f"{100 * share:.0f} % at {h:g} h" for h, share in zip(hours, free, strict=True)
    )
    print(f"In the model, free of ideation with {treatment}: {said}")

# %% [markdown]
# How well founded is this part of the model?

# %%
known = ks.coverage()["suicidal ideation (mood on another scale)"]
print("status:", known["status"])
print("grade:", known["grade"], "(E: assumed or fitted, no evidence of its own)")
print("published numbers inside:", known["inside"], "of", known["scored"])
print("needed:", known["needed"])

# %% [markdown]
# ## Explain
#
# 1. In the model the curve of suicidal ideation follows that of mood. What would a separate effect look like?
# 2. Why does a trial with saline show more than the drug alone?
# 3. In the emergency department one third of the patients with saline were free of ideation after 90 minutes. What may have helped them? What
#    does this mean for studies without a control arm?
# 4. Nine patients in each arm: how far from 88 % could the true share be?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. It would begin or end at another time than mood, or be there in people whose mood does not improve. Pooled single patients show an
#    effect on ideation from day 1 to day 7 that stays significant after correction for mood (Wilkinson 2018, 167 patients), which speaks for
#    a part of its own. The model has none: it is the simplest account that fits the size.
# 2. Patients notice ketamine and expect to improve; those on saline notice that, too. Both widen the gap. With midazolam as control the gap
#    is smaller.
# 3. Safety, attention, talk, time, and the return of very high scores towards their usual value. A study without a control arm counts all this
#    as an effect of the drug. In the model only expectation changes the control arm, and by too little.
# 4. The 95 % interval goes from about 56 to 98 % (grey line). The prediction of the model lies outside even so.

# %% [markdown]
# ## Reality check: dissent
#
# * The earliest reading, at 40 minutes, overlaps the intoxication (Zarate 2012): a scale filled in then measures two things.
# * The trial in the emergency department is small (Domany 2020, 18 people): ideation differed at 90 to 180 minutes. Saline does not hide who
#   got ketamine.
# * Nasal esketamine in 68 people at imminent risk: mood was better than with placebo at 4 hours and after a day, not on day 25 (Canuso 2018).
# * Two large trials of nasal esketamine in people at imminent risk improved mood; ideation did not differ from placebo with care
#   (Fu 2020; Ionescu 2021).
# * A scale of ideation is not an attempt. No trial was large enough to show fewer attempts or deaths.
#
# The model cannot say who is safe. The explorer page with the doses of a trial in emergencies, without this readout:
# `ketasim explore '#p=emergency'`.
