# %% [markdown]
# # 10 · Ten questions, before and after
#
# Answer them before the first notebook and again after the last. They are about the model and about the evidence; some are meant to be
# hard. One answer each. Nobody needs to see your result but you.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from pathlib import Path

import ketasim as ks

# %% [markdown] tags=["teacher"]
# ## For the teacher
#
# This sheet is the learner's test with key, misconceptions, rubric and timing added. Simulations alone can add little to good group work: in
# one neurobiology course they made no difference in the exam. What helps is predicting before seeing, and contrast. So measure: give the
# ten questions before and after, and report the gain also if it is null.
#
# | time | 15 minutes | 50 minutes | 90 minutes |
# |---|---|---|---|
# | opening | 1 min: figure `onset_race`, no words | 5 min: ten questions, alone | 10 min: ten questions, alone |
# | race (01) | 3 min: predict, run, one sentence | 8 min | 12 min |
# | paradox (02) | 3 min: up, down, same? | 10 min, in pairs | 15 min, rival ideas in groups |
# | two clocks (03) | 2 min | 7 min | 10 min |
# | break it (05) | 3 min: NBQX only | 8 min, rapamycin against the trial | 12 min |
# | dose or routes (04, 06) | – | – | 12 min, half of the class each |
# | doubt (08) | 2 min: dots | 7 min: tornado, “what experiment would decide?” | 12 min |
# | closing | 1 min: three things it cannot say | 5 min: ten questions again | 7 min: ten questions again |
#
# Rules that matter: predictions before every run, never graded; “skip” is always allowed; change one thing at a time; say “in the model”
# aloud. Some in the room may live with depression or know the drug otherwise: announce the topic, give no dose advice, name where to find
# help. Do not replace “a chemical imbalance” by “ketamine regrows synapses”: both are too flat.

# %% [markdown]
# **1.** A daily SSRI, mean of many patients, against placebo:
#
# * **a** nothing for about four weeks, then a rise within days
# * **b** a little from the first week on, more each week
# * **c** all of it within a day, and then no further change
# * **d** nothing at any time beyond what people expect of it
#
# **2.** Ketamine blocks a receptor for glutamate, and glutamate rises. In the disinhibition account this is because
#
# * **a** blocked receptors give back the glutamate that they had bound
# * **b** pyramidal cells are excited by ketamine through other receptors
# * **c** cells that hold others back lose more of their drive than these
# * **d** glial cells stop taking glutamate up for as long as the block lasts
#
# **3.** In rats, glutamate after 200 mg/kg is lower than after 30 mg/kg. For people this means that
#
# * **a** the best dose lies in the middle of the range that is used
# * **b** a dose can be converted from rats to people by body weight
# * **c** doses above a middle one bring no relief of depression
# * **d** nothing by itself, as no such fall was shown in people
#
# **4.** A day after an infusion nearly all of the drug is gone, the relief is not. In the model the relief lasts because
#
# * **a** what was built in the synapses lasts longer than the drug
# * **b** a part of the drug stays in the brain for a week or more
# * **c** receptors stay blocked for days after the drug has left
# * **d** glutamate stays high for days after the infusion
#
# **5.** The growth of new spines is prevented. In the model
#
# * **a** relief is absent on day 1 and on day 7 as well
# * **b** day 1 is nearly as before, and day 7 is weaker
# * **c** day 1 is weaker, and day 7 is nearly as before
# * **d** relief is as before on day 1 and on day 7 as well
#
# **6.** NBQX blocks AMPA receptors. Given before ketamine, which of these does *not* go dark in the model?
#
# * **a** the release of the factor BDNF
# * **b** the activity of the switch mTORC1
# * **c** the block of NMDA receptors
# * **d** the growth of new spines
#
# **7.** Rapamycin abolished the effect in rats in most reports. In the one trial in patients
#
# * **a** it abolished the effect on day 1, as it had done in rats
# * **b** day 1 was not changed, and more still responded at two weeks
# * **c** day 1 was not changed, and fewer still responded at two weeks
# * **d** the effect came a week later, and in fewer of the patients
#
# **8.** The same dose is swallowed instead of given into a vein. There is
#
# * **a** less ketamine, and more metabolite for each part of it
# * **b** less ketamine, and less metabolite for each part of it
# * **c** as much ketamine, and as much metabolite, only later
# * **d** more ketamine, and less metabolite for each part of it
#
# **9.** A patient dissociates strongly. What does this tell about relief on the next day?
#
# * **a** it will be strong, as dissociation is how the drug works
# * **b** it will be weak, as dissociation takes from the effect
# * **c** little, as studies of the link contradict one another
# * **d** it will not come, as the dose was too high for relief
#
# **10.** A figure shows the spread of virtual people as a band. A wide band says that
#
# * **a** the equations of the model do not describe people well
# * **b** inputs of the model differ between virtual people
# * **c** real patients respond in the shares that the band shows
# * **d** a given patient responds with the probability of the band

