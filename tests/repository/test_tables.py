"""Names of scenarios come from the core's tables; nothing is typed again in the package or the page."""

import ast
import re
from pathlib import Path

import pytest

import ketasim as ks
from ketasim import _core
from ketasim.catalogue import all_sources

ROOT = Path(__file__).resolve().parents[2]

#: Tables of the core whose names may be written in one place alone.
TABLES = {
    "drug": _core.drug_table(),
    "route": _core.route_table(),
    "context": _core.context_table(),
    "variant": _core.variant_table(),
    "genotype": _core.genotype_table(),
    "species": _core.species_table(),
    "block": [{"name": row["target"]} for row in _core.drug_table() if row["target"]],
    "input": _core.input_table(),
}
#: A list that names so many of one table repeats the table.
TOO_MANY = 3


def test_a_table_says_what_a_row_is():
    for table in (ks.drugs(), ks.routes(), ks.contexts(), ks.variants(), ks.inputs(), ks.states()):
        assert len(table) == len(set(table.names)) > 0
        assert all(row["description"] for row in table)


def test_every_drug_of_the_table_can_be_given_as_the_table_says():
    for drug in ks.drugs():
        for route in drug["routes"]:
            unit = ks.routes()[route]["units"][0]
            amount = 0.5 if unit == "fraction" else 1.0
            length = 1.0 if ks.routes()[route]["lasts"] else 0.0
            dose = ks.Dose(drug["name"], amount, unit, route, duration_h=length)
            run = ks.simulate(ks.Scenario(dose), t_eval=[0.0, 1.0])
            assert run.success, drug["name"]
        for route in set(ks.routes().names) - set(drug["routes"]):
            unit = ks.routes()[route]["units"][0]
            with pytest.raises(ks.ScenarioError, match="possible: "):
                ks.Dose(drug["name"], 0.5, unit, route, duration_h=1.0)


def test_every_spelling_is_read():
    for drug in ks.drugs():
        if drug["name"] == "placebo" or "oral" not in drug["routes"]:
            continue
        for word in drug["also"]:
            assert ks.Regimen.parse(f"{word} 1 mg oral").doses[0].drug == drug["name"]
    for route in ks.routes():
        for word in route["also"]:
            assert ks.Regimen.parse(f"placebo {word}").doses[0].route == route["name"]


def test_every_context_and_variant_runs():
    for context in ks.contexts().names:
        assert ks.simulate("ketamine 25 mg im", context=context, t_eval=[1.0]).success
    for variant in ks.variants().names:
        assert ks.simulate("ketamine 25 mg im", variant=variant, t_eval=[1.0]).success


def test_a_largest_dose_is_that_of_the_table():
    for drug in ks.drugs():
        most = drug["most_mg"]
        if most is None:
            continue
        route = drug["routes"][0]
        ks.Scenario(ks.Dose(drug["name"], most, "mg", route))
        with pytest.raises(ks.ScenarioError, match="far above the doses of studies"):
            ks.Scenario(ks.Dose(drug["name"], most * 1.001, "mg", route))


def test_only_drugs_that_open_a_session_must_wait_for_time_zero():
    for drug in ks.drugs():
        route = drug["routes"][0]
        row = ks.routes()[route]
        amount = 0.5 if row["site"] == "target" else 1.0
        dose = ks.Dose(
            drug["name"],
            amount,
            row["units"][0],
            route,
            start_h=-1.0,
            duration_h=1.0 if row["lasts"] else 0.0,
        )
        if drug["opens_session"]:
            with pytest.raises(ks.ScenarioError, match="first psychoactive dose"):
                ks.Scenario(dose)
        else:
            ks.Scenario(dose)


def test_age_and_genotype_act_as_their_tables_say():
    for row in _core.genotype_table():
        factors = ks.Subject(genotype=row["name"]).factors()
        assert factors.get(row["parameter"], 1.0) == row["factor"]
    (slope,) = _core.age_table()
    usual = ks.parameters()[slope["name"]]["value"]
    old = ks.Scenario("placebo oral", subject=ks.Subject(age_y=slope["above_y"] + 10.0))
    # Rounding of a quotient and a product.
    by_age = usual + 10.0 * slope["per_year"]
    assert old.all_parameters()[slope["name"]] == pytest.approx(by_age, rel=1e-15)


def test_a_person_has_the_factors_of_the_table():
    for row in _core.trait_table():
        factors = ks.Subject(**{row["trait"]: row["name"]}).factors()
        # A reference is left out.
        assert factors.get(row["parameter"], 1.0) == row["factor"]
        assert row["source_key"] in all_sources()


