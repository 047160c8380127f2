/// The vocabulary is closed: every word reads back, and an unknown one lists the known ones.
#include <catch2/catch.hpp>
#include <set>

#include "person.hpp"

using namespace test;

namespace {

template <class E, std::size_t N>
void check_names(const std::array<Names<E>, N>& names, E last) {
  CHECK(static_cast<std::size_t>(last) + 1 == N);
  std::set<std::string> seen;
  for (std::size_t k = 0; k < N; ++k) {
    const E value = static_cast<E>(k);
    const std::string name = name_of(value, names);
    CAPTURE(name);
    CHECK(name != "?");
    CHECK(seen.insert(name).second);
    CHECK(from_name(name, names, "word") == value);
  }
}

}  // namespace

TEST_CASE("vocabulary: every word has one name, which reads back", "[dosing][vocabulary]") {
  check_names(drug_names, Drug::memory_retrieval);
  check_names(route_names, Route::target);
  check_names(unit_names, Unit::uM);
  check_names(context_names, Context::masked);
}

TEST_CASE("vocabulary: an unknown word is refused with the known ones", "[dosing][vocabulary]") {
  CHECK(refusal([] { (void)from_name("nasal", route_names, "route"); }) ==
        "unknown route 'nasal'; known: iv, im, sc, ip, intranasal, oral, oral_er, sublingual, "
        "rectal, bath, target");
  CHECK(refusal([] { (void)from_name("g", unit_names, "unit"); }) ==
        "unknown unit 'g'; known: mg, mg/kg, fraction, uM");
  CHECK_THROWS_AS(from_name("", drug_names, "drug"), ketasim::UnknownName);
}

TEST_CASE("vocabulary: psychoactive drugs and placebo open a session, tools do not",
          "[dosing][vocabulary]") {
  std::set<std::string> open;
  for (const auto& [drug, name] : drug_names)
    if (opens_session(drug)) open.emplace(name);
  CHECK(open == std::set<std::string>{"ketamine", "esketamine", "arketamine", "norketamine",
                                      "hnk_2r6r", "hnk_2s6s", "memantine", "mk801", "placebo"});
}

TEST_CASE("vocabulary: contexts carry the logits of their trials", "[dosing][vocabulary]") {
  struct Row {
    Context context;
    double expectancy, nonspecific, unblinding;
  };
  for (const Row& row :
       {Row{Context::open_label, 0.48, 0, 0}, Row{Context::saline, 0.10, 0, 0.50},
        Row{Context::midazolam, 0.55, 0, 0.15}, Row{Context::nasal_placebo, 0.40, 0, 0.30},
        Row{Context::oral_ad, 0, 1.2, 0}, Row{Context::masked, 1.0, 0, 0},
        Row{Context::none, 0, 0, 0}}) {
    CAPTURE(name_of(row.context, context_names));
    const ContextEffect effect = effect_of(row.context);
    CHECK(effect.expectancy == row.expectancy);
    CHECK(effect.nonspecific == row.nonspecific);
    CHECK(effect.unblinding == row.unblinding);
  }
}
