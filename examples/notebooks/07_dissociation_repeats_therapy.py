# %% [markdown]
# # 07 · Dissociation, repeated doses, and a window for therapy
#
# Three questions from the clinic, and how uncertain each answer still is.
#
# **After this you can** separate two time courses, predict what repeating does and does not do, and say what the evidence for a therapy
# window is. About 15 minutes; each part stands alone.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## A · Dissociation and benefit
#
# **Predict:** does stronger dissociation mean more benefit? Between people, how high is the correlation, from 0 to 1?

# %%
my_prediction = "?"

# %%
display(ks.gallery.dissociation_vs_mood())
print("You said:", my_prediction)

# %% [markdown]
# 1. Both begin with the drug. Why is the correlation weak all the same?
# 2. The model leaves the score untouched by dissociation, except through one thing that a patient may *believe*. Which?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Level and dissociation vary between people, and so does everything between the block and the mood, which dissociation does not pass
#    through. In people results conflict: two of five studies found a correlation (Mathai 2020), none was found in 576 patients on
#    esketamine, a subscale did correlate in 126.
# 2. Functional unblinding: who dissociates may guess that it was the drug, and expect to improve. In the model it acts only where a trial
#    has a control arm. Whether dissociation matters for benefit is open; that it unmasks is not.

# %% [markdown]
# ## B · Once, or six times
#
# **Predict:** six infusions in two weeks, then stop. Is the best score about as good as after one, twice, or more? How long until half
# of that is lost?

# %%
my_prediction = {"best score": "?", "half lost after": "?"}

# %%
repeated = ks.gallery.repeated_dosing()
display(repeated)
print("You said:", my_prediction)

# %% [markdown]
# 1. What adds up, and what does not?
# 2. Name three harms of repeated use that this figure does *not* contain.

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Spines and strength have not gone back when the next dose comes, so gains add up, each a little smaller than the one before. Nothing
#    switches: after the last dose most of the gain is lost within two weeks, and only a small part is consolidated. Dissociation does not
#    add up: it gets weaker from session to session (some tolerance), and blood pressure rises with every dose.
# 2. Misuse, damage of the bladder, effects on breathing; also sedation, and what frequent visits cost. Of those who were stably
#    well on esketamine, going on halved relapse (hazard ratio 0.49; Daly 2019): stopping has a price too. The model cannot weigh these.

# %% [markdown]
# ## C · A window for psychotherapy
#
# **Predict:** four daily sessions. Begin on day 1, day 7 or day 21: on which is the score of day 30 best?

# %%
my_prediction = "?"

# %%
display(ks.gallery.therapy_window())
print("You said:", my_prediction)

# %% [markdown]
# How much of this is assumed?

# %%
names = ("psi", "psi_T", "tau_on", "tau_off")
ks.parameters().of([f"psychotherapy.{name}" for name in names])

# %% [markdown] tags=["answer"]
# **Answer.** Day 21 by a little, and not because of the window: later sessions are closer to the day of the score. What the window adds is
# the distance between the two lines, a fraction of a point in the first days, and it is there *because the model says so*: `psi` is the
# weight of a hypothesis, and both 0 (the dashed line) and ten times as much are inside its range. After ketamine, 28 patients were randomised to cognitive therapy or not: the clinician-rated difference was not significant
# (d = 0.65, 95 % interval −0.55 to 1.82), the self-rated one was (p = 0.033; Wilkinson 2021). Promising, unproven.

# %% [markdown]
# ## Try
#
# When to begin, and how much does the weight of the hypothesis decide?

# %%


def begin_on(day, psi):
    daily = {"start_h": 24.0 * day, "interval_h": 24.0, "additional": 3}
    case = ks.Scenario(
        "ketamine 0.5 mg/kg iv over 40 min",
        interventions=[ks.Dose("psychotherapy", 1.0, "fraction", "target", **daily)],
        parameters={"psychotherapy.psi": psi},
        context="none",
    )
    return ks.simulate(case, t_eval=[720]).at("madrs_change", 720)


# %%
print("Sessions from day 1: change of the MADRS score on day 30 in the model [points]")
for weight in (0.0, 4.0, 40.0):
    print(f"psi {weight:g}: {begin_on(1, weight):.2f}")

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    ipywidgets.interact(
        begin_on,
        day=ipywidgets.IntSlider(3, min=1, max=21, continuous_update=False),
        psi=ipywidgets.FloatSlider(4.0, min=0.0, max=40.0, continuous_update=False),
    )

# %% [markdown]
# The explorer page in these states: `ketasim explore '#p=repeats'` or `ketasim explore '#p=therapy'`.
