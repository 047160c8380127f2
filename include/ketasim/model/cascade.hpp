/// The whole cascade, wired in pathway order: each line passes named outputs to the next.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "ketasim/model/ampa.hpp"
#include "ketasim/model/bdnf_trkb.hpp"
#include "ketasim/model/cognition.hpp"
#include "ketasim/model/disinhibition.hpp"
#include "ketasim/model/enzymes.hpp"
#include "ketasim/model/glutamate.hpp"
#include "ketasim/model/inputs.hpp"
#include "ketasim/model/mtor.hpp"
#include "ketasim/model/nmda_block.hpp"
#include "ketasim/model/pharmacokinetics.hpp"
#include "ketasim/model/psychotherapy.hpp"
#include "ketasim/model/serotonin.hpp"
#include "ketasim/model/symptoms.hpp"
#include "ketasim/model/synaptogenesis.hpp"
#include "ketasim/model/tolerability.hpp"
#include "ketasim/model/trial.hpp"

namespace ketasim::model {

template <class P = double>
struct Parameters {
  pharmacokinetics::Parameters<P> pharmacokinetics;
  nmda_block::Parameters<P> nmda_block;
  disinhibition::Parameters<P> disinhibition;
  glutamate::Parameters<P> glutamate;
  ampa::Parameters<P> ampa;
  bdnf_trkb::Parameters<P> bdnf_trkb;
  mtor::Parameters<P> mtor;
  synaptogenesis::Parameters<P> synaptogenesis;
  serotonin::Parameters<P> serotonin;
  symptoms::Parameters<P> symptoms;
  tolerability::Parameters<P> tolerability;
  psychotherapy::Parameters<P> psychotherapy;
  trial::Parameters<P> trial;
  enzymes::Parameters<P> enzymes;
  cognition::Parameters<P> cognition;

  /// Calls f(module name, module's parameters) in pathway order.
  static constexpr void each_module(auto& p, auto&& f) {
    f("pharmacokinetics", p.pharmacokinetics);
    f("nmda_block", p.nmda_block);
    f("disinhibition", p.disinhibition);
    f("glutamate", p.glutamate);
    f("ampa", p.ampa);
    f("bdnf_trkb", p.bdnf_trkb);
    f("mtor", p.mtor);
    f("synaptogenesis", p.synaptogenesis);
    f("serotonin", p.serotonin);
    f("symptoms", p.symptoms);
    f("tolerability", p.tolerability);
    f("psychotherapy", p.psychotherapy);
    f("trial", p.trial);
    f("enzymes", p.enzymes);
    f("cognition", p.cognition);
  }

  /// Calls f(module name, value, Parameter row) for every parameter.
  static constexpr void each(auto& p, auto&& f) {
    each_module(p, [&](std::string_view module, auto& m) {
      m.each(m, [&](auto& value, const Parameter& row) { f(module, value, row); });
    });
  }
};

/// Every number of the table, in its order.
template <class T>
[[nodiscard]] auto numbers(Parameters<T>& table) {
  return side_by_side<T>(table);
}
template <class T>
[[nodiscard]] auto numbers(const Parameters<T>& table) {
  return side_by_side<const T>(table);
}

/// What follows from the parameters alone, computed once per run.
template <class P = double>
struct Derived {
  disinhibition::Derived<P> disinhibition;
  glutamate::Derived<P> glutamate;
  bdnf_trkb::Derived<P> bdnf_trkb;
  synaptogenesis::Derived<P> synaptogenesis;
};

template <class P>
[[nodiscard]] Derived<P> derived(const Parameters<P>& p) {
  return {.disinhibition = disinhibition::derived(p.disinhibition),
          .glutamate = glutamate::derived(p.glutamate),
          .bdnf_trkb = bdnf_trkb::derived(p.bdnf_trkb),
          .synaptogenesis = synaptogenesis::derived(p.synaptogenesis)};
}

template <class T = double>
struct State {
  pharmacokinetics::State<T> pharmacokinetics;
  nmda_block::State<T> nmda_block;
  disinhibition::State<T> disinhibition;
  glutamate::State<T> glutamate;
  bdnf_trkb::State<T> bdnf_trkb;
  mtor::State<T> mtor;
  synaptogenesis::State<T> synaptogenesis;
  serotonin::State<T> serotonin;
  symptoms::State<T> symptoms;
  tolerability::State<T> tolerability;
  psychotherapy::State<T> psychotherapy;
  enzymes::State<T> enzymes;