def test_body_size_acts_on_what_the_model_scales_with_weight():
    exponents = {row["name"]: row["exponent"] for row in _core.allometry_table()}
    assert set(exponents.values()) == {0.75, 1.0}
    assert exponents["pharmacokinetics.V1"] == 1.0
    assert exponents["serotonin.CL_esc"] == 0.75
    assert set(ks.Subject(weight_kg=50.0, body_size="none").factors()) == set(exponents)


def test_the_core_refuses_a_species_that_it_does_not_know():
    with pytest.raises(ks.UnknownNameError, match="known: human, rat, mouse"):
        _core.parameter_table("monkey")


def test_a_number_that_was_read_has_a_source_outside_the_model():
    for species in ("human", "rat"):
        unnamed = [
            row["name"]
            for row in _core.parameter_table(species)
            if row["source_key"] == "thisModel"
            and row["evidence"] in ("read", "secondary", "digitised")
        ]
        assert unnamed == []


# --- no second list -----------------------------------------------------------------------------

#: (file, table): why names of the table stand there. A choice among the names is not a copy of them.
ALLOWED = {
    ("python/ketasim/gallery/_enantiomers.py", "drug"): "the forms that the figure compares",
    ("explorer/state.js", "drug"): "the menu of the page: five drugs, by the codes of its address",
    ("explorer/state.js", "route"): "the menu of the page: routes in the order of speed",
    ("explorer/main.js", "route"): "the routes that the facts of a card compare",
    ("explorer/cascade.js", "block"): "nodes of the diagram, some of which can be blocked",
    ("explorer/nodes.js", "block"): "nodes of the diagram, some of which can be blocked",
    ("explorer/synapse_values.js", "block"): "parts of the drawing, some of which can be blocked",
    ("explorer/runs.js", "block"): "where the page's five blockers stop the diagram",
}


def _python_lists(text):
    """Texts that stand together in one display: list, tuple, set, keys or values of a dict."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            parts = [node.elts]
        elif isinstance(node, ast.Dict):
            parts = [node.keys, node.values]
        else:
            continue
        for together in parts:
            texts = [p.value for p in together if isinstance(p, ast.Constant)]
            yield [t for t in texts if isinstance(t, str)]
    # Names in one text, such as "ampa mtor bdnf", or quoted in a docstring.
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            yield words if all(w.isidentifier() for w in words) else []
            yield re.findall(r"'([^'\s]+)'", node.value)


def _script_lists(text):
    """The same in JavaScript: what stands between brackets or braces without further ones."""
    code = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    for inside in re.findall(r"[\[{]([^\[\]{}]*)[\]}]", code):
        keys = re.findall(r"([A-Za-z_]\w*)\s*:", inside)
        yield keys
        yield re.findall(r'"([^"]*)"', inside)


def _sources():
    for path in sorted((ROOT / "python/ketasim").rglob("*.py")):
        yield path, _python_lists
    for path in sorted((ROOT / "explorer").glob("*.js")):
        yield path, _script_lists


def _second_lists():
    for path, lists in _sources():
        for words in lists(path.read_text(encoding="utf-8")):
            for table, rows in TABLES.items():
                found = {row["name"] for row in rows} & set(words)
                if len(found) >= TOO_MANY:
                    yield path.relative_to(ROOT).as_posix(), table, sorted(found)


def test_no_list_in_the_package_or_the_page_repeats_a_table():
    copies = [f"{f}: {t}s {found}" for f, t, found in _second_lists() if (f, t) not in ALLOWED]
    assert not copies, "read these from the core:\n" + "\n".join(copies)


def test_what_is_allowed_is_still_there():
    found = {(file, table) for file, table, _ in _second_lists()}
    assert set(ALLOWED) <= found


@pytest.mark.parametrize(
    ("lists", "text"),
    [
        (_python_lists, 'DRUGS = ("ketamine", "esketamine", "mk801")'),
        (_python_lists, 'MOST = {"ketamine": 1.0, "esketamine": 1.0, "mk801": 0.1}'),
        (_python_lists, 'TOOLS = {"a": "ketamine", "b": "esketamine", "c": "mk801"}'),
        (_python_lists, 'DRUGS = "ketamine esketamine mk801".split()'),
        (_python_lists, "\"\"\"Drugs: 'ketamine', 'esketamine' or 'mk801'.\"\"\""),
        (_script_lists, 'const DRUGS = ["ketamine", "esketamine", "mk801"];'),
        (_script_lists, "const MOST = { ketamine: 1, esketamine: 1, mk801: 0.1 };"),
        (_script_lists, 'const OF = { a: "ketamine", b: "esketamine", c: "mk801" };'),
    ],
)
def test_a_copy_would_be_found(lists, text):
    drugs = {row["name"] for row in TABLES["drug"]}
    assert any(len(drugs & set(words)) >= TOO_MANY for words in lists(text))
