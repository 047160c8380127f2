# %% [markdown]
# # 05 · Break the cascade
#
# If a chain is right, blocking one link must weaken every stage below it. Most of the evidence comes from such experiments, and one of
# them failed in people.
#
# **After this you can** predict what a blocker does at each stage, say what changes if the blocker comes before or after ketamine, and say where
# model and people differ. About
# 12 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
import numpy as np
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## Predict
#
# NMDA block → glutamate → AMPA receptors → BDNF → mTORC1 → synaptic proteins → spines → mood. Which stages become weaker?

# %%
my_prediction = {
    "NBQX (blocks AMPA receptors)": "?",
    "rapamycin (blocks mTORC1)": "?",
    "no new spines": "?",
}

# %% [markdown]
# ## Run

# %%
broken = ks.gallery.blockers()
for cut, said in my_prediction.items():
    print(f"{cut}: you said {said}")
display(broken)

# %% [markdown]
# ## Explain
#
# 1. Below a block nearly every stage is weaker. One stage *above* a block is weaker as well. Which, and why?
# 2. With mTORC1 blocked some relief of day 1 is left, and none on day 7. Where does the rest come from?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Glutamate under NBQX: pyramidal cells drive each other through AMPA receptors, so blocking these weakens the surge itself. A chain
#    drawn as a line is a simplification; circuits have loops. (BDNF is weaker under anisomycin, too, because BDNF is a protein.)
# 2. The acute part that follows the excited circuit. It needs no new protein, and it is gone after days.

# %% [markdown]
# ## Before or after?
#
# **Predict:** NBQX for eight hours, given half an hour *before* the infusion, or two hours *after* it began. What is left of day 1? And if it
# is given before, but works for four hours only?

# %%
my_prediction = {"before": "?", "before, 4 h": "?", "after": "?"}

# %%
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = np.r_[0.0, 24.0, 48.0, 168.0]


def given(start_h, duration_h):
    nbqx = ks.block("ampa", 0.9, start_h=start_h, duration_h=duration_h)
    return ks.simulate(INFUSION, interventions=[nbqx], t_eval=TIMES, context="none")


alone = ks.simulate(INFUSION, t_eval=TIMES, context="none")

# %%
runs = [alone, given(-0.5, 8), given(-0.5, 4), given(2.0, 8)]
beside = ks.Comparison(runs, ["alone", "before", "before, 4 h", "after"])
print("Relief of day 1 [% of alone]:")
print(beside.at("madrs_change", [24], percent_of="alone", decimals=0))
print("Spines regained on day 2 [% of alone]:")
print(beside.at("spine_restored", [48], percent_of="alone", decimals=0))
print("You said:", my_prediction)

# %% [markdown] tags=["answer"]
# **Answer.** Before: next to nothing is left. Before, but short: more is, because ketamine is still there when NBQX is gone. After: most is,
# because the surge has passed and the building is under way. Timing shows what starts an effect and what keeps it. In this model AMPA tone also gates the growth that follows; that part is assumed.

# %% [markdown]
# ## Reality check: rapamycin in people
#
# In rats rapamycin abolishes the effect, though not in every laboratory. In the one trial in people, patients swallowed 6 mg two hours before ketamine.

# %%
tablet = ks.Dose("rapamycin", 6, "mg", "oral", start_h=-2.0)
swallowed = ks.simulate(INFUSION, interventions=[tablet], t_eval=TIMES, context="none")
beside = ks.Comparison([alone, swallowed], ["ketamine alone", "with rapamycin by mouth"])
print("Change of the MADRS score on day 1, in the model [points]:")
print(beside.at("madrs_change", [24]))
print("Response after two weeks with rapamycin and with placebo (Abdallah 2020), and in the model:")
print(ks.validate(areas=["Clinical"], progress=False).study("abdallah2020", "response"))

# %% [markdown]
# **Question.** The model agrees on day 1 and misses day 14. Why is its agreement worth little?

# %% [markdown] tags=["answer"]
# **Answer.** It agrees for a trivial reason: at that dose nearly no rapamycin reaches the model's brain, so mTORC1 is hardly inhibited. If
# brain mTORC1 *were* blocked in people, the model would lose more than half of day 1, against the trial. And it has nothing that could prolong a
# response: no immune system, no autophagy. A model can be right by accident; ask for the reason.

# %% [markdown]
# ## Try
#
# Block something else: 'bdnf', 'vdcc', 'translation', 'mglu23_agonist'.

# %%


def try_block(target="vdcc", share=0.9):
    cut = ks.block(target, share, duration_h=8)
    run = ks.simulate(INFUSION, interventions=[cut], t_eval=TIMES, context="none")
    left = 100 * run.at("madrs_change", 24) / alone.at("madrs_change", 24)
    print(
        f"{target} blocked by {100 * share:.0f} %: {left:.0f} % of the relief of day 1 is left, in the model"
    )


try_block()

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    ipywidgets.interact(
        try_block,
        target=["ampa", "mtor", "bdnf", "vdcc", "translation", "mglu23_agonist"],
        share=ipywidgets.FloatSlider(0.9, min=0.0, max=1.0, step=0.1, continuous_update=False),
    )

# %% [markdown]
# The explorer page in these states: `ketasim explore '#p=ampa'`, `ketasim explore '#p=rapamycin'` or `ketasim explore '#p=spines'`.