# %%
my_answers = dict.fromkeys(range(1, 11), "?")  # a, b, c or d
print(f"{sum(answer in tuple('abcd') for answer in my_answers.values())} of 10 answered")
ks.gallery.population_bands()

# %% [markdown] tags=["teacher"]
# ## Key
#
# 1b · 2c · 3d · 4a · 5b · 6c · 7b · 8a · 9c · 10b

# %% [markdown] tags=["teacher"]
# ## What a wrong answer tells
#
# | question | the misconception behind the distractors | notebook |
# |---|---|---|
# | 1 | **a** “SSRIs do nothing for weeks” (they beat placebo by the end of week 1, about a third of the six-week benefit is there by then; Taylor 2006) | 01 |
# | 2 | **a, d** blocking confused with releasing or with uptake; **b** antagonist taken for agonist | 02 |
# | 3 | **a, c** a rat curve read as advice; **b** doses scaled by weight | 04 |
# | 4 | **b, c** effect taken for exposure; **d** trigger taken for upkeep | 03 |
# | 5 | **a** “new spines cause the fast effect” (they sustain it; Moda-Sava 2019) | 03, 05 |
# | 6 | **a, b, d** direction of the cascade | 05 |
# | 7 | **a** rats taken for people; **c, d** evidence not known (Abdallah 2020) | 05 |
# | 8 | **b, c** bioavailability taken for delay; first pass not understood | 06 |
# | 9 | **a** correlation between drug effects taken for a cause | 07 |
# | 10 | **a** doubt taken for error; **c, d** model spread taken for prognosis | 08 |

# %% [markdown]
# **Open question.** Someone says: “Ketamine works because it regrows synapses.” Answer in four sentences: what is right, what is too simple,
# which observation in people does not fit, and what experiment you would want.

# %% [markdown] tags=["teacher"]
# ## Rubric for the open question
#
# | points | what is there |
# |---|---|
# | 1 | right: a surge sets off signalling and protein synthesis; strength and spines are regained over hours to days (rodents) |
# | 1 | too simple: the first effect does not need new spines, they help to sustain it; disinhibition is one account among several; much of it is assumed |
# | 1 | a human observation that does not fit or limits it: rapamycin did not block (Abdallah 2020); masked under anaesthesia ketamine did no better than placebo (Lii 2023); higher HNK went with less improvement; no inverted U |
# | 1 | an experiment whose outcomes differ in direction, with a control |
# | +1 | “in the model” said where it is the model that speaks |
#
# **Score and gain.** One point a question. Gain of a class = (after − before) / (10 − before), on means. With 30 learners whose scores
# spread by two points, a difference below one point may be chance. Report it with its range, and report it if it is null.

# %% [markdown]
# ## Figures for slides
#
# Sixteen to nine, for a light or a dark room. They are written into a folder beside this page.

# %%
slides = Path("slides")
slides.mkdir(exist_ok=True)
for make in (ks.gallery.onset_race, ks.gallery.blockers, ks.gallery.two_clocks):
    for style in ("slide", "dark"):
        print("wrote", make(style=style).save(slides / f"{make.__name__}_{style}.png").as_posix())

# %% [markdown]
# The explorer page with its guided scenes: `ketasim explore`.
