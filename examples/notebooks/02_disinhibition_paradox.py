# %% [markdown]
# # 02 · The disinhibition paradox
#
# Ketamine **blocks** a receptor for glutamate. Yet glutamate goes **up**. How can that be?
#
# **After this you can** explain disinhibition, predict what blocking one kind of cell does, and name rival ideas. About 12
# minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
import warnings

import numpy as np
from IPython.display import display

import ketasim as ks

# Taking a link out of the model leaves the plausible range of its number; that is the experiment.
warnings.simplefilter("ignore", ks.ParameterRangeWarning)

# %% [markdown]
# Two kinds of cell have NMDA receptors: **pyramidal cells**, which excite, and **interneurons**, the brakes, which inhibit the
# pyramidal cells.
#
# ## Predict
#
# Glutamate: up, down or the same, if ketamine could reach the NMDA receptors of … And how sure are you, from 0 to 100 %?

# %%
my_prediction = {"both kinds of cell": "?", "interneurons only": "?", "pyramidal cells only": "?"}

# %% [markdown]
# ## Run

# %%
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = np.unique(np.r_[np.linspace(0, 6, 361), np.linspace(6, 168, 163)])
# A weight of 0 takes the block on that kind of cell out of the model.
REACHED = {
    "both kinds of cell": {},
    "interneurons only": {"disinhibition.w_pyr": 0.0},
    "pyramidal cells only": {"disinhibition.w_dis": 0.0},
}
runs = [ks.simulate(INFUSION, parameters=p, t_eval=TIMES, context="none") for p in REACHED.values()]
ks.gallery.compare_scenarios(runs[1], runs[2], labels=list(REACHED)[1:])

# %%
beside = ks.Comparison(runs, list(REACHED))
for name in ("interneuron_rate", "pyramidal_rate", "glutamate_dialysate"):
    print(f"{name} [{runs[0].unit(name)}], before: {runs[0].before(name):g}")
    print(beside.at(name, [0.5, 1, 2, 6], decimals=2), end="\n\n")
print("You said:", my_prediction)

# %% [markdown]
# ## Explain
#
# 1. Why does the same block on another cell reverse the result?
# 2. Why does the block hit interneurons harder in the first place? Look at `ks.parameters()["nmda_block.a_I"]` and `a_E`.

# %%
ks.parameters().of(["nmda_block.a_I", "nmda_block.a_E", "nmda_block.K_Mg_I", "nmda_block.K_Mg_E"])

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Two inhibitions in a row. Less NMDA drive to a brake means less braking: pyramidal cells fire more and release more glutamate.
#    Less NMDA drive to the pyramidal cell itself only slows that cell.
# 2. Ketamine enters open channels only. In the model the receptors of interneurons are open more often, and less closed by
#    magnesium. These are assumptions: look at the grades.
#
# A frequent wrong idea: “a blocker of a receptor lowers its transmitter”. A receptor is on the receiving side; what happens to
# release depends on which cell listens.

# %% [markdown]
# ## Rival ideas
#
# Disinhibition is one hypothesis among several. Each is a set of the model's switches: one mechanism on, the others off. How much relief
# does each give, and which published numbers of the circuit and of signalling does it explain?

# %%
rivals = ks.compare_hypotheses(
    INFUSION, areas=["Receptor and circuit", "Signalling"], until="3 d", progress=False
)
figure = rivals.plot()
figure.set_dpi(80)
display(figure)

# %%
print(rivals)

# %% [markdown]
# What does direct inhibition explain that disinhibition does not, and the other way round?

# %%
surge, rest = (set(rivals.explains(name)) for name in ("disinhibition", "direct inhibition"))
print("only disinhibition:", *sorted(surge - rest), sep="\n  ")
print("only direct inhibition:", *sorted(rest - surge), sep="\n  ")

# %% [markdown]
# **Question.** In the model nearly all relief needs disinhibition, and it explains most numbers. Does that show that it acts so in people?
# What experiment could decide?

# %% [markdown] tags=["answer"]
# **Answer.** No: the model was built on that mechanism, all other numbers were chosen with it and are not fitted again for its rivals.
# In the adult prefrontal cortex interneurons were found to depend *less* on NMDA receptors than pyramidal cells (Rotaru 2011), and
# anaesthetised rats show no disinhibition. Experiments that could decide: remove NMDA receptors from one kind of interneuron and
# give ketamine; watch interneurons and pyramidal cells at once during the infusion; give a blocker that reaches one kind of cell.

# %% [markdown]
# ## Try
#
# How strong must the effect on interneurons be?

# %%


def with_disinhibition(weight=1.0):
    run = ks.simulate(
        INFUSION, parameters={"disinhibition.w_dis": weight}, t_eval=TIMES, context="none"
    )
    print(f"weight {weight:g}: glutamate up to {run['glutamate_dialysate'].max():.0f} %, ", end="")
    print(f"MADRS on day 1 {run.at('madrs_change', 24):.1f} points")


for weight in (0.0, 0.5, 1.0):
    with_disinhibition(weight)

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    weight = ipywidgets.FloatSlider(0.7, min=0.0, max=1.0, step=0.1, continuous_update=False)
    ipywidgets.interact(with_disinhibition, weight=weight)

# %% [markdown]
# The explorer page in this state: `ketasim explore '#p=paradox'`.
