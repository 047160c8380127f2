/// The vocabulary is closed: every word reads back, and an unknown one lists the known ones.
#include <catch2/catch.hpp>
#include <set>

#include "ketasim/parameters/subjects.hpp"
#include "ketasim/parameters/variants.hpp"
#include "person.hpp"

using namespace test;

namespace {

template <class Row, std::size_t N>
void check_names(const std::array<Row, N>& rows) {
  for (std::size_t k = 0; k < N; ++k) {
    const std::string name(rows[k].name);
    CAPTURE(name);
    CHECK(from_name(name, rows, "word") == rows[k].value);
    CHECK(name_of(rows[k].value, rows) == name);
    CHECK(&row_of(rows[k].value, rows) == &rows[k]);
  }
}

/// Every word that is read for a value stands for that value alone.
template <class Rows>
void check_spellings(const Rows& rows) {
  std::set<std::string> seen;
  for (const auto& row : rows) {
    CHECK(seen.insert(std::string(row.name)).second);
    for (const std::string_view word : row.also)
      if (!word.empty()) CHECK(seen.insert(std::string(word)).second);
  }
}

// Tables that lack a row, or have one too many or in the wrong place.
enum class Letter { a, b, c };
using LetterRow = ketasim::WordRow<Letter>;
constexpr std::array whole{LetterRow{Letter::a, "a"}, LetterRow{Letter::b, "b"},
                           LetterRow{Letter::c, "c"}};
constexpr std::array one_missing{LetterRow{Letter::a, "a"}, LetterRow{Letter::b, "b"}};
constexpr std::array swapped{LetterRow{Letter::b, "b"}, LetterRow{Letter::a, "a"},
                             LetterRow{Letter::c, "c"}};
constexpr std::array same_name{LetterRow{Letter::a, "a"}, LetterRow{Letter::b, "a"},
                               LetterRow{Letter::c, "c"}};

}  // namespace

TEST_CASE("vocabulary: a table that lacks a row does not compile", "[dosing][vocabulary]") {
  using ketasim::has_all_rows, ketasim::is_enumerator;
  STATIC_REQUIRE(has_all_rows<whole>());
  STATIC_REQUIRE_FALSE(has_all_rows<one_missing>());
  STATIC_REQUIRE_FALSE(has_all_rows<swapped>());
  STATIC_REQUIRE_FALSE(has_all_rows<same_name>());
  STATIC_REQUIRE(is_enumerator<Drug::memory_retrieval>());
  STATIC_REQUIRE_FALSE(is_enumerator<static_cast<Drug>(drugs.size())>());
}

TEST_CASE("vocabulary: every word has one name, which reads back", "[dosing][vocabulary]") {
  check_names(drugs);
  check_names(families);
  check_names(routes);
  check_names(units);
  check_names(sites);
  check_names(contexts);
  check_spellings(drugs);
  check_spellings(routes);
  check_spellings(units);
}

TEST_CASE("vocabulary: every row says what it is", "[dosing][vocabulary]") {
  const auto check = [](const auto& rows) {
    for (const auto& row : rows) {
      CAPTURE(row.name);
      CHECK_FALSE(row.meaning.empty());
    }
  };
  check(drugs);
  check(families);
  check(routes);
  check(units);
  check(contexts);
  check(ketasim::parameters::variants);
  check(ketasim::parameters::species_rows);
  check(ketasim::parameters::genotypes);
  check(ketasim::parameters::age_rows);
  check(ketasim::parameters::traits);
  check(ketasim::model::state_kinds);
  check(ketasim::model::input_kinds);
}

TEST_CASE("vocabulary: a site has units, and every route leads to one", "[dosing][vocabulary]") {
  CHECK(units_at(Site::body) == "mg, mg/kg");
  CHECK(units_at(Site::bath) == "uM");
  CHECK(units_at(Site::target) == "fraction");
  for (const RouteRow& route : routes) {
    CAPTURE(route.name);
    CHECK((route.device_gap_h > 0.0) == (route.device_mg > 0.0));
    // What is held is held for a time.
    if (route.site != Site::body) CHECK(route.lasts);
  }
}