  /// Calls f(module name, value, Variable row) for every state, in the order of the packed vector.
  static constexpr void each(auto& y, auto&& f) {
    const auto module = [&](std::string_view name, auto& m) {
      m.each(m, [&](auto& value, const Variable& row) { f(name, value, row); });
    };
    module("pharmacokinetics", y.pharmacokinetics);
    module("nmda_block", y.nmda_block);
    module("disinhibition", y.disinhibition);
    module("glutamate", y.glutamate);
    module("bdnf_trkb", y.bdnf_trkb);
    module("mtor", y.mtor);
    module("synaptogenesis", y.synaptogenesis);
    module("serotonin", y.serotonin);
    module("symptoms", y.symptoms);
    module("tolerability", y.tolerability);
    module("psychotherapy", y.psychotherapy);
    module("enzymes", y.enzymes);
  }
};

/// Every number of the table, in its order.
template <class T>
[[nodiscard]] auto numbers(State<T>& table) {
  return side_by_side<T>(table);
}
template <class T>
[[nodiscard]] auto numbers(const State<T>& table) {
  return side_by_side<const T>(table);
}

/// Number of states.
inline constexpr int n_states = sizeof(State<double>) / sizeof(double);

/// State <-> packed vector of any container with operator[].
template <class T, class V>
[[nodiscard]] State<T> unpack(const V& y) {
  State<T> s;
  int k = 0;
  for (T& value : numbers(s)) value = y[k++];
  return s;
}

template <class T, class V>
void pack(const State<T>& s, V& y) {
  int k = 0;
  for (const T& value : numbers(s)) y[k++] = value;
}

/// The healthy state without drug (s = 0): an exact equilibrium.
template <class P>
[[nodiscard]] State<P> healthy_state(const Parameters<P>& p, const Derived<P>& d) {
  State<P> y;
  y.disinhibition = {.e = 1.0, .i = 1.0, .H = 0.0, .m = 1.0};
  y.glutamate = {.G = d.glutamate.G0, .D = quantity<P>(100.0, "%")};
  y.bdnf_trkb = {.B = 1.0, .Pb = 1.0, .S = 1.0};
  y.mtor.E = y.mtor.A = y.mtor.M = y.mtor.S6 = y.mtor.F4 = y.mtor.K = y.mtor.Q = 1.0;
  y.synaptogenesis = {.Ad = 0.0,
                      .G = 0.0,
                      .PSD = 1.0,
                      .GLU = 1.0,
                      .SYN = 1.0,
                      .W1 = 1.0,
                      .W2 = 1.0,
                      .N = p.synaptogenesis.N0,
                      .M = p.synaptogenesis.M0};
  y.serotonin.X = y.serotonin.Z = y.serotonin.Mb = 1.0;
  y.psychotherapy.Mt = 1.0;
  return y;
}

/// What the modules tell each other: the arrows of the pathway figure.
template <class T>
struct Signals {
  enzymes::Activity<T> enzyme;       ///< of the enzymes that remove ketamine
  pharmacokinetics::Brain<T> brain;  ///< unbound brain concentrations [uM]
  T C_eq;                            ///< racemic-ketamine equivalents [uM]
  nmda_block::Block<T> beta;         ///< effective NMDA block [1]
  T release, x;                      ///< release probability, release throughput [fold]
  T A, excess;                       ///< AMPA throughput, its excess over rest [fold]
  T trkb;                            ///< active TrkB [fold]
  T translation;                     ///< [fold]
  T flux;                            ///< commitment to the growth phase [1/h]
  T Phi;                             ///< synaptic strength [fold]
  T xs;                              ///< 5-HT excess [fold]
  T intensity;                       ///< of dissociation [share of its maximum]
  T window_gain;                     ///< of consolidation by a session [1]
};

template <class T, class P>
[[nodiscard]] Signals<T> signals(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                 const Derived<P>& d) {
  Signals<T> s;
  s.enzyme = activity(y.enzymes, p.enzymes);
  s.brain = brain(y.pharmacokinetics, u);
  s.C_eq = equivalent(s.brain, p.nmda_block);
  s.beta = effective_block(y.nmda_block, p.nmda_block);
  s.release = release_probability(y.disinhibition, u, p.disinhibition, p.glutamate, s.brain);
  s.x = y.disinhibition.e * s.release;
  s.A = ampa::throughput(s.x, y.synaptogenesis.GLU, u, p.ampa);
  s.excess = ampa::excess(s.x, u, p.ampa);
  s.trkb = active_trkb(y.bdnf_trkb, u, p.bdnf_trkb, d.bdnf_trkb, s.brain.K);
  s.translation = mtor::translation(y.mtor, u, p.mtor, s.brain.R);
  s.flux = commitment(y.synaptogenesis, u, p.synaptogenesis, symptoms::induction(u, p.symptoms),
                      s.translation);
  s.Phi = strength(y.synaptogenesis, p.synaptogenesis, d.synaptogenesis);
  s.xs = excess(y.serotonin, p.serotonin);
  s.intensity = intensity(y.tolerability, u, p.tolerability, s.C_eq);
  s.window_gain = window_gain(y.psychotherapy, u, p.psychotherapy);
  return s;
}

/// Time derivative of every state [unit of the state per hour].
template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const Derived<P>& d) {
  const Signals<T> s = signals(y, u, p, d);
  const T G_ratio = y.glutamate.G / d.glutamate.G0;
  return {
      .pharmacokinetics = derivative(y.pharmacokinetics, u, p.pharmacokinetics, s.enzyme),
      .nmda_block = derivative(y.nmda_block, u, p.nmda_block, s.C_eq, s.x),
      .disinhibition = derivative(y.disinhibition, u, p.disinhibition, d.disinhibition, s.beta,
                                  s.release, s.x, s.brain.K, G_ratio),
      .glutamate = derivative(y.glutamate, p.glutamate, d.glutamate, s.x),
      .bdnf_trkb = derivative(y.bdnf_trkb, u, p.bdnf_trkb, d.bdnf_trkb, s.A, s.excess, y.mtor.Q,
                              y.serotonin.Mb),
      .mtor = derivative(y.mtor, u, p.mtor, s.trkb, s.beta.X, s.brain.R),
      .synaptogenesis = derivative(y.synaptogenesis, u, p.synaptogenesis, d.synaptogenesis, s.flux,
                                   s.translation, y.mtor.M, s.A, y.serotonin.Mb),
      .serotonin = derivative(y.serotonin, u, p.serotonin, s.xs),
      .symptoms = derivative(y.symptoms, u, p.symptoms, s.excess, s.Phi, s.xs, s.intensity,
                             s.window_gain, y.synaptogenesis.G),
      .tolerability = derivative(y.tolerability, p.tolerability, s.C_eq),
      .psychotherapy = derivative(y.psychotherapy, u, p.psychotherapy, s.flux, s.beta.E),
      .enzymes = derivative(y.enzymes, u, p.enzymes),
  };
}

