# %% [markdown]
# # 00 · Five-minute tour
#
# Conventional antidepressants take weeks to reach their full effect; one infusion of ketamine lifts depression within hours.
# This model runs the proposed mechanism, from the infusion to the mood. In five minutes you will have run it, seen it, and asked where a number
# comes from.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*
#
# You need `pip install "ketasim[plot]"`. Read every sentence about a result as if it began with “in the model …”.
# These pages are about depression. If you are struggling, talk to a doctor, your local crisis line or the emergency
# number.

# %%
from IPython.display import display

import ketasim as ks
from ketasim.simulation import half_way, in_words, lowest

# %% [markdown]
# ## Predict
#
# One infusion of 40 minutes. When will the depression score be half-way to its best: after minutes, hours, days or weeks?
# Nobody grades this, and you may skip it. People who predict first remember more, even when they were wrong.

# %%
my_prediction = "?"  # minutes, hours, days or weeks

# %% [markdown]
# ## Run

# %%
run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="14 d")
mood = run["madrs_change"]
best = lowest(run.t, mood)
print(f"In the model, mood is half-way to its best at {in_words(half_way(run.t, mood))},")
print(f"and best at {in_words(best.time_h)}: {best.value:.1f} {run.unit('madrs_change')} of MADRS.")
print(f"You said: {my_prediction}")

# %% [markdown]
# `run["madrs_change"]` is one of many readouts; `ks.readouts()` lists them. Here is the same infusion beside an SSRI that
# is taken every day. The axis gives seconds, minutes, hours, days and weeks equal width; white gaps mark where its scale
# changes.

# %%
ks.gallery.onset_race()

# %% [markdown]
# ## The chain, one moment at a time

# %%
ks.gallery.cascade_diagram("1 h")

# %% [markdown]
# Move the time. (The slider needs a running notebook; without one, change the text in the cell above.)

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    times = ["5 min", "40 min", "1 h", "2 h", "6 h", "1 d", "2 d", "4 d", "7 d", "14 d"]
    slider = ipywidgets.SelectionSlider(options=times, value="2 d", description="time")
    ipywidgets.interact(lambda t: display(ks.gallery.cascade_diagram(t)), t=slider)

# %% [markdown]
# ## Where does a number come from?
#
# Every parameter has a unit, a plausible range, an evidence grade (A replicated in people … E assumed or fitted) and a
# source.

# %%
row = ks.parameters()["nmda_block.K0"]
print(
    f"{row['description']}: {row['value']:g} {row['unit']}, plausible {row['low']:g} to {row['high']:g}"
)
print(f"grade {row['grade']}, source {row['source_key']}")
print(f"publications behind this run: {len(run.sources)}")

# %% [markdown]
# **Question.** Which of these letters would you want to see on a number before you trust a prediction for a patient?

# %% [markdown] tags=["answer"]
# **Answer.** There is no right letter: even a grade A number holds for groups, not for one person. The point to reach is
# that a model can be exact in its arithmetic and still rest on assumptions; most numbers here are grade E, and
# notebook 08 counts them. Two minutes of discussion are enough.

# %% [markdown]
# ## What it cannot say
#
# Who will respond; what dose anyone should take; what happens after years; how drugs interact in you; how much of the
# effect is expectation.
#
# **Next:** 01 hours vs weeks · 02 the disinhibition paradox · 03 two clocks · 04 dose · 05 break the cascade · 06 forms and
# routes · 07 dissociation, repeats, therapy · 08 population · 09 build your own · 10 ten questions · 11 suicidality · 12 memory,
# craving, PTSD · 13 fit your data · 14 plan a trial · 15 clinic programmes · 16 rival mechanisms
#
# The explorer page in this state: `ketasim explore '#p=onset'`.
