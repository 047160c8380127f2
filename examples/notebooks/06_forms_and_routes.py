# %% [markdown]
# # 06 · S, R, a metabolite, and five routes
#
# Ketamine is a pair of mirror images. The body turns both into metabolites, one of which may act by itself. The route decides how
# much of each there is.
#
# **After this you can** say which answers depend on the hypothesis, and rank routes by peak and by first pass. About 12 minutes.
#
# *Educational simulation of published hypotheses. Not medical advice, not for dosing or treatment decisions. Ketamine
# is a controlled anaesthetic with real risks; use for depression belongs in supervised care.*

# %%
from IPython.display import display

import ketasim as ks

# %% [markdown]
# ## Predict: forms
#
# The same dose of S-ketamine, the mixture, R-ketamine and the metabolite (2R,6R)-HNK. R blocks NMDA receptors several times less than S.
# Rank the four by the relief of day 1. Then: does the ranking change if R-ketamine can also act on ERK directly?

# %%
my_prediction = ["?", "?", "?", "?"]  # most relief first

# %% [markdown]
# ## Run

# %%
forms = ks.gallery.enantiomers()
display(forms)
print(forms.says)
print("You said:", my_prediction)

# %%
names = ["nmda_block.pot_S", "nmda_block.pot_R", "mtor.w_RERK", "glutamate.w_HNK"]
ks.parameters().of(names)

# %% [markdown]
# ## Explain
#
# 1. Which of the four results rests on a measurement, and which on a hypothesis weight?
# 2. In mice (2R,6R)-HNK improves behaviour without blocking NMDA receptors. In 53 patients *higher* HNK in plasma went with *less*
#    improvement. Name two ways in which both can be true.

# %% [markdown] tags=["answer"]
# **Answers.**
#
# 1. The block and the dissociation of S and R follow from measured potencies. What R does for mood depends on a switch of grade E; in
#    rodents R does at least as well as S, in people its superiority is unproven. HNK hardly acts here because its effect was set so small.
# 2. For example: mice are given the metabolite itself, and far more of it; HNK marks fast breakdown, so that more HNK means less ketamine; it works in mice only; or the
#    correlation has another cause. A correlation among patients is no test of a mechanism.

# %% [markdown]
# ## Predict: routes
#
# 35 mg into a vein over 40 minutes, into a muscle, into the nose, under the tongue, or swallowed. Rank the peaks in plasma. Where is
# there most metabolite for each part of ketamine?

# %%
my_prediction = {"peaks, highest first": "?", "most metabolite": "?"}

# %%
display(ks.gallery.routes())
print("You said:", my_prediction)

# %% [markdown]
# **Question.** Why does a route with a *lower* share have *more* metabolite for each part of ketamine?

# %% [markdown] tags=["answer"]
# **Answer.** What is swallowed passes the liver before it reaches the blood: first pass. The liver keeps most of it and sends metabolites
# on. Part of a nasal or sublingual dose is swallowed as well. (The peak after a muscle injection can exceed that of a slow infusion: no
# 40 minutes to wait.)

# %% [markdown]
# ## Reality check
#
# How much arrives differs between studies: sublingual 29 %, oral 23 ± 9 %, muscle about 93 %; nasal 11 to 17 % in one study and 25 to 50 %
# elsewhere. The model carries one number and a range for each route.

# %%
shares = ("F_im", "FR_n", "FR_sl", "F_gut")
ks.parameters().of([f"pharmacokinetics.{name}" for name in shares])

# %% [markdown]
# ## Try
#
# Two treatments side by side. Change one thing at a time.

# %%


def beside_infusion(form, route):
    other = f"{form} 35 mg {route}"
    display(ks.gallery.compare_scenarios("ketamine 35 mg iv over 40 min", other))


beside_infusion("ketamine", "oral")

# %% tags=["slider"]
try:
    import ipywidgets
except ImportError:
    print("Sliders need: pip install ipywidgets")
else:
    drugs = ["ketamine", "esketamine", "arketamine"]
    routes = ["oral", "iv over 40 min", "im", "intranasal", "sublingual"]
    ipywidgets.interact(beside_infusion, form=drugs, route=routes)

# %% [markdown]
# The explorer page in these states: `ketasim explore '#p=forms'`, `ketasim explore '#p=hnk'` or `ketasim explore '#p=routes'`.
