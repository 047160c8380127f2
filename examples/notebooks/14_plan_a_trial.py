# %% [markdown]
# # 14 · Plan a trial: how large must it be, and how much is unblinding?
#
# A trial is simulated before it is done: in the model patients differ, trials differ, ratings err, and people who dissociate guess what they
# got.
#
# **After this you can** simulate a design with `ks.simulate_trial`, say how power and assurance differ, and say what part of an effect needs no drug.
# About 15 minutes. Needs `pip install "ketasim[fit]"`.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
import matplotlib.pyplot as plt

import ketasim as ks

# %% [markdown]
# ## Predict
#
# One infusion of 0.5 mg/kg against saline, the MADRS a day later. How many patients per arm does a trial need for a power of 80 %? And if
# nobody could guess their treatment?

# %%
my_prediction = {"patients per arm": "?", "if nobody can guess": "?"}

# %% [markdown]
# ## A design
#
# The context of an arm says what patients are told and what the control is. An arm of saline has the same session without drug.


# %%
def design(n, context="saline", guess=1.0, control="placebo iv over 40 min"):
    belief = {"symptoms.lambda_U": guess}  # weight of unblinding
    drug = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", context=context, parameters=belief)
    none = ks.Scenario(control, context=context, parameters=belief)
    arms = [ks.TrialArm("ketamine", drug, n), ks.TrialArm("control", none, n)]
    return ks.TrialDesign(arms, visits_h=[24, 168], primary_h=24, dropout_per_week=0.05)


trials = ks.simulate_trial(design(15), 300, seed=1)
print(trials)

# %% [markdown]
# ## How large?

# %%
sizes = [4, 6, 10, 15, 25, 40]
seen = [ks.simulate_trial(design(n), 300, seed=2).power("ketamine") for n in sizes]
blind = [ks.simulate_trial(design(n, guess=0.0), 300, seed=2).power("ketamine") for n in sizes]

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for chances, colour, label in (
    (seen, "#0072B2", "patients guess"),
    (blind, "#D55E00", "nobody guesses"),
):
    share = [100 * c.share for c in chances]
    ax.errorbar(sizes, share, [196 * c.error for c in chances], color=colour, marker="o")
    ax.annotate(f" {label}", (sizes[-1], share[-1]), color=colour, va="center")
ax.axhline(80, color="0.6", lw=0.8)
ax.set(xlabel="patients per arm", ylabel="trials with a significant benefit (%)", ylim=(0, 102))
ax.set_xlim(0, 56)
plt.show()

# %% [markdown]
# **Question.** Why does the lower curve need so many more patients?

# %% [markdown] tags=["answer"]
# **Answer.** A part of the difference between the arms is the relief of those who felt the drug and expect to get well; under saline they are
# easily told apart. Without it the same drug has a smaller difference to show, and the number of patients grows with its inverse square.

# %% [markdown]
# ## What part of the effect is unblinding?

# %%
effects = {
    label: ks.simulate_trial(d, 300, seed=3).effect_range("ketamine")
    for label, d in (
        ("saline, patients guess", design(40)),
        ("saline, nobody guesses", design(40, guess=0.0)),
    )
}
for label, (median, low, high) in effects.items():
    print(f"{label:24s} {median:6.1f} points; 95 % of trials {low:.1f} to {high:.1f}")

# %% [markdown]
# The ranges overlap: one trial cannot tell these two cases apart. Trials differ from each other by more than their patients explain.

# %% [markdown]
# ## Power and assurance
#
# Power assumes that the model is right. **Assurance** also counts what the calibration does not know: each trial has parameters drawn from it.

# %%
power = ks.simulate_trial(design(15), 300, seed=4).power("ketamine")
assurance = ks.simulate_trial(design(15), 300, seed=4, uncertainty=True).power("ketamine")
print("power    ", power)
print("assurance", assurance)

# %%
print("You said:", my_prediction)

# %% [markdown]
# **Question.** Which of the two numbers belongs in a proposal, and why is it the lower one?

# %% [markdown] tags=["answer"]
# **Answer.** The assurance: it is the chance of success given everything that is known. Some of the parameters that fit the published trials
# give a smaller effect, and with these the trial fails more often than with others it gains.

# %% [markdown]
# The explorer page: `ketasim explore`.
