# %% [markdown]
# # 08 · Not everybody: a virtual population, and what matters
#
# One curve is nobody's curve. Two kinds of doubt: *which numbers* (parameters) and *which story* (structure).
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
print("You said:", my_prediction)
people = ks.gallery.population_bands()
print(people.says)
display(people)

# %% [markdown]
# ## One by one
#
# A band hides people. Five of them, drug effect alone:

# %%
crowd = ks.simulate_population(
    "ketamine 0.5 mg/kg iv over 40 min",
    5,
    seed=1,
    readouts=["ketamine_venous", "cadss_change", "madrs_change"],
    t_eval=[0, 0.65, 24, 168],
)
for i in range(len(crowd)):
    level, cadss = crowd["ketamine_venous"][i, 1], crowd["cadss_change"][i, 1]
    day1, day7 = crowd["madrs_change"][i, 2:]
    print(
        f"person {i + 1}: {level:4.0f} ng/mL, dissociation {cadss:4.1f}, MADRS day 1 {day1:6.1f}, day 7 {day7:5.1f}"
    )

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
print("You said:", my_prediction)
ks.gallery.sensitivity_tornado()

# %%
ks.gallery.evidence_map()

# %% [markdown] tags=["answer"]
# **Answer.** Day 1 depends on how strongly regained synapses act on mood and on how much of the drug arrives at the receptors; day 7 on how
# long growth lasts and on the slow pool. Most of the strong numbers are grade E. That is the case for measuring: a number that matters much
# and is known badly is the next experiment.

# %% [markdown]
# ## Which story?
#
# Bands around one story hide the doubt about the story. Four stories, the same infusion:

# %%
STORIES = {
    "standard": {},
    "no disinhibition": {"parameters": {"disinhibition.w_dis": 0.0}},
    "R-ketamine acts on ERK": {"parameters": {"mtor.w_RERK": 1.0}},
    "NMDA receptors only (variant_C)": {"variant": "variant_C"},
}
for name, changed in STORIES.items():
    run = ks.simulate(
        "ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24, 168], context="none", **changed
    )
    # No minus before nothing: adding 0.0 turns -0.0 into 0.0.
    day1, day7 = (round(run.at("madrs_change", 24 * day), 1) + 0.0 for day in (1, 7))
    print(f"{name:32s} day 1 {day1:6.1f}   day 7 {day7:6.1f} points")

# %% [markdown]
# **Question.** Choose two stories. Which single experiment would tell them apart?

# %% [markdown] tags=["answer"]
# **Answer.** Any experiment in which the two predict *different directions*. “No disinhibition” against standard: record interneurons during an
# infusion. “ERK” against standard: R-ketamine with mTORC1 blocked. If both stories predict the same, the experiment is not worth doing for
# this purpose. Masking belongs here too: under anaesthesia, where nobody can tell, ketamine did no better than placebo (Lii 2023).

# %%
ks.gallery.model_vs_trials()

# %% [markdown]
# ## Try
#
# Other people: the seed decides who they are.

# %%


def responders(seed=1, n=100):
    trial = ks.simulate_population(
        ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", context="midazolam"),
        n,
        seed=seed,
        readouts=["response"],
        t_eval=[0, 24],
    )
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
