# %% [markdown]
# # 08 · Not everybody: a virtual population, and what matters
#
# No patient has the average curve. Two kinds of doubt: *which numbers* (parameters) and *which mechanism* (structure).
#
# **After this you can** read bands and dots, find the numbers that matter, and say what experiment would decide. About 15 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## Predict
#
# Of 20 virtual patients in a trial, how many have half their score or less on day 1? On day 7? With midazolam, an active placebo?

# %%
my_prediction = {"day 1": "?", "day 7": "?", "midazolam, day 1": "?"}

# %%
people = ks.gallery.population_bands()
display(people)
print(people.says)
print("You said:", my_prediction)

# %% [markdown]
# ## One by one
#
# A band does not show single people. Five of them, drug effect alone:

# %%
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
READOUTS = ["ketamine_venous", "cadss_change", "madrs_change"]
crowd = ks.simulate_population(INFUSION, 5, seed=1, readouts=READOUTS, t_eval=[0.65, 24, 168])
level, cadss, madrs = (crowd[name] for name in READOUTS)
for i in range(len(crowd)):
    print(f"person {i + 1}: {level[i, 0]:4.0f} ng/mL, dissociation {cadss[i, 0]:4.1f}", end=", ")
    print(f"MADRS day 1 {madrs[i, 1]:6.1f}, day 7 {madrs[i, 2]:5.1f}")

# %% [markdown]
# **Question.** What does the spread stand for? Would a wider band mean that the model is worse?

# %% [markdown] tags=["answer"]
# **Answer.** It is the spread of the model's *inputs*, as far as differences between people are known: levels and sensitivity. It is not the
# spread of real patients, and says nothing about who will respond. A wider band can be the more honest one. On day 7 more
# patients responded in trials than here.

# %% [markdown]
# ## Which numbers matter?
#
# **Predict:** is relief on day 7 governed by the same numbers as on day 1? And are the numbers that matter the ones we know best?

# %%
my_prediction = {"same numbers": "?", "known best": "?"}

# %%
display(ks.gallery.sensitivity_tornado())
print("You said:", my_prediction)

# %%
ks.gallery.evidence_map()

# %% [markdown] tags=["answer"]
# **Answer.** Day 1 depends on how strongly regained synapses act on mood and on how much of the drug arrives at the receptors; day 7 on how
# long growth lasts and on the slow pool. Most of the strong numbers are grade E. That is the case for measuring: a number that matters much
# and is known badly is the next experiment.

# %% [markdown]
# ## Which mechanism?
#
# Bands around one mechanism do not show the doubt about the mechanism. Four mechanisms, the same infusion:

# %%
STORIES = {
    "standard": {},
    "no disinhibition": {"parameters": {"disinhibition.w_dis": 0.0}},
    "R-ketamine acts on ERK": {"parameters": {"mtor.w_RERK": 1.0}},
    "NMDA receptors only (variant_C)": {"variant": "variant_C"},
}
runs = [ks.simulate(INFUSION, t_eval=[24, 168], context="none", **c) for c in STORIES.values()]
print("Change of the MADRS score in the model [points]:")
print(ks.Comparison(runs, list(STORIES)).at("madrs_change", [24, 168]))

# %% [markdown]
# **Question.** Choose two mechanisms. Which single experiment would tell them apart?

# %% [markdown] tags=["answer"]
# **Answer.** Any experiment in which the two predict *different directions*. “No disinhibition” against standard: record interneurons during an
# infusion. “ERK” against standard: R-ketamine with mTORC1 blocked. If both predict the same, the experiment is not worth doing for
# this purpose. Masking belongs here too: under anaesthesia, where nobody can tell, ketamine did no better than placebo (Lii 2023).

# %%
ks.gallery.model_vs_trials()

# %% [markdown]
# ## Try
#
# Other people: the seed decides who they are.

# %%


def responders(seed=1, n=100):
    case = ks.Scenario(INFUSION, context="midazolam")
    trial = ks.simulate_population(case, n, seed=seed, readouts=["response"], t_eval=[24])
    print(f"seed {seed}: {20 * trial.response_rate(24.0):.1f} of 20 expected to respond on day 1")


responders(1)
responders(2)

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    ipywidgets.interact(responders, seed=(1, 20), n=(20, 200, 20))

# %% [markdown]
# The explorer page in this state: `ketasim explore '#v=1&n=1'`.
