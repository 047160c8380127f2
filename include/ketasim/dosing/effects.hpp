/// What one administration does to the model: jumps of states and inputs that act for a while
/// (model section 2.1).
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "ketasim/dosing/dose.hpp"
#include "ketasim/model/cascade.hpp"

namespace ketasim::dosing {

/// A state jumps at a time: y <- scale y + add. States are counted as in the packed vector.
struct Jump {
  double time;
  int state;
  double scale = 1.0, add = 0.0;
};

/// Names a state by its place in the model, e.g. [](auto& y) -> double& { return y.mtor.A_rapa_gut;
/// }.
using StateOf = double& (*)(model::State<double>&);

/// Position of a state in the packed vector.
[[nodiscard]] inline int index_of(StateOf state) {
  model::State<double> y;
  state(y) = 1.0;
  int position = -1, k = 0;
  model::State<double>::each(y, [&](std::string_view, double value, const model::Variable&) {
    if (value != 0.0) position = k;
    ++k;
  });
  return position;
}

/// An input acts from start to end: an object with identity, not a pair of +/- records.
struct ActiveInput {
  double start, end;
  double model::Inputs<double>::*input;
  double amount;
};

struct Effects {
  std::vector<Jump> jumps;
  std::vector<ActiveInput> inputs;
};

/// Who receives it: what the conversion from mg to umol and the routes need to know.
struct Recipient {
  const model::Parameters<double>& parameters;  ///< after allometry
  double weight_kg;
};

namespace detail {

using model::Inputs;
/// Depots and rates of one enantiomer.
struct Enantiomer {
  StateOf A1, An, Aim, Asc, Aip, Asl, Arc;
  double Inputs<double>::*rate_A1, Inputs<double>::*rate_Asw, Inputs<double>::*rate_Apo,
      Inputs<double>::*rate_Ank, Inputs<double>::*rate_Ahk, Inputs<double>::*bath,
      Inputs<double>::*bath_HNK;
};

using Y = model::State<double>;
inline constexpr Enantiomer S{
    .A1 = [](Y& y) -> double& { return y.pharmacokinetics.S.A1; },
    .An = [](Y& y) -> double& { return y.pharmacokinetics.S.An; },
    .Aim = [](Y& y) -> double& { return y.pharmacokinetics.S.Aim; },
    .Asc = [](Y& y) -> double& { return y.pharmacokinetics.S.Asc; },
    .Aip = [](Y& y) -> double& { return y.pharmacokinetics.S.Aip; },
    .Asl = [](Y& y) -> double& { return y.pharmacokinetics.S.Asl; },
    .Arc = [](Y& y) -> double& { return y.pharmacokinetics.S.Arc; },
    .rate_A1 = &Inputs<double>::rate_A1_S,
    .rate_Asw = &Inputs<double>::rate_Asw_S,
    .rate_Apo = &Inputs<double>::rate_Apo_S,
    .rate_Ank = &Inputs<double>::rate_Ank_S,
    .rate_Ahk = &Inputs<double>::rate_Ahk_S,
    .bath = &Inputs<double>::bath_S,
    .bath_HNK = &Inputs<double>::bath_HNK_S,
};
inline constexpr Enantiomer R{
    .A1 = [](Y& y) -> double& { return y.pharmacokinetics.R.A1; },
    .An = [](Y& y) -> double& { return y.pharmacokinetics.R.An; },
    .Aim = [](Y& y) -> double& { return y.pharmacokinetics.R.Aim; },
    .Asc = [](Y& y) -> double& { return y.pharmacokinetics.R.Asc; },
    .Aip = [](Y& y) -> double& { return y.pharmacokinetics.R.Aip; },
    .Asl = [](Y& y) -> double& { return y.pharmacokinetics.R.Asl; },
    .Arc = [](Y& y) -> double& { return y.pharmacokinetics.R.Arc; },
    .rate_A1 = &Inputs<double>::rate_A1_R,
    .rate_Asw = &Inputs<double>::rate_Asw_R,
    .rate_Apo = &Inputs<double>::rate_Apo_R,
    .rate_Ank = &Inputs<double>::rate_Ank_R,
    .rate_Ahk = &Inputs<double>::rate_Ahk_R,
    .bath = &Inputs<double>::bath_R,
    .bath_HNK = &Inputs<double>::bath_HNK_R,
};

/// Molar mass [g/mol] of a drug given in mg.
[[nodiscard]] inline double molar_mass(Drug drug) {
  using namespace model;
  switch (drug) {
    case Drug::ketamine:
    case Drug::esketamine:
    case Drug::arketamine:
      return pharmacokinetics::molar_mass_ketamine;
    case Drug::norketamine:
      return pharmacokinetics::molar_mass_norketamine;
    case Drug::hnk_2r6r:
    case Drug::hnk_2s6s:
      return pharmacokinetics::molar_mass_hydroxynorketamine;
    case Drug::memantine:
      return nmda_block::molar_mass_memantine;
    case Drug::mk801:
      return nmda_block::molar_mass_mk801;
    case Drug::escitalopram:
      return serotonin::molar_mass_escitalopram;
    case Drug::fluoxetine:
      return serotonin::molar_mass_fluoxetine;
    case Drug::rapamycin:
      return mtor::molar_mass_rapamycin;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace detail

/// `amount` given evenly over `duration`. Late in a run start + duration is rounded; the rate
/// belongs to the length that remains, so the amount is exact.
[[nodiscard]] inline ActiveInput spread(double model::Inputs<double>::*input, double amount,
                                        double start, double duration) {
  const double end = start + duration;
  return {start, end, input, amount / (end - start)};
}

/// Amount of a record in mg, for records in mg or mg/kg.
[[nodiscard]] inline double milligrams(const Dose& dose, const Recipient& who) {
  return dose.unit == Unit::mg_per_kg ? dose.amount * who.weight_kg : dose.amount;
}

/// One enantiomer of ketamine, n umol of it, by any route; `mg` is the whole record, which sets the
/// number of devices.
inline void give_enantiomer(Effects& to, const detail::Enantiomer& e, double n, double mg,
                            const Dose& dose, double start, const Recipient& who) {
  const auto& p = who.parameters.pharmacokinetics;
  const auto add = [&](StateOf state, double amount) {
    to.jumps.push_back({start, index_of(state), 1.0, amount});
  };
  const auto rate = [&](double model::Inputs<double>::*input, double amount, double from,
                        double duration) {
    to.inputs.push_back(spread(input, amount, from, duration));
  };
  switch (dose.route) {
    case Route::iv:
      if (at_once(start, dose.duration_h))
        add(e.A1, n);
      else
        rate(e.rate_A1, n, start, dose.duration_h);
      break;
    case Route::im:
      add(e.Aim, n * p.F_im);
      break;
    case Route::sc:
      add(e.Asc, n * p.F_sc);
      break;
    case Route::ip:
      add(e.Aip, n);
      break;
    case Route::rectal:
      add(e.Arc, n);
      break;
    case Route::intranasal: {
      constexpr double device_mg = 28.0, spacing_h = 5.0 / 60.0;
      const int devices = std::max(1, static_cast<int>(std::ceil(mg / device_mg - 1e-9)));
      for (int k = 0; k < devices; ++k) {
        const double at = start + k * spacing_h, sprayed = n / devices;
        const double absorbed = k == 0 ? p.FR_n : p.FR_n * p.dFR_n;
        to.jumps.push_back({at, index_of(e.An), 1.0, sprayed * absorbed});
        rate(e.rate_Asw, sprayed * (1.0 - absorbed) * p.F_gut, at, p.D_sw);
      }
      break;
    }
    case Route::oral:
      rate(e.rate_Apo, n * p.F_gut, start, p.D_po);
      break;
    case Route::oral_er:
      rate(e.rate_Apo, n * p.F_gut_er, start, p.D_er);
      break;
    case Route::sublingual:
      add(e.Asl, n * p.FR_sl);
      rate(e.rate_Asw, n * (1.0 - p.FR_sl) * p.F_gut, start, p.D_sw);
      break;
    case Route::bath:
      to.inputs.push_back({start, start + dose.duration_h, e.bath, n});
      break;
    case Route::target:
      throw ScenarioError(describe(dose) +
                          ": cannot be given by route 'target'; possible: iv, im, "
                          "sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath");
  }
}

/// A metabolite: iv as bolus or rate, otherwise n F_met as a zero-order input.
inline void give_metabolite(Effects& to, StateOf state, double model::Inputs<double>::*input,
                            double n, const Dose& dose, double start, const Recipient& who) {
  const auto& p = who.parameters.pharmacokinetics;
  if (dose.route != Route::iv)
    to.inputs.push_back(spread(input, n * p.F_met, start, p.D_met));
  else if (at_once(start, dose.duration_h))
    to.jumps.push_back({start, index_of(state), 1.0, n});
  else
    to.inputs.push_back(spread(input, n, start, dose.duration_h));
}

/// Effects of the administration of `dose` at time `start` [h].
/// @throws ScenarioError if the drug cannot be given by the route.
[[nodiscard]] inline Effects effects_of(const Dose& dose, double start, const Recipient& who) {
  using detail::Y;
  using model::Inputs;
  Effects to;
  const auto& pk = who.parameters.pharmacokinetics;
  const double mg = milligrams(dose, who) * dose.bioavailability;
  const double n = mg * 1000.0 / detail::molar_mass(dose.drug);  // umol
  const double amount = dose.amount * dose.bioavailability;
  const double end = start + dose.duration_h;
  const auto hold = [&](double Inputs<double>::*input) {
    to.inputs.push_back({start, end, input, amount});
  };
  const auto refuse = [&](const char* routes) {
    throw ScenarioError(describe(dose) + ": cannot be given by route '" +
                        name_of(dose.route, route_names) + "'; possible: " + routes);
  };
  const bool bath = dose.route == Route::bath, target = dose.route == Route::target;
  const double given = bath ? amount : n;  // baths are held in uM, everything else is umol
  switch (dose.drug) {
    case Drug::ketamine:
      give_enantiomer(to, detail::S, 0.5 * given, milligrams(dose, who), dose, start, who);
      give_enantiomer(to, detail::R, 0.5 * given, milligrams(dose, who), dose, start, who);
      break;
    case Drug::esketamine:
      give_enantiomer(to, detail::S, given, milligrams(dose, who), dose, start, who);
      break;
    case Drug::arketamine:
      give_enantiomer(to, detail::R, given, milligrams(dose, who), dose, start, who);
      break;
    case Drug::norketamine:
      if (target) refuse("iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath");
      if (bath) {
        hold(&Inputs<double>::bath_NK);
      } else {
        const auto S = [](Y& y) -> double& { return y.pharmacokinetics.S.Ank; };
        const auto R = [](Y& y) -> double& { return y.pharmacokinetics.R.Ank; };
        give_metabolite(to, S, &Inputs<double>::rate_Ank_S, 0.5 * n, dose, start, who);
        give_metabolite(to, R, &Inputs<double>::rate_Ank_R, 0.5 * n, dose, start, who);
      }
      break;
    case Drug::hnk_2r6r:
      if (target) refuse("iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath");
      if (bath)
        hold(&Inputs<double>::bath_HNK_R);
      else
        give_metabolite(
            to, [](Y& y) -> double& { return y.pharmacokinetics.R.Ahk; },
            &Inputs<double>::rate_Ahk_R, n, dose, start, who);
      break;
    case Drug::hnk_2s6s:
      if (target) refuse("iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath");
      if (bath)
        hold(&Inputs<double>::bath_HNK_S);
      else
        give_metabolite(
            to, [](Y& y) -> double& { return y.pharmacokinetics.S.Ahk; },
            &Inputs<double>::rate_Ahk_S, n, dose, start, who);
      break;
    case Drug::memantine:
    case Drug::mk801: {
      if (target) refuse("iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath");
      const bool memantine = dose.drug == Drug::memantine;
      if (bath) {
        hold(memantine ? &Inputs<double>::bath_mem : &Inputs<double>::bath_mk);
      } else {
        const double volume =
            memantine ? who.parameters.nmda_block.V_mem : who.parameters.nmda_block.V_mk;  // L/kg
        const double concentration = n / who.weight_kg / volume;                           // uM
        to.inputs.push_back(spread(memantine ? &Inputs<double>::rate_mem : &Inputs<double>::rate_mk,
                                   concentration, start, pk.D_met));
      }
      break;
    }
    case Drug::escitalopram:
      if (target) refuse("oral (or any other route for a dose in mg), bath");
      if (bath)
        hold(&Inputs<double>::bath_esc);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.serotonin.A_esc_gut; }), 1.0, n});
      break;
    case Drug::fluoxetine:
      if (target) refuse("oral (or any other route for a dose in mg), bath");
      if (bath)
        hold(&Inputs<double>::bath_flx);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.serotonin.A_flx_gut; }), 1.0, n});
      break;
    case Drug::rapamycin:
      if (bath) refuse("oral (or any other route for a dose in mg), target");
      if (target)
        hold(&Inputs<double>::rapamycin);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.mtor.A_rapa_gut; }), 1.0, n});
      break;
    case Drug::bdnf:
      if (!bath) refuse("bath");
      hold(&Inputs<double>::bath_bdnf);
      break;
    case Drug::nbqx:
    case Drug::anti_bdnf:
    case Drug::vdcc_blocker:
    case Drug::anisomycin:
    case Drug::ly379268:
    case Drug::ly341495:
    case Drug::naltrexone: {
      if (!target) refuse("target");
      hold(dose.drug == Drug::nbqx           ? &Inputs<double>::nbqx
           : dose.drug == Drug::anti_bdnf    ? &Inputs<double>::anti_bdnf
           : dose.drug == Drug::vdcc_blocker ? &Inputs<double>::vdcc_blocker
           : dose.drug == Drug::anisomycin   ? &Inputs<double>::anisomycin
           : dose.drug == Drug::ly379268     ? &Inputs<double>::ly379268
           : dose.drug == Drug::ly341495     ? &Inputs<double>::ly341495
                                             : &Inputs<double>::naltrexone);
      break;
    }
    case Drug::psychotherapy: {
      if (!target) refuse("target");
      constexpr double session_h = 6.0;  // the session and the consolidation that follows it
      const double duration = dose.duration_h > 0.0 ? dose.duration_h : session_h;
      to.inputs.push_back({start, start + duration, &Inputs<double>::therapy, amount});
      break;
    }
    case Drug::memory_retrieval:
      if (!target) refuse("target");
      to.jumps.push_back(
          {start, index_of([](Y& y) -> double& { return y.psychotherapy.Lb; }), 0.0, amount});
      break;
    case Drug::placebo:
      break;
  }
  return to;
}

}  // namespace ketasim::dosing
