"""When does one ketamine infusion lift the mood, and when does a daily SSRI?

Needs `pip install "ketasim[plot]"`; writes hours_not_weeks.png into the current folder.
Educational simulation of published hypotheses. Not medical advice.
"""

import ketasim as ks
from ketasim.figures import signed
from ketasim.simulation import half_way, in_words, lowest

treatments = {
    "one ketamine infusion": ks.Regimen.parse("ketamine 0.5 mg/kg iv over 40 min"),
    "an SSRI every day": ks.Regimen.parse("escitalopram 10 mg oral daily for 8 weeks"),
}
runs = {name: ks.simulate(regimen, until="8 weeks") for name, regimen in treatments.items()}

for name, run in runs.items():
    relief = run["madrs_change"]
    best = lowest(run.t, relief)
    print(
        f"In the model, with {name} the mood is half-way to its best at "
        f"{in_words(half_way(run.t, relief))}, best at {in_words(best.time_h)} "
        f"({signed(best.value)} {run.unit('madrs_change')} MADRS)."
    )

figure = ks.compare(*runs.values(), labels=tuple(runs))
figure.savefig("hours_not_weeks.png", dpi=200)
print(figure.get_label())
