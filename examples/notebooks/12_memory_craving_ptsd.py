# %% [markdown]
# # 12 · Craving, PTSD and memory
#
# Ketamine is tried against craving and PTSD, alone or around the retrieval of a memory. What is known, and what does the model add?
#
# **After this you can** name one trial for and one against each use, and say which numbers of this part of the model are guesses. About 15
# minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks
from ketasim.figures import signed

SIX = "ketamine_six_infusions"
PLACEBO = ks.Regimen(
    tuple(ks.Dose("placebo", 0.0, "mg", "iv", start_h=h) for h in (0, 48, 96, 168, 216, 264))
)

# %% [markdown]
# ## Predict
#
# Six infusions in two weeks against PTSD. By how many points of the CAPS-5 (0 to 80) do ketamine and midazolam differ after two weeks? And
# six months later?

# %%
my_prediction = {"two weeks": "?", "six months": "?"}

# %%
drug = ks.simulate(SIX, until="60 d", context="midazolam")
figure = drug.plot(["capsv_change", "madrs_change"])
figure.set_size_inches(6.2, 3.0)
display(figure)
print("In the model, as in a trial with midazolam. You said:", my_prediction)

# %%
given, control = (
    ks.simulate(regimen, context="midazolam", t_eval=[336.0, 4320.0])["capsv_change"]
    for regimen in (SIX, PLACEBO)
)
for when, apart in zip(("two weeks", "six months"), given - control, strict=True):
    print(f"In the model, ketamine and midazolam differ by {signed(apart)} points after {when}.")
print("In the trial (Feder 2021, 30 patients) the arms differed by −11.9 points.")

# %% [markdown]
# ## Retrieval of a memory
#
# A memory that is called up is open to change for some hours. Ketamine in that window might weaken it.

# %%
DOSE = "ketamine 0.35 mg/kg iv over 30 min"
retrieval = ks.Dose("memory_retrieval", 1.0, "fraction", "target", start_h=-0.5)
runs = {
    "after retrieval": ks.simulate(DOSE, interventions=[retrieval], t_eval=[168.0]),
    "without retrieval": ks.simulate(DOSE, t_eval=[168.0]),
}
for name, run in runs.items():
    change = signed(run["craving_change"][0], 0)
    print(f"In the model, craving changes by {change} % within a week, {name}.")

# %% [markdown]
# How much of this is measured?

# %%
rows = [row for row in ks.parameters() if row["module"] == "psychotherapy"]
for grade in "ABCDE":
    print(f"grade {grade}: {sum(row['grade'] == grade for row in rows)} of {len(rows)} numbers")

# %% [markdown]
# ## Explain
#
# 1. Which of the two curves would you trust more, and why?
# 2. What control does a study of retrieval need?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Mood, by far: dozens of trials. PTSD rests on one positive trial of repeated infusions; a larger one in veterans found no difference
#    (Abdallah 2022). Craving rests on single sites.
# 2. Retrieval without ketamine, and ketamine without retrieval: only if both together do more than either is the memory itself changed.

# %% [markdown]
# ## Reality check: dissent
#
# * Craving and abstinence: 48 % abstinent after one infusion with mindfulness training, 11 % after midazolam (Dakwar 2019, 55 people with
#   cocaine dependence). In alcohol dependence three infusions gave 10 % more days abstinent in six months; whether therapy was added made no
#   clear difference (Grabski 2022, 96 people).
# * PTSD: 158 veterans, no dose better than placebo at the end (Abdallah 2022).
# * People with addiction are those for whom the risk of misuse is highest. The model has no misuse.
#
# The explorer page shows the same infusions and mood: `ketasim explore '#p=repeats'`.
