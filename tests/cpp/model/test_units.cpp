/// Every equation is dimensionally consistent, and a wrong unit anywhere is refused.
// united.hpp comes first: it teaches quantity<United>() its units.
// clang-format off
#include "united.hpp"
// clang-format on

#include <functional>
#include <map>
#include <set>

#include "ketasim/observation/clinical.hpp"
#include "setting.hpp"

using namespace test;

namespace {

/// All that enters the equations, each with the unit of its table.
struct Everything {
  Parameters<United> p;
  State<United> y;
  Inputs<United> u;
  United weight{80.0, unit("kg")};
};

Everything everything() {
  Everything all{.p = parameters::of<United>(model::Species::human), .y = {}, .u = {}};
  const Parameters<double> p = parameters::human();
  Anywhere anywhere(2);
  std::vector<double> values;
  const State<double> y = anywhere.state(p, model::derived(p));
  State<double>::each(
      y, [&](std::string_view, double v, const model::Variable&) { values.push_back(v); });
  std::size_t k = 0;
  State<United>::each(all.y, [&](std::string_view, United& v, const model::Variable& row) {
    v = {values[k++], unit(row.unit)};
  });
  values.clear();
  const Inputs<double> u = anywhere.inputs();
  Inputs<double>::each(u, [&](double v, const model::Input&) { values.push_back(v); });
  k = 0;
  Inputs<United>::each(all.u, [&](United& v, const model::Input& row) {
    v = {values[k++], unit(row.unit)};
  });
  return all;
}

/// Evaluates everything and demands the unit of the table of every result.
/// @throws UnitError naming what does not fit.
void evaluate(const Everything& all) {
  const Parameters<United> p = model::scaled_to_weight(all.p, all.weight);
  const Derived<United> d = model::derived(p);
  static_cast<void>(d.glutamate.J0.demand(unit("uM/h"), "J0"));
  static_cast<void>(d.glutamate.G0.demand(unit("uM"), "G0"));
  static_cast<void>(d.synaptogenesis.k_dm.demand(unit("1/h"), "k_dm"));
  static_cast<void>(d.synaptogenesis.k_f.demand(unit("1/h"), "k_f"));

  const State<United> f = model::derivative(all.y, all.u, p, d);
  State<United>::each(f, [](std::string_view, const United& v, const model::Variable& row) {
    static_cast<void>(v.demand(unit(row.unit).times(unit("h"), -1.0), row.name.data()));
  });

  const model::Readouts<United> r = model::readouts(all.y, all.u, p, d);
  model::Readouts<United>::each(r,
                                [](std::string_view, const United& v, const model::Readout& row) {
                                  static_cast<void>(v.demand(unit(row.unit), row.name.data()));
                                });

  const auto relief = model::relief(all.y, all.u, p, d);
  static_cast<void>(observation::response(all.u.z0, relief, p.symptoms).demand({}, "response"));
  static_cast<void>(observation::remission(all.u.z0, relief, p.symptoms).demand({}, "remission"));
  static_cast<void>(model::symptoms::baseline(p.symptoms, all.u.stress).demand({}, "z0"));
}

/// The unit a careless author might have written instead: another prefix and another dimension.
std::vector<UnitOf> wrong(const UnitOf& right) {
  UnitOf prefix = right;
  prefix.scale *= 1000.0;
  return {prefix, right.times(base_unit("mmHg"), 1.0)};
}

bool refused(const std::function<void(Everything&)>& spoil) {
  Everything all = everything();
  spoil(all);
  try {
    evaluate(all);
  } catch (const UnitError&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("units: names are read with prefixes and divisions", "[model][units]") {
  CHECK(unit("mM").same(unit("uM").times({{}, 1000.0}, 1.0)));
  CHECK(unit("L/h").times(unit("L"), -1.0).same(unit("1/h")));
  CHECK(unit("g/mol").times(unit("uM"), 1.0).same(unit("ng/mL")));
  CHECK_FALSE(unit("uM").same(unit("mM")));
  CHECK_FALSE(unit("umol").same(unit("uM")));
  CHECK_THROWS_AS(unit("furlong"), UnitError);
}

TEST_CASE("units: sums, powers and exponentials of what does not fit are refused",
          "[model][units]") {
  const United uM(1.0, unit("uM")), mM(1.0, unit("mM")), mmHg(1.0, unit("mmHg"));
  CHECK((uM + uM).value == 2.0);
  CHECK((uM / uM + 1.0).value == 2.0);
  CHECK(sqrt(uM * uM).unit.same(unit("uM")));
  CHECK_THROWS_AS(uM + mM, UnitError);
  CHECK_THROWS_AS(mM - mmHg, UnitError);
  CHECK_THROWS_AS(1.0 + uM, UnitError);
  CHECK_THROWS_AS(exp(uM), UnitError);
  CHECK_THROWS_AS(log(uM / mM), UnitError);
  CHECK_THROWS_AS(pow(uM, 2.0), UnitError);
  CHECK_THROWS_AS(pow(United(2.0), uM), UnitError);
  CHECK_THROWS_AS(softplus(uM), UnitError);
  CHECK_THROWS_AS(even_power(uM, 2.0), UnitError);
}

TEST_CASE("units: all derivatives, readouts, derived quantities and allometry are consistent",
          "[model][units]") {
  CHECK_NOTHROW(evaluate(everything()));
}

TEST_CASE("units: numbers with units are the numbers without", "[model][units]") {
  const Everything all = everything();
  const Derived<United> d = model::derived(all.p);
  const Parameters<double> p = parameters::human();
  State<double> y;
  Inputs<double> u;
  std::vector<double> values, want, got;
  State<United>::each(all.y, [&](std::string_view, const United& v, const model::Variable&) {
    values.push_back(v.value);
  });
  y = model::unpack<double>(values);
  values.clear();
  Inputs<United>::each(all.u,
                       [&](const United& v, const model::Input&) { values.push_back(v.value); });
  std::size_t k = 0;
  Inputs<double>::each(u, [&](double& v, const model::Input&) { v = values[k++]; });

  const State<double> f = model::derivative(y, u, p, model::derived(p));
  State<double>::each(
      f, [&](std::string_view, double v, const model::Variable&) { want.push_back(v); });
  const State<United> g = model::derivative(all.y, all.u, all.p, d);
  State<United>::each(g, [&](std::string_view, const United& v, const model::Variable&) {
    got.push_back(v.value);
  });
  CHECK(want == got);
}

TEST_CASE("units: the healthy state has the units of its table", "[model][units]") {
  const Everything all = everything();
  const State<United> y = model::healthy_state(all.p, model::derived(all.p));
  State<United>::each(y, [](std::string_view, const United& v, const model::Variable& row) {
    INFO(row.name);
    if (v.value != 0.0) CHECK(v.unit.same(unit(row.unit)));  // nothing at all has any unit
  });
}

TEST_CASE("units: allometry keeps the unit of every parameter", "[model][units]") {
  const Everything all = everything();
  const Parameters<United> scaled = model::scaled_to_weight(all.p, all.weight);
  Parameters<United>::each(
      scaled, [](std::string_view module, const United& v, const model::Parameter& row) {
        INFO(module << "." << row.name);
        CHECK(v.unit.same(unit(row.unit)));
      });
}

TEST_CASE("units: a parameter in another unit is refused, unless only events use it",
          "[model][units]") {
  std::set<std::string> unnoticed;
  std::size_t k = 0;
  const Parameters<double> table;
  Parameters<double>::each(
      table, [&](std::string_view module, double, const model::Parameter& row) {
        for (const UnitOf& other : wrong(unit(row.unit)))
          if (!refused([&](Everything& all) {
                std::size_t j = 0;
                Parameters<United>::each(all.p,
                                         [&](std::string_view, United& v, const model::Parameter&) {
                                           if (j++ == k) v.unit = other;
                                         });
              }))
            unnoticed.insert(std::string(module) + "." + std::string(row.name));
        ++k;
      });
  // Rules of observation use these of blood pressure; a trial's are logits that events or the context
  // hand on.
  for (const model::ParameterRow& row : model::parameter_rows())
    if (row.module == "trial") CHECK(unnoticed.erase(full_name_of(row)) == 1);
  for (const char* name :
       {"v_SBP", "v_DBP", "omega_SBP", "omega_DBP", "SBP_0", "DBP_0", "sd_SBP_0", "sd_DBP_0"})
    CHECK(unnoticed.erase("tolerability." + std::string(name)) == 1);
  // Only events use these.
  CHECK(unnoticed == std::set<std::string>{"pharmacokinetics.FR_n", "pharmacokinetics.dFR_n",
                                           "pharmacokinetics.D_sw", "pharmacokinetics.D_po",
                                           "pharmacokinetics.D_er", "pharmacokinetics.D_met",
                                           "pharmacokinetics.F_im", "pharmacokinetics.F_sc",
                                           "pharmacokinetics.F_er", "pharmacokinetics.F_met",
                                           "pharmacokinetics.FR_sl", "pharmacokinetics.f_sw",
                                           "nmda_block.V_mem", "nmda_block.V_mk", "enzymes.s_SJW"});
}

TEST_CASE("units: a state, an input or a weight in another unit is refused", "[model][units]") {
  for (const std::size_t which : {0u, 1u}) {
    for (std::size_t k = 0; k < n_states; ++k) {
      std::string name;
      const bool noticed = refused([&](Everything& all) {
        std::size_t j = 0;
        State<United>::each(all.y, [&](std::string_view, United& v, const model::Variable& row) {
          if (j++ != k) return;
          v.unit = wrong(unit(row.unit))[which];
          name = std::string(row.name) + std::string(row.suffix);
        });
      });
      INFO(name << ", wrong " << (which == 0 ? "prefix" : "dimension"));
      CHECK(noticed);
    }
    std::size_t n_inputs = 0;
    const Inputs<double> table;
    Inputs<double>::each(table, [&](double, const model::Input&) { ++n_inputs; });
    for (std::size_t k = 0; k < n_inputs; ++k) {
      std::string name;
      const bool noticed = refused([&](Everything& all) {
        std::size_t j = 0;
        Inputs<United>::each(all.u, [&](United& v, const model::Input& row) {
          if (j++ != k) return;
          v.unit = wrong(unit(row.unit))[which];
          name = row.name;
        });
      });
      INFO(name << ", wrong " << (which == 0 ? "prefix" : "dimension"));
      CHECK(noticed);
    }
    CHECK(refused([&](Everything& all) { all.weight.unit = wrong(unit("kg"))[which]; }));
  }
}

TEST_CASE("units: planted errors in copies of equations are refused", "[model][units]") {
  const Everything all = everything();
  const auto& p = all.p;
  const auto& A = all.y.serotonin;

  // The right terms pass ...
  const United in = p.serotonin.ka_esc * A.A_esc_gut;
  CHECK_NOTHROW(in - p.serotonin.CL_esc / p.serotonin.V_esc * A.A_esc);
  // ... and a forgotten volume, a concentration among amounts, and a rate taken for a time do not.
  CHECK_THROWS_AS(in - p.serotonin.CL_esc * A.A_esc, UnitError);
  CHECK_THROWS_AS(in - p.serotonin.CL_esc / p.serotonin.V_esc * (A.A_esc / p.serotonin.V_esc),
                  UnitError);
  CHECK_THROWS_AS(
      A.A_esc_gut / p.serotonin.ka_esc - p.serotonin.CL_esc / p.serotonin.V_esc * A.A_esc,
      UnitError);

  // Minutes taken for hours in the uptake of glutamate; the factor 60 makes it right.
  const auto& g = p.glutamate;
  const United appearance = model::derived(p).glutamate.J0;
  const United uptake = g.V_max * all.y.glutamate.G / (g.K_m + all.y.glutamate.G);
  CHECK_THROWS_AS(appearance - uptake, UnitError);
  CHECK_NOTHROW(appearance - ketasim::scalar::quantity<United>(60.0, "min/h") * uptake);

  // Magnesium is mM and ketamine uM: each with its own constant.
  const auto& n = p.nmda_block;
  CHECK_NOTHROW(1.0 + n.Mg / n.K_Mg_I);
  CHECK_THROWS_AS(1.0 + n.Mg / n.K0, UnitError);
}
