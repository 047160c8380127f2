/// What one administration does to the model: jumps of states and inputs that act for a while.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "ketasim/dosing/dose.hpp"
#include "ketasim/model/cascade.hpp"

namespace ketasim::dosing {

/// A state jumps at a time: y <- scale y + add. States are counted as in the packed vector.
template <class T>
struct BasicJump {
  T time;
  int state;
  T scale = 1.0, add = 0.0;
};
using Jump = BasicJump<double>;

/// Names a state by its place in the model, e.g. [](auto& y) -> double& { return y.mtor.M; }.
using StateOf = double& (*)(model::State<double>&);

/// Position of a state in the packed vector.
[[nodiscard]] inline int index_of(StateOf state) {
  static model::State<double> any;
  return static_cast<int>(&state(any) - model::numbers(any).data());
}

/// An input acts from start to end: an object with identity, not a pair of +/- records.
template <class T>
struct BasicActiveInput {
  T start, end;
  T model::Inputs<T>::*input;
  T amount;
};
using ActiveInput = BasicActiveInput<double>;

template <class T>
struct BasicEffects {
  std::vector<BasicJump<T>> jumps;
  std::vector<BasicActiveInput<T>> inputs;
};
using Effects = BasicEffects<double>;

/// Who receives it: what the conversion from mg to umol and the routes need to know.
template <class T>
struct BasicRecipient {
  const model::Parameters<T>& parameters;  ///< after allometry
  T weight_kg;
};
using Recipient = BasicRecipient<double>;

namespace detail {

using model::Inputs;
/// Depots and rates of one enantiomer.
template <class T>
struct Enantiomer {
  StateOf A1, An, Aim, Asc, Aip, Asl, Arc;
  T Inputs<T>::*rate_A1, Inputs<T>::*rate_Asw, Inputs<T>::*rate_Apo, Inputs<T>::*rate_Ank,
      Inputs<T>::*rate_Ahk, Inputs<T>::*bath, Inputs<T>::*bath_HNK;
};

using Y = model::State<double>;
template <class T>
inline constexpr Enantiomer<T> S{
    .A1 = [](Y& y) -> double& { return y.pharmacokinetics.S.A1; },
    .An = [](Y& y) -> double& { return y.pharmacokinetics.S.An; },
    .Aim = [](Y& y) -> double& { return y.pharmacokinetics.S.Aim; },
    .Asc = [](Y& y) -> double& { return y.pharmacokinetics.S.Asc; },
    .Aip = [](Y& y) -> double& { return y.pharmacokinetics.S.Aip; },
    .Asl = [](Y& y) -> double& { return y.pharmacokinetics.S.Asl; },
    .Arc = [](Y& y) -> double& { return y.pharmacokinetics.S.Arc; },
    .rate_A1 = &Inputs<T>::rate_A1_S,
    .rate_Asw = &Inputs<T>::rate_Asw_S,
    .rate_Apo = &Inputs<T>::rate_Apo_S,
    .rate_Ank = &Inputs<T>::rate_Ank_S,
    .rate_Ahk = &Inputs<T>::rate_Ahk_S,
    .bath = &Inputs<T>::bath_S,
    .bath_HNK = &Inputs<T>::bath_HNK_S,
};
template <class T>
inline constexpr Enantiomer<T> R{
    .A1 = [](Y& y) -> double& { return y.pharmacokinetics.R.A1; },
    .An = [](Y& y) -> double& { return y.pharmacokinetics.R.An; },
    .Aim = [](Y& y) -> double& { return y.pharmacokinetics.R.Aim; },
    .Asc = [](Y& y) -> double& { return y.pharmacokinetics.R.Asc; },
    .Aip = [](Y& y) -> double& { return y.pharmacokinetics.R.Aip; },
    .Asl = [](Y& y) -> double& { return y.pharmacokinetics.R.Asl; },
    .Arc = [](Y& y) -> double& { return y.pharmacokinetics.R.Arc; },
    .rate_A1 = &Inputs<T>::rate_A1_R,
    .rate_Asw = &Inputs<T>::rate_Asw_R,
    .rate_Apo = &Inputs<T>::rate_Apo_R,
    .rate_Ank = &Inputs<T>::rate_Ank_R,
    .rate_Ahk = &Inputs<T>::rate_Ahk_R,
    .bath = &Inputs<T>::bath_R,
    .bath_HNK = &Inputs<T>::bath_HNK_R,
};

}  // namespace detail

/// `amount` given evenly over `duration`. Late in a run start + duration is rounded; the rate
/// belongs to the length that remains, so the amount is exact.
template <class T>
[[nodiscard]] BasicActiveInput<T> spread(T model::Inputs<T>::*input, T amount, T start,
                                         T duration) {
  const T end = start + duration;
  return {start, end, input, amount / (end - start)};
}

/// Amount of a record in mg, for records in mg or mg/kg.
template <class T>
[[nodiscard]] T milligrams(const BasicDose<T>& dose, const BasicRecipient<T>& who) {
  return row_of(dose.unit, units).per_kg ? dose.amount * who.weight_kg : dose.amount;
}

/// One enantiomer of ketamine, n umol of it, by any route.
template <class T>
void give_enantiomer(BasicEffects<T>& to, const detail::Enantiomer<T>& e, T n,
                     const BasicDose<T>& dose, T start, const BasicRecipient<T>& who) {
  const auto& p = who.parameters.pharmacokinetics;
  const auto add = [&](StateOf state, T amount) {
    to.jumps.push_back({start, index_of(state), 1.0, amount});
  };
  const auto rate = [&](T model::Inputs<T>::*input, T amount, T from, T duration) {
    to.inputs.push_back(spread<T>(input, amount, from, duration));
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
      using scalar::value;
      constexpr RouteRow spray = row_of(Route::intranasal, routes);
      const int devices = static_cast<int>(
          std::min(devices_of(values(dose), value(who.weight_kg)), double{most_doses}));
      for (int k = 0; k < devices; ++k) {
        const T at = start + k * spray.device_gap_h, sprayed = n / static_cast<double>(devices);
        const T absorbed = k == 0 ? p.FR_n : T(p.FR_n * p.dFR_n);
        to.jumps.push_back({at, index_of(e.An), 1.0, sprayed * absorbed});
        rate(e.rate_Asw, sprayed * (1.0 - absorbed) * p.f_sw, at, p.D_sw);
      }
      break;
    }
    case Route::oral:
      rate(e.rate_Apo, n, start, p.D_po);
      break;
    case Route::oral_er:
      rate(e.rate_Apo, n * p.F_er, start, p.D_er);
      break;
    case Route::sublingual:
      add(e.Asl, n * p.FR_sl);
      rate(e.rate_Asw, n * (1.0 - p.FR_sl), start, p.D_sw);
      break;
    case Route::bath:
      to.inputs.push_back({start, start + dose.duration_h, e.bath, n});
      break;
    case Route::target:  // refused before
      break;
  }
}

