# %% [markdown]
# # 13 · Fit your data: from a table to a posterior
#
# Levels of twelve people and a trial of two arms, with known truth. What can such data say about the model, and what can they not?
#
# **After this you can** read your own tables, find a maximum, say which parameters the data determine, draw from the posterior, and
# check the fit. About 15 minutes. Needs `pip install "ketasim[fit]"`.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## Predict
#
# Three parameters: the clearance of S-ketamine by the liver, the clearance of S-norketamine, and how strongly regained synapses act on
# mood. From levels over a day and a trial of 240 patients: which of the three will the data determine?

# %%
my_prediction = {"liver clearance": "?", "norketamine clearance": "?", "weight on mood": "?"}

# %% [markdown]
# ## The data
#
# A table of doses and levels in the style of NONMEM, and a table of arms. They are simulated in the model, so the truth is known.

# %%
example = ks.fitting.example_data(".")
print("".join(example.levels.read_text().splitlines(keepends=True)[:6]))
print("".join(example.arms.read_text().splitlines(keepends=True)[:3]))

# %%
data = ks.Observations.from_table(
    example.levels,
    drug="ketamine",
    cmt={1: "iv", 2: "ketamine_venous", 3: "norketamine_venous"},
    covariates={"WT": "weight_kg"},
    censored="BLQ",
    lloq=example.lloq,
)
data += ks.Observations.from_arms(example.arms)
print(data)

# %% [markdown]
# ## The posterior
#
# Priors are the plausible ranges of the parameters. Errors of the levels are estimated too; values below the limit of quantification
# count with the probability of being below it. One study stands alone here, so differences between studies are left out.

# %%
names = ["pharmacokinetics.CLint_S", "pharmacokinetics.CLn_S", "symptoms.w_R"]
posterior = ks.Posterior(data, names, between_studies=False)
best = posterior.maximum(starts=3)
print(f"{(best.maxima > best.maxima[0] - 0.1).sum()} of 3 starts end at one maximum")

# %%
judged = posterior.identifiability(best)
display(judged.plot())
for name, verdict in zip(judged.names, judged.verdicts, strict=True):
    print(f"{name:40s} {verdict}")
print("You said:", my_prediction)

# %% [markdown]
# **Question.** Why does so large a trial say so little about the weight on mood?

# %% [markdown] tags=["answer"]
# **Answer.** The expectancy of patients and the drug both lift mood, and the drug acts through a chain of other parameters that are
# held here. Three time points of two arms fix the size of the difference, with a standard error of two points in seven; a prior of
# 0.2 to 1 is hardly wider than that. "One-sided" and "prior only" are results: they say that the posterior repeats the prior.

# %% [markdown]
# ## Draws

# %%
draws = posterior.sample(120, near=best)
print("converged" if draws.converged else "not converged")
for name, truth in example.truth.items():
    low, high = draws.interval(name)
    print(f"{name:40s} truth {'inside' if low < truth < high else 'outside'} the 95 % interval")

# %% [markdown]
# ## Does the model fit?
#
# Lines: 10th, 50th and 90th percentile of the data. Bands: the same of data sets simulated from the posterior.

# %%
check = posterior.visual_check(draws)
check.plot()

# %% [markdown]
# **Question.** After a day no value of ketamine is left. What would happen to the clearance if these rows were dropped?

# %% [markdown] tags=["answer"]
# **Answer.** It would be too low: only people with high levels would still count. Here everybody is below the limit, so little is lost;
# where half are, the bias is large. A value below the limit is data.

# %% [markdown]
# ## Prediction
#
# Another dose and route, with what the fit does not know (dark) and how people differ (light).

# %%
bands = ks.predict(
    draws, "esketamine 56 mg intranasal", ["ketamine_venous", "madrs_change"], until="2 d"
)
bands.plot()

# %% [markdown]
# The model itself has a posterior too, that of its calibration: `run.plot(uncertainty=True)`.

# %%
ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="7 d").plot(
    ["madrs_change"], axis="linear", uncertainty=True
)

# %% [markdown]
# The explorer page: `ketasim explore`. A fit from a shell: `ketasim fit --help`.
