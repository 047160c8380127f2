"""Tables of the model and of what can be given: looked up by name, never changed, saved row by row."""

import json

import pytest

import ketasim as ks
from ketasim.catalogue import Table, possible_range


def test_a_row_is_found_by_name_and_by_position():
    table = ks.parameters()
    first = table[0]
    assert table[first["name"]] == first
    assert table.names[0] == first["name"]
    assert len(table) == len(table.names) == len(set(table.names))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ks.UnknownNameError, match=r"mtor\.tau_M"):
        ks.parameters()["mtor.tauM"]
    with pytest.raises(ks.UnknownNameError, match="it must be text"):
        ks.readouts()[1.5]
    with pytest.raises(ks.UnknownNameError, match="treatment-resistant depression"):
        ks.indications()["TRD"]


def test_rows_cannot_be_changed():
    row = ks.states()[0]
    with pytest.raises(TypeError, match="cannot be changed"):
        row["unit"] = "mg"


def test_rows_that_mention_a_text():
    found = ks.readouts().matching("MADRS")
    assert isinstance(found, Table)
    assert 0 < len(found) < len(ks.readouts())
    assert all("madrs" in str(dict(row)).casefold() for row in found)


def test_rows_of_some_names_in_their_order():
    table = ks.parameters()
    names = (table.names[3], table.names[1])
    chosen = table.of(names)
    assert chosen.names == names
    assert [chosen[0], chosen[1]] == [table[3], table[1]]
    with pytest.raises(ks.UnknownNameError, match=r"mtor\.tau_M"):
        table.of(["mtor.tauM"])
    with pytest.raises(ks.ScenarioError, match="give a list of names"):
        table.of("mtor.tau_M")


@pytest.mark.parametrize(
    "table",
    [
        ks.parameters(),
        ks.parameters("rat"),
        ks.states(),
        ks.readouts(),
        ks.inputs(),
    ],
)
def test_every_row_has_a_unit_and_a_description(table):
    assert all(row["unit"] and row["description"] for row in table)


@pytest.mark.parametrize("species", ["human", "rat"])
def test_every_value_lies_in_its_plausible_range_and_that_in_the_possible_one(species):
    for row in ks.parameters(species):
        least, most = possible_range(row)
        assert least <= row["low"] <= row["value"] <= row["high"] <= most, row["name"]


def test_a_table_is_saved_row_by_row(tmp_path):
    written = json.loads(ks.states().save(tmp_path / "states.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in written["rows"]] == list(ks.states().names)
    assert written["metadata"]["model"] == "ketasim"


def test_columns_are_chosen_by_name(tmp_path):
    sheet = ks.states().sheet(["name", "unit"])
    assert [column.name for column in sheet.columns] == ["name", "unit"]
    with pytest.raises(ks.UnknownNameError, match="unit"):
        ks.states().sheet(["units"])
