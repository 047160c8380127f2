# %% [markdown]
# # 01 · Hours against weeks
#
# **After this you can** explain why two antidepressants can differ a hundredfold in onset, and predict which of the
# two does more on day 1 and in week 6. About 12 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## Predict
#
# Sketch how the depression score moves over 8 weeks after **one infusion of ketamine** on day 0, and with **an SSRI taken
# every day**. Pick a shape for each:
#
# * **a** down within a day, stays down
# * **b** down within a day, fades over days to weeks
# * **c** flat for four weeks, then down
# * **d** down a little from the first week, more each week

# %%
my_prediction = {"ketamine": "?", "SSRI": "?"}  # a, b, c or d

# %% [markdown]
# ## Run

# %%
race = ks.gallery.onset_race()
display(race)

# %%
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TABLETS = "escitalopram 10 mg oral daily for 8 weeks"
TIMES = [2, 24, 72, 168, 336, 1008, 1344]  # hours


def both(severity=1.0):
    who = ks.Subject(severity=severity)
    runs = [ks.simulate(w, subject=who, t_eval=TIMES, context="none") for w in (INFUSION, TABLETS)]
    return ks.Comparison(runs, ["ketamine", "SSRI"]).at("madrs_change", TIMES)


# %%
print("In the model, change of the MADRS score [points]:", both(), sep="\n")
print("You said:", my_prediction)

# %% [markdown]
# ## Explain
#
# 1. What determines how fast each curve changes?
# 2. Read both panels of the figure. On which axis does the SSRI seem to do nothing at first, and is this so?

# %% [markdown] tags=["answer"]
# **Answers.** Ketamine is **b**, the SSRI is **d**.
#
# 1. Ketamine triggers a surge of glutamate that starts protein synthesis within the hour; what was built fades over days. The
#    SSRI raises serotonin, autoreceptors limit the rise and desensitise over weeks, and a slow gene programme follows.
# 2. On the axis from seconds to weeks hours are as wide as weeks, so a slow line stays near zero for half of the picture. On the linear axis
#    it falls from the first day. **c is a myth:** SSRIs beat placebo by the end of week 1, and about a third of the benefit of
#    six weeks is there by then (Taylor 2006).
#
# Most common wrong pick: **a** for ketamine. Ask what would have to be true of synapses for the effect to stay.

# %% [markdown]
# ## Reality check
#
# The curves are the drug effect alone: expectation and the placebo response are left out. Trials count responders, whose score
# fell by half or more. One pooled analysis beside the model, in a trial setting:

# %%
print("Share of patients who responded (Han 2016), and in the model:")
print(ks.validate(areas=["Clinical"], progress=False).study("han2016", "response"))

# %% [markdown]
# **Question.** On day 1 the two agree; after that the model has too few responders. Name two things that such a gap could mean.

# %% [markdown] tags=["answer"]
# **Answer.** For example: the effect of the drug lasts longer than in the model; patients can mostly tell ketamine from placebo, so that
# expectation lasts longer than the model's context says; trials lose those who do badly. Under anaesthesia, where nobody can tell
# drug from placebo, ketamine did no better than placebo (Lii 2023), which warns against fixing the gap by raising the drug
# effect.

# %% [markdown]
# ## Try
#
# Another severity before treatment: does the order on day 1 change?

# %%
print("Half the severity [points]:", both(0.5), sep="\n")

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    severity = ipywidgets.FloatSlider(1.0, min=0.25, max=1.0, step=0.25, continuous_update=False)
    ipywidgets.interact(both, severity=severity)

# %% [markdown]
# ## Exit
#
# In one sentence each: what is fast in ketamine's effect, what is slow in the SSRI's, and what does the picture leave out?

# %% [markdown] tags=["answer"]
# **Answer.** Fast: a surge that starts building. Slow: serotonin held back, then a gene programme. Left out: expectation,
# placebo response, differences between people, side effects, and everything after 8 weeks.

# %% [markdown]
# The explorer page in this state: `ketasim explore '#p=onset'`.