/// A metabolite: iv as bolus or rate; by mouth or into the peritoneum n F_met as a zero-order input.
template <class T>
void give_metabolite(BasicEffects<T>& to, StateOf state, T model::Inputs<T>::*input, T n,
                     const BasicDose<T>& dose, T start, const BasicRecipient<T>& who) {
  const auto& p = who.parameters.pharmacokinetics;
  if (dose.route != Route::iv)
    to.inputs.push_back(spread<T>(input, n * p.F_met, start, p.D_met));
  else if (at_once(start, dose.duration_h))
    to.jumps.push_back({start, index_of(state), 1.0, n});
  else
    to.inputs.push_back(spread<T>(input, n, start, dose.duration_h));
}

/// Effects of the administration of `dose` at time `start` [h].
/// @throws ScenarioError if the drug cannot be given by the route.
template <class T>
[[nodiscard]] BasicEffects<T> effects_of(const BasicDose<T>& dose, std::type_identity_t<T> start,
                                         const BasicRecipient<T>& who) {
  using detail::Y;
  using model::Inputs;
  BasicEffects<T> to;
  const DrugRow& drug = row_of(dose.drug, drugs);
  check_route(dose);
  const auto& pk = who.parameters.pharmacokinetics;
  const T mg = milligrams(dose, who) * dose.bioavailability;
  const T n = mg * 1000.0 / drug.molar_mass;  // umol
  const T amount = dose.amount * dose.bioavailability;
  const T end = start + dose.duration_h;
  const auto hold = [&](T Inputs<T>::*input) { to.inputs.push_back({start, end, input, amount}); };
  const bool bath = dose.route == Route::bath, target = dose.route == Route::target;
  const T given = bath ? amount : n;  // baths are held in uM, everything else is umol
  switch (dose.drug) {
    case Drug::ketamine:
      give_enantiomer<T>(to, detail::S<T>, 0.5 * given, dose, start, who);
      give_enantiomer<T>(to, detail::R<T>, 0.5 * given, dose, start, who);
      break;
    case Drug::esketamine:
      give_enantiomer<T>(to, detail::S<T>, given, dose, start, who);
      break;
    case Drug::arketamine:
      give_enantiomer<T>(to, detail::R<T>, given, dose, start, who);
      break;
    case Drug::norketamine:
      if (bath) {
        hold(&Inputs<T>::bath_NK);
      } else {
        const auto S = [](Y& y) -> double& { return y.pharmacokinetics.S.Ank; };
        const auto R = [](Y& y) -> double& { return y.pharmacokinetics.R.Ank; };
        give_metabolite<T>(to, S, &Inputs<T>::rate_Ank_S, 0.5 * n, dose, start, who);
        give_metabolite<T>(to, R, &Inputs<T>::rate_Ank_R, 0.5 * n, dose, start, who);
      }
      break;
    case Drug::hnk_2r6r:
      if (bath)
        hold(&Inputs<T>::bath_HNK_R);
      else
        give_metabolite<T>(
            to, [](Y& y) -> double& { return y.pharmacokinetics.R.Ahk; }, &Inputs<T>::rate_Ahk_R, n,
            dose, start, who);
      break;
    case Drug::hnk_2s6s:
      if (bath)
        hold(&Inputs<T>::bath_HNK_S);
      else
        give_metabolite<T>(
            to, [](Y& y) -> double& { return y.pharmacokinetics.S.Ahk; }, &Inputs<T>::rate_Ahk_S, n,
            dose, start, who);
      break;
    case Drug::memantine:  // not iv: D_met is a time of absorption
    case Drug::mk801: {
      const bool memantine = dose.drug == Drug::memantine;
      if (bath) {
        hold(memantine ? &Inputs<T>::bath_mem : &Inputs<T>::bath_mk);
      } else {
        const T volume =
            memantine ? who.parameters.nmda_block.V_mem : who.parameters.nmda_block.V_mk;  // L/kg
        const T concentration = n / who.weight_kg / volume;                                // uM
        to.inputs.push_back(spread<T>(memantine ? &Inputs<T>::rate_mem : &Inputs<T>::rate_mk,
                                      concentration, start, pk.D_met));
      }
      break;
    }
    case Drug::escitalopram:
      if (bath)
        hold(&Inputs<T>::bath_esc);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.serotonin.A_esc_gut; }), 1.0, n});
      break;
    case Drug::fluoxetine:
      if (bath)
        hold(&Inputs<T>::bath_flx);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.serotonin.A_flx_gut; }), 1.0, n});
      break;
    case Drug::rapamycin:
      if (target)
        hold(&Inputs<T>::rapamycin);
      else
        to.jumps.push_back(
            {start, index_of([](Y& y) -> double& { return y.mtor.A_rapa_gut; }), 1.0, n});
      break;
    case Drug::bdnf:
      hold(&Inputs<T>::bath_bdnf);
      break;
    case Drug::nbqx:
      hold(&Inputs<T>::nbqx);
      break;
    case Drug::anti_bdnf:
      hold(&Inputs<T>::anti_bdnf);
      break;
    case Drug::vdcc_blocker:
      hold(&Inputs<T>::vdcc_blocker);
      break;
    case Drug::anisomycin:
      hold(&Inputs<T>::anisomycin);
      break;
    case Drug::ly379268:
      hold(&Inputs<T>::ly379268);
      break;
    case Drug::ly341495:
      hold(&Inputs<T>::ly341495);
      break;
    case Drug::naltrexone:
      hold(&Inputs<T>::naltrexone);
      break;
    case Drug::clarithromycin:
      hold(&Inputs<T>::clarithromycin);
      break;
    case Drug::grapefruit:
      hold(&Inputs<T>::grapefruit);
      break;
    case Drug::ticlopidine:
      hold(&Inputs<T>::ticlopidine);
      break;
    case Drug::rifampicin:
      hold(&Inputs<T>::inducer);
      break;
    case Drug::st_johns_wort:
      to.inputs.push_back({start, end, &Inputs<T>::inducer, amount * who.parameters.enzymes.s_SJW});
      break;
    case Drug::benzodiazepine:
      hold(&Inputs<T>::benzodiazepine);
      break;
    case Drug::lamotrigine:
      hold(&Inputs<T>::lamotrigine);
      break;
    case Drug::psychotherapy: {
      using scalar::value;
      const T duration = value(dose.duration_h) > 0.0 ? dose.duration_h : T(drug.usual_duration_h);
      to.inputs.push_back({start, start + duration, &Inputs<T>::therapy, amount});
      break;
    }
    case Drug::memory_retrieval:
      to.jumps.push_back(
          {start, index_of([](Y& y) -> double& { return y.psychotherapy.Lb; }), 0.0, amount});
      break;
    case Drug::placebo:
      break;
  }
  return to;
}

}  // namespace ketasim::dosing