/// Everything that is measured, computed from a state.
template <class T = double>
struct Readouts {
  pharmacokinetics::Readouts<T> pharmacokinetics;
  nmda_block::Readouts<T> nmda_block;
  disinhibition::Readouts<T> disinhibition;
  glutamate::Readouts<T> glutamate;
  ampa::Readouts<T> ampa;
  bdnf_trkb::Readouts<T> bdnf_trkb;
  mtor::Readouts<T> mtor;
  synaptogenesis::Readouts<T> synaptogenesis;
  serotonin::Readouts<T> serotonin;
  symptoms::Readouts<T> symptoms;
  tolerability::Readouts<T> tolerability;
  psychotherapy::Readouts<T> psychotherapy;
  cognition::Readouts<T> cognition;

  /// Calls f(module name, value, Readout row) for every readout.
  static constexpr void each(auto& r, auto&& f) {
    const auto module = [&](std::string_view name, auto& m) {
      m.each(m, [&](auto& value, const Readout& row) { f(name, value, row); });
    };
    module("pharmacokinetics", r.pharmacokinetics);
    module("nmda_block", r.nmda_block);
    module("disinhibition", r.disinhibition);
    module("glutamate", r.glutamate);
    module("ampa", r.ampa);
    module("bdnf_trkb", r.bdnf_trkb);
    module("mtor", r.mtor);
    module("synaptogenesis", r.synaptogenesis);
    module("serotonin", r.serotonin);
    module("symptoms", r.symptoms);
    module("tolerability", r.tolerability);
    module("psychotherapy", r.psychotherapy);
    module("cognition", r.cognition);
  }
};

