/// AMPA: throughput of release through AMPA receptors, scaled by surface GluA1. No states.
///
/// Ambient glutamate hardly opens AMPA receptors (EC50 0.5-1.4 mM [Traynelis2010]); the signal is
/// release throughput. The feedback acts on the output only, so the circuit's resting state does
/// not depend on stress. What starts BDNF release and acute relief is the excess over rest: a fall
/// of throughput starts neither.
///   A      = x [1 + kappa_GLU (GLU - 1)] (1 - u.nbqx)
///   excess = above0(x (1 - u.nbqx) - 1; delta)
///   ampa_throughput = A
/// In: x from disinhibition; GLU from synaptogenesis.
/// Out: A [fold]; excess to bdnf_trkb and symptoms [fold].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::ampa {

template <class P = double>
struct Parameters {
  P kappa_GLU = unset<P>(), delta = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.kappa_GLU, Parameter{"kappa_GLU", "\\kappa_G", "1", "feedback of synaptic GluA1 on AMPA throughput",
      all(0.05, 0, 0.1, E, "thisModel", assumed, "", "above about 0.2 mTOR returns too slowly")}.within(not_negative));
    f(p.delta, Parameter{"delta", "\\delta_A", "1", "width of the smooth positive part",
      all(0.003, 0.001, 0.02, E, "thisModel", assumed, "", "numerical smoothing")}.within(positive));
  }
  // clang-format on
};

/// AMPA throughput [fold].
template <class T, class P>
[[nodiscard]] T throughput(const T& x, const T& GLU, const Inputs<P>& u, const Parameters<P>& p) {
  return x * (1.0 + p.kappa_GLU * (GLU - 1.0)) * (1.0 - u.nbqx);
}

/// Excess of AMPA throughput over rest [fold].
template <class T, class P>
[[nodiscard]] T excess(const T& x, const Inputs<P>& u, const Parameters<P>& p) {
  return above0(T(x * (1.0 - u.nbqx) - 1.0), p.delta);
}

template <class T = double>
struct Readouts {
  T ampa_throughput{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.ampa_throughput, Readout{"ampa_throughput", "fold", "AMPA throughput"});
  }
};

}  // namespace ketasim::model::ampa
