# %% [markdown]
# # 15 · A programme of a clinic
#
# A clinic rates a patient, and then decides on the dose. And it must say how long the patient has to stay.
#
# **After this you can** say what a rule sees and what it does not, follow a dose that depends on ratings, and read an interval for a clinic. About
# 12 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks
from ketasim.clinic import LEFT_OUT

SETTING = ks.Scenario("no drug", context="open_label")

# %% [markdown]
# ## Predict
#
# KADS: a subcutaneous dose twice a week for four weeks, from 0.5 mg/kg. Where the rating is not half of the first one, the dose is
# raised, once a week, to 0.6, 0.75 and 0.9 mg/kg. What share of patients gets the highest dose in the last week? And if every rating had
# no error: more, fewer or the same?

# %%
my_prediction = {"highest dose in the last week": "? %", "without error": "?"}

# %% [markdown]
# ## Run

# %%
display(ks.gallery.clinic_programme())

# %%
print("You said:", my_prediction)
for error in (True, False):
    clinic = ks.simulate_programme_population(
        "kads_subcutaneous", 200, SETTING, seed=1, readouts=["madrs"], rating_error=error
    )
    highest = 100 * (clinic.levels[:, -1] == 3).mean()
    told = "with" if error else "without"
    print(
        f"In the model, {highest:.0f} % get 0.9 mg/kg in the last week, {told} the error of a rater."
    )

# %% [markdown]
# One patient under the label of esketamine: 56 or 84 mg, twice a week, weekly, then every week or every two weeks by response.

# %%
patient = ks.simulate_programme("esketamine_label", SETTING, seed=1)
figure = patient.plot()
figure.set_dpi(100)
display(figure)

# %%
row = ks.programmes()["esketamine_label"]
for part in ("source", "read", "assumed"):
    print(f"{part}: {row[part]}")

# %% [markdown]
# ## Explain
#
# 1. A rule sees ratings only. Name two reasons why a rating is low that are not the drug.
# 2. A dose is left out where the *last* rating shows response. What does the error of a rater do to such a rule?
# 3. Which numbers of the programme does its source say, and which were added here?

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. Expectation and care in an open clinic; the error of the rater; and people with high first ratings are rated lower the next time
#    anyway (regression to the mean).
# 2. It fires by chance: a patient near the limit is rated on one side today and on the other next week. Rules with two ratings in a row, or two
#    limits, are steadier.
# 3. The source says the doses and how often. It does not say the limit of 50 %, nor when the dose may be raised. A clinic
#    decides this; here it is an assumption, and the table says so.

# %% [markdown]
# ## How long must patients stay?
#
# Predict: of 100 patients after 84 mg of nasal esketamine, how many still have a sign because of the drug at 2 hours?

# %%
my_prediction = "?"

# %%
exhibit = ks.gallery.leaving_the_clinic()
display(exhibit)

# %%
print("You said:", my_prediction)
watched = ks.monitoring("esketamine 84 mg intranasal", seed=1)
for sign in ("dissociated", "sedated", "rise_40", "sbp_180", "unfit"):
    low, middle, high = (100 * share for share in watched.at(sign, "2 h"))
    print(f"In the model, {sign} at 2 h: {middle:.0f} % ({low:.0f} to {high:.0f} %)")

# %% [markdown]
# **Question.** The interval of a clinic of 50 patients is wide. Which part of it would a clinic of 5000 patients still have? And why must nobody plan a
# clinic with this curve?

# %% [markdown] tags=["answer"]
# **Answer.** The difference between studies stays whatever the size; only the chance of who comes gets smaller. The time to leave is not compared with data:
# shares at *any* time of a session were published and fit, shares by time were not open to be read. The curve says what the model implies,
# and which measurement is missing.

# %% [markdown]
# ## Reality check
#
# What clinics do is often not written down. These programmes are not here, and why:

# %%
for left in LEFT_OUT:
    print(f"{left.programme}: {left.reason}")

# %% [markdown]
# ## Try
#
# Change the limit of response, or write a rule of your own: any function of the progress and the dose proposed so far.

# %%


def careful(progress, level):
    """Raise only after two ratings in a row without response."""
    ill = [progress.improvement_at(k) < 0.5 for k in range(progress.visit + 1)]
    return min(level + 1, 1) if progress.visit >= 2 and ill[-1] and ill[-2] else level


doses = ["ketamine 0.5 mg/kg sc", "ketamine 0.75 mg/kg sc"]
mine = ks.Programme(doses, visits_h=["0 d", "7 d", "14 d", "21 d"], rules=[careful])
print(ks.simulate_programme(mine, SETTING, seed=1).levels)

# %% [markdown]
# The explorer page with two programmes: `ketasim explore '#p=clinics'`.
