# %% [markdown]
# # 09 · Build your own
#
# From changing a number to writing an equation. For those who model.
#
# **After this you can** override a parameter within its range, use a variant, switch a hypothesis, add a drug effect as a block, measure what
# your change does, and find the file in which an equation lives. About 20 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
import tempfile
import warnings
from pathlib import Path

import numpy as np

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = np.unique(np.r_[np.linspace(0, 6, 181), np.linspace(6, 336, 331)])

# %% [markdown]
# ## 1 · A number
#
# Every parameter is `module.name`. Find yours:

# %%
ks.parameters().matching("growth phase")

# %% [markdown]
# **Predict:** a growth phase of 36 hours in place of 60, the low end of its range. Day 1? Day 7?

# %%
my_prediction = {"day 1": "?", "day 7": "?"}

# %%
standard = ks.simulate(INFUSION, t_eval=TIMES, context="none")
shorter = ks.simulate(
    INFUSION, t_eval=TIMES, context="none", parameters={"synaptogenesis.tau_G": 36.0}
)
beside = ks.Comparison([standard, shorter], ["60 h", "36 h"])
print("Change of the MADRS score in the model [points]:")
print(beside.at("madrs_change", [24, 168], decimals=2))
print("You said:", my_prediction)

# %% [markdown]
# Beyond its plausible range a number is accepted with a warning, and refused where it is impossible:

# %%
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    ks.simulate(INFUSION, until="1 h", parameters={"synaptogenesis.tau_G": 12.0})
print("warning:", said[0].message)
try:
    ks.simulate(INFUSION, until="1 h", parameters={"synaptogenesis.tau_G": -1.0})
except ks.ParameterError as error:
    print("refused:", error)

# %% [markdown]
# ## 2 · A variant, a switch
#
# A *variant* is a named set of numbers for another circuit; a *switch* is a weight from 0 to 1 on a hypothesis.

# %%
SWITCHES = (
    "disinhibition.w_dis",
    "mtor.w_rest",
    "glutamate.w_HNK",
    "mtor.w_RERK",
    "bdnf_trkb.w_direct",
    "symptoms.w_opioid",
)
ks.parameters().of(SWITCHES)

# %%
rat, two_hours = ks.Subject(species="rat"), np.linspace(0, 2, 121)
for variant in (None, "variant_A", "variant_C"):
    run = ks.simulate("ketamine 50 mg/kg ip", subject=rat, variant=variant, t_eval=two_hours)
    peak = run["glutamate_dialysate"].max()
    print(f"{variant or 'standard':10s} rat, 50 mg/kg: glutamate peaks at {peak:.0f} %")

# %% [markdown]
# ## 3 · A drug that blocks something
#
# `ks.block` stands for a tool compound on one target. A made-up drug that blocks calcium channels by half, for six hours:

# %%
half_block = ks.block("vdcc", 0.5, start_h=-0.5, duration_h=6.5)
mine = ks.simulate(INFUSION, t_eval=TIMES, context="none", interventions=[half_block])
ks.gallery.compare_scenarios(
    standard, mine, labels=("ketamine", "with half of the calcium channels blocked")
)

# %% [markdown]
# **Explain.** Half of a target is blocked, yet more or less than half of the effect is lost. Which, and why?

# %% [markdown] tags=["answer"]
# **Answer.** Less: with half blocked most of the relief of day 1 stays, and it falls gradually beyond, as the next cell shows. What is left
# with all channels blocked is the acute part, which needs no BDNF. How gradual it is depends on two exponents, those of the release of
# BDNF and of the commitment to growth (`bdnf_trkb.n_surge` and `synaptogenesis.n_G`). Let the class plot relief of day 7 against the share
# blocked, and again with 4 and 6 for these exponents: then most of it is lost at once between half and three quarters.

# %%
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
blocks = {f"{100 * s:g} %": ks.block("vdcc", s, start_h=-0.5, duration_h=6.5) for s in SHARES}
runs = [
    ks.simulate(INFUSION, t_eval=[24, 168], context="none", interventions=[b])
    for b in blocks.values()
]
print("Share of the channels blocked, and change of the MADRS score in the model [points]:")
print(ks.Comparison(runs, list(blocks)).at("madrs_change", [24, 168], decimals=2))

# %%


def with_growth(hours=60.0):
    changed = {"synaptogenesis.tau_G": hours}
    run = ks.simulate(INFUSION, t_eval=TIMES, context="none", parameters=changed)
    print(f"growth phase {hours:g} h, day 7: {run.at('madrs_change', 168):.2f} points")


with_growth()

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    hours = ipywidgets.FloatSlider(60, min=36, max=96, continuous_update=False)
    ipywidgets.interact(with_growth, hours=hours)

# %% [markdown]
# ## 4 · How much does my number matter?
#
# Exact derivatives come with one call, so no number has to be changed by hand.

# %%
s = ks.sensitivity(
    ks.Scenario(INFUSION),
    ["synaptogenesis.tau_G", "dose.amount"],
    ["madrs_change"],
    t_eval=[0, 24, 168],
)
for day, (tau, dose) in zip((1, 7), s.elasticity("madrs_change")[1:], strict=True):
    print(
        f"day {day}: 1 % longer growth changes relief by {tau:.2f} %, 1 % more drug by {dose:.2f} %"
    )

# %% [markdown]
# ## 5 · An equation
#
# Equations live in C++ headers, one for each stage, and everything else follows from them: Jacobian, units, tables, this page.
#
# 1. Open `include/ketasim/model/` and the module's header; the equations stand as comments above the code.
# 2. Change `derivative(...)`. The resting state must stay an exact equilibrium: a test says when it does not.
# 3. Make the kernels again, which the solver runs: `cmake --preset default && cmake --build build/default --target kernels`. Then install
#    again (`pip install .`), and run the tests.
#
# The way, step by step: [add a module](../../docs/how-to/add_a_module.md), [add a parameter set](../../docs/how-to/add_a_parameter_set.md),
# [add a drug or a route](../../docs/how-to/add_a_drug_or_route.md).
#
# To read the equations without C++, or to run them in another simulator, export them:

# %%
with tempfile.TemporaryDirectory() as folder:
    try:
        path = ks.export_sbml(ks.Scenario(INFUSION), Path(folder) / "infusion.xml")
        text = Path(path).read_text(encoding="utf-8")
        print(f"SBML: {text.count('<rateRule')} rate rules, {text.count('<parameter ')} parameters")
    except ks.MissingLibraryError as missing:
        print(missing)

# %% [markdown]
# **Project.** Choose one arrow you doubt. Write down (a) the claim, (b) another equation for it, (c) one measurement that tells the two
# apart, (d) what the change does to day 1 and day 7.

# %% [markdown] tags=["answer"]
# **Rubric for the project** (8 points): claim with a source (2); an equation that rests at baseline and has units (2); a measurement whose
# outcome differs in *direction* (2); effect reported with numbers and with what stays the same (1); a sentence on what the model
# cannot say (1).

# %% [markdown]
# The explorer page: `ketasim explore`; “copy as Python” there gives a scenario to start from.