TEST_CASE("vocabulary: genotypes, ages, traits and variants change parameters that exist",
          "[dosing][vocabulary]") {
  auto p = ketasim::parameters::human();
  const auto exists = [&](std::string_view name) {
    CAPTURE(name);
    CHECK_NOTHROW((void)ketasim::parameters::find(p, name));
  };
  for (const auto& row : ketasim::parameters::genotypes) exists(row.parameter);
  for (const auto& row : ketasim::parameters::age_rows) exists(row.name);
  for (const auto& row : ketasim::parameters::traits) {
    exists(row.parameter);
    CHECK(row.factor > 0.0);
  }
  for (const auto& row : ketasim::parameters::overrides) {
    exists(row.parameter);
    CHECK((row.species == "all" || row.species == "human" || row.species == "rat"));
  }
  // Beyond the oldest person of the source nothing changes, and even the oldest keep half of a flow.
  for (const auto& row : ketasim::parameters::age_rows) {
    const double usual = ketasim::parameters::find(p, row.name);
    CHECK(row.above_y < row.up_to_y);
    CHECK(usual + row.per_year * (row.up_to_y - row.above_y) > 0.5 * usual);
  }
}

TEST_CASE("vocabulary: a species has its own range of weights", "[dosing][vocabulary]") {
  for (const auto& row : ketasim::parameters::species_rows) {
    CAPTURE(row.name);
    CHECK(row.lightest_kg <= row.weight_kg);
    CHECK(row.weight_kg <= row.heaviest_kg);
    CHECK((row.severity >= 0.0 && row.severity <= 1.0));
    CHECK(&ketasim::parameters::species_row(row.name) == &row);
  }
  CHECK(refusal([] { (void)ketasim::parameters::species_row("monkey"); }) ==
        "unknown species 'monkey'; known: human, rat, mouse, cell, slice");
}

TEST_CASE("vocabulary: an unknown word is refused with the known ones", "[dosing][vocabulary]") {
  CHECK(refusal([] { (void)from_name("nasal", routes, "route"); }) ==
        "unknown route 'nasal'; known: iv, im, sc, ip, intranasal, oral, oral_er, sublingual, "
        "rectal, bath, target");
  CHECK(refusal([] { (void)from_name("g", units, "unit"); }) ==
        "unknown unit 'g'; known: mg, mg/kg, fraction, uM");
  CHECK_THROWS_AS(from_name("", drugs, "drug"), ketasim::UnknownName);
}

TEST_CASE("vocabulary: psychoactive drugs and placebo open a session, tools do not",
          "[dosing][vocabulary]") {
  std::set<std::string> open;
  for (const DrugRow& drug : drugs)
    if (drug.opens_session()) open.emplace(drug.name);
  CHECK(open == std::set<std::string>{"ketamine", "esketamine", "arketamine", "norketamine",
                                      "hnk_2r6r", "hnk_2s6s", "memantine", "mk801", "placebo"});
}

TEST_CASE("vocabulary: a context is a control arm, with or without a new antidepressant",
          "[dosing][vocabulary]") {
  for (const ContextRow& row : contexts) {
    CAPTURE(row.name);
    const std::string name(row.name);
    CHECK(name.ends_with("oral_ad") == row.new_antidepressant);
    if (!row.new_antidepressant) continue;
    // "midazolam+oral_ad" is midazolam and "oral_ad"; "oral_ad" alone is "none" and "oral_ad".
    const std::size_t plus = name.find('+');
    const std::string control = plus == std::string::npos ? "none" : name.substr(0, plus);
    const ContextRow& blind = row_of(from_name(control, contexts, "context"), contexts);
    CHECK(blind.control == row.control);
    CHECK_FALSE(blind.new_antidepressant);
  }
}

TEST_CASE("vocabulary: what a trial adds is what its control and its antidepressant add",
          "[dosing][vocabulary]") {
  const auto& p = human().trial;
  for (const ContextRow& row : contexts) {
    CAPTURE(row.name);
    const auto all = trial_effects(row.value, p);
    if (!row.new_antidepressant) {
      CHECK(all.nonspecific == 0.0);
      continue;
    }
    for (const ContextRow& part : contexts)
      if (part.control == row.control && !part.new_antidepressant) {
        const auto control = trial_effects(part.value, p);
        CHECK(all.expectancy == control.expectancy);
        CHECK(all.unblinding == control.unblinding);
      }
    CHECK(all.nonspecific == trial_effects(Context::oral_ad, p).nonspecific);
    CHECK(all.nonspecific == p.n_oral_ad);
  }
  const auto none = trial_effects(Context::none, p);
  CHECK(none.expectancy == 0.0);
  CHECK(none.unblinding == 0.0);
  // Who knows what is given, or can tell nothing, is not unblinded by dissociation.
  CHECK(trial_effects(Context::open_label, p).unblinding == 0.0);
  CHECK(trial_effects(Context::masked, p).unblinding == 0.0);
  for (const Context blinded : {Context::saline, Context::midazolam, Context::nasal_placebo}) {
    CHECK(trial_effects(blinded, p).unblinding > 0.0);
    CHECK(trial_effects(blinded, p).expectancy > 0.0);
  }
}
