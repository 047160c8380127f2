# %% [markdown]
# # 16 · Rival mechanisms
#
# Several ideas of how ketamine works are in use. Which published observations does each explain, and which experiment could decide?
#
# **After this you can** name what speaks for and against each idea, read a table of hypotheses by observations, and say why a score of this
# model does not prove the idea on which the model was built. About 20 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks
from ketasim.figures import signed

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"

# %% [markdown]
# ## The ideas
#
# Each idea is a set of the model's switches. Some mechanisms are on, all others are off; no other number differs.

# %%
for row in ks.hypotheses():
    print(f"{row['name']}: {row['description']}")

# %% [markdown]
# ## Predict
#
# Which idea explains most observations of the circuit (firing, glutamate)? Which explains most observations of synapses? Which gives no
# relief in people?

# %%
my_prediction = {"circuit": "?", "synapses": "?", "no relief": "?"}

# %%
AREAS = ["Receptor and circuit", "Signalling", "Synapse"]
rivals = ks.compare_hypotheses(INFUSION, areas=AREAS, progress=False)
figure = rivals.plot()
figure.set_dpi(95)
display(figure)
print("You said:", my_prediction)

# %% [markdown]
# With the clinical observations as well, which take longer: `ks.gallery.rival_mechanisms()`.
#
# ## Which observations?
#
# A count hides which observations are explained. Each row is one published observation that some ideas predict and others do not. A filled
# dot: predicted inside its interval.

# %%
display(ks.gallery.rival_observations("Receptor and circuit"))

# %% [markdown]
# **Question.** One row is explained by nearly all ideas, but not by disinhibition. What was different in that study?

# %% [markdown] tags=["answer"]
# **Answer.** The rats were anaesthetised (Amat-Foraster). Firing of pyramidal cells did not change. Disinhibition predicts a rise, so this
# row speaks against it, or anaesthesia removes what ketamine does to interneurons.

# %%
display(ks.gallery.rival_observations("Signalling"))

# %% [markdown]
# **Question.** Which rows does disinhibition explain and direct inhibition not? Which the other way round? What do rows that say “does not
# change” tell?

# %% [markdown] tags=["answer"]
# **Answer.** Disinhibition only: mTOR and p70S6K rise (Li 2010, Yang 2018); BDNF falls again when AMPA receptors (Zhou 2014) or calcium
# channels (Lepack 2015) are blocked. Direct inhibition only: BDNF protein rises in the experiment of Autry 2011. A row that says “does not
# change” is also explained by an idea in which nothing happens, so it tells little.

# %%
display(ks.gallery.rival_observations("Synapse"))

# %% [markdown]
# Rows of synapses hardly separate the ideas: most of them lead to spines in the end. A result that all ideas predict decides nothing.

# %% [markdown]
# ## Test two ideas yourself
#
# Two ideas are told apart by a treatment for which they predict different results. Here: S-ketamine and R-ketamine. Change the ideas and the
# treatments.

# %%
IDEAS = ["disinhibition", "ERK"]
for form in ("esketamine", "arketamine"):
    treatment = f"{form} 35 mg iv over 40 min"
    found = ks.compare_hypotheses(treatment, hypotheses=IDEAS, areas=[], until="7 d")
    figure = found.plot()
    figure.set_dpi(95)
    display(figure)
    for name, run in found.runs.items():
        print(f"In the model, {form}, {name}: {signed(run['madrs_change'].min())} points at most")

# %% [markdown]
# ## Explain
#
# 1. All numbers were chosen with the shipped model and are not fitted again. Whom does this help?
# 2. The opioid idea and the shipped model give the same curve. Which treatment separates them?
# 3. A friend says: “disinhibition explains most rows, so it is true”. What do you answer?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. The shipped model, and the ideas that it contains. A rival with numbers of its own might explain more. Directions (rises, falls)
#    depend less on numbers than sizes do.
# 2. Naltrexone before ketamine: in the model relief stays without opioid gating and falls with it. In people the results disagree: less
#    relief in one small trial (Williams 2018), the same relief in another (Yoon 2019).
# 3. Rows of one area come from few laboratories; studies that found nothing are rarely published; and rows were collected by those who built
#    the model. What counts is a prediction made before the experiment.

# %% [markdown]
# ## Reality check: dissent
#
# * Disinhibition: in the adult prefrontal cortex interneurons depended less on NMDA receptors than pyramidal cells (Rotaru 2011).
# * HNK: works in mice; in patients more of it in plasma went with less improvement (gallery page `enantiomers()`).
# * TrkB binding: shown by one group and its partners (Casarotto 2021). In the model it gives hardly any relief at this dose; its numbers were
#   not fitted.
# * Rapamycin, which inhibits mTORC1, did not block the effect in people at 24 h (Abdallah 2020).
#
# The explorer page with two of the ideas beside each other: `ketasim explore '#p=rivals'`.