/// Every number of the table, in its order.
template <class T>
[[nodiscard]] auto numbers(Readouts<T>& table) {
  return side_by_side<T>(table);
}
template <class T>
[[nodiscard]] auto numbers(const Readouts<T>& table) {
  return side_by_side<const T>(table);
}

/// Net drug relief L - r and what the context adds [logit].
template <class T, class P>
[[nodiscard]] symptoms::Relief<T> relief(const State<T>& y, const Inputs<P>& u,
                                         const Parameters<P>& p, const Derived<P>& d) {
  const T Phi = strength(y.synaptogenesis, p.synaptogenesis, d.synaptogenesis);
  return {.drug = symptoms::relief(y.symptoms, u, p.symptoms, Phi) - y.symptoms.r,
          .context = symptoms::nonspecific(y.symptoms, u, p.symptoms, y.psychotherapy.T_)};
}

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                   const Derived<P>& d) {
  const Signals<T> s = signals(y, u, p, d);
  const symptoms::Relief<T> z = relief(y, u, p, d);
  return {.pharmacokinetics = readouts(y.pharmacokinetics, p.pharmacokinetics),
          .nmda_block = readouts(y.nmda_block, p.nmda_block),
          .disinhibition = readouts(y.disinhibition),
          .glutamate = readouts(y.glutamate, p.glutamate, s.x),
          .ampa = {.ampa_throughput = s.A},
          .bdnf_trkb = readouts(y.bdnf_trkb, s.trkb),
          .mtor = readouts(y.mtor),
          .synaptogenesis = readouts(y.synaptogenesis, u, p.synaptogenesis, d.synaptogenesis),
          .serotonin = readouts(y.serotonin, u, p.serotonin),
          .symptoms = readouts(z, u, p.symptoms),
          .tolerability = readouts(y.tolerability, u, p.tolerability, s.C_eq),
          .psychotherapy = readouts(y.psychotherapy, p.symptoms, z.drug),
          .cognition = cognition::readouts(p.cognition, s.C_eq)};
}

/// Allometry: multiplies volumes by w = weight/weight_ref, flows and clearances by w^0.75.
template <class P>
[[nodiscard]] Parameters<P> scaled_to_weight(Parameters<P> p, const P& weight_kg) {
  using std::pow;
  const P w = weight_kg / p.pharmacokinetics.weight_ref;
  const P w075 = pow(w, 0.75);
  scale_to_weight(p.pharmacokinetics, w, w075);
  scale_to_weight(p.serotonin, w, w075);
  scale_to_weight(p.mtor, w, w075);
  return p;
}

}  // namespace ketasim::model
