/// Stiff problems of the public test set (src/verification/problems.hpp has equations and sources),
/// with samples on the way and absolute tolerances in proportion to each component.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "contestants.hpp"
#include "ketasim/solve/sparse_lu.hpp"
#include "problem.hpp"
#include "src/verification/problems.hpp"

namespace peers {
namespace {

using ketasim::solve::SparseLU;
using ketasim::solve::SparsityPattern;
constexpr int n_samples = 28;

/// Structure and sizes that all have in common.
template <int N>
class Public : public Problem {
 protected:
  using State = ketasim::solve::Vector<double, N>;

  Public(const char* called, const State& y0, double end, const State& sizes) {
    name = called;
    t_end = end;
    start.assign(y0.data(), y0.data() + N);
    size.assign(sizes.data(), sizes.data() + N);
  }

  template <class Used>
  void set_structure(Used&& used) {
    row_start.push_back(0);
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j)
        if (i == j || used(i, j)) column.push_back(j);
      row_start.push_back(static_cast<int>(column.size()));
    }
  }
};

/// Small enough for a dense Jacobian, of which the structural non-zeros are passed on.
template <class Equations>
class SmallProblem final : public Public<Equations::n> {
  static constexpr int n = Equations::n;
  using typename Public<n>::State;
  using Dense = Eigen::Matrix<double, n, n>;

 public:
  /// From 0 to the last of the times.
  SmallProblem(const char* called, const State& sizes, std::vector<double> times)
      : Public<n>(called, Equations::start(), times.back(), sizes) {
    this->samples = std::move(times);
    Dense J;
    State dfdt;
    equations_.jacobian(0.0, State::Constant(0.5), J, dfdt);
    this->set_structure([&](int i, int j) { return J(i, j) != 0.0; });
  }

  void rhs(double t, const double* y, double* dydt) const override {
    Eigen::Map<State> out(dydt);
    State f;
    equations_.rhs(t, Eigen::Map<const State>(y), f);
    out = f;
  }
  void jacobian(double t, const double* y, double* J) const override {
    Dense dense;
    State dfdt;
    equations_.jacobian(t, Eigen::Map<const State>(y), dense, dfdt);
    std::size_t e = 0;
    for (int i = 0; i < n; ++i)
      for (; static_cast<int>(e) < this->row_start[static_cast<std::size_t>(i) + 1]; ++e)
        J[e] = dense(i, this->column[e]);
  }

 private:
  Equations equations_;
};

/// The reaction list made flat, as a modeller in a hurry for speed would write it.
class AirPollution final : public Public<problems::Pollu::n> {
  using List = problems::Pollu;
  struct Term {
    int target;  ///< species, or entry of the Jacobian
    int reaction;
    double sign;
  };
  struct Slope {
    int target, other;  ///< other = n: the factor 1
    double coefficient;
  };
  struct Law {
    double rate;
    int a, b;
  };

 public:
  AirPollution()
      // Sizes follow the components, which span fourteen decades.
      : Public<List::n>("POLLU", List::start(), List::t_end, List::reference()) {
    for (int i = 1; i <= n_samples; ++i) samples.push_back(List::t_end * i / n_samples);
    Eigen::Matrix<int, List::n, List::n> used = Eigen::Matrix<int, List::n, List::n>::Zero();
    List::each_entry(State::Ones(), [&](int i, int j, double) { used(i, j) = 1; });
    set_structure([&](int i, int j) { return used(i, j) != 0; });
    const auto entry = [&](int i, int j) {
      const auto row = column.begin() + row_start[static_cast<std::size_t>(i)];
      return static_cast<int>(std::find(row, column.end(), j) - column.begin());
    };
    for (const List::Reaction& r : List::reactions()) {
      const int a = r.in[0] - 1, b = r.in.size() > 1 ? r.in[1] - 1 : List::n;
      const int k = static_cast<int>(laws_.size());
      laws_.push_back({r.rate, a, b});
      const auto term = [&](int species, double sign) {
        terms_.push_back({species, k, sign});
        slopes_.push_back({entry(species, a), b, sign * r.rate});
        if (b < List::n) slopes_.push_back({entry(species, b), a, sign * r.rate});
      };
      for (const int s : r.in) term(s - 1, -1.0);
      for (const int s : r.out) term(s - 1, 1.0);
    }
  }

  void rhs(double, const double* y, double* dydt) const override {
    std::array<double, List::n + 1> with_one;
    std::copy_n(y, List::n, with_one.begin());
    with_one[List::n] = 1.0;
    std::array<double, 25> v;
    for (std::size_t k = 0; k < v.size(); ++k)
      v[k] = laws_[k].rate * with_one[static_cast<std::size_t>(laws_[k].a)] *
             with_one[static_cast<std::size_t>(laws_[k].b)];
    std::fill_n(dydt, List::n, 0.0);
    for (const Term& t : terms_) dydt[t.target] += t.sign * v[static_cast<std::size_t>(t.reaction)];
  }

  void jacobian(double, const double* y, double* J) const override {
    std::fill_n(J, column.size(), 0.0);
    for (const Slope& s : slopes_)
      J[s.target] += s.other < List::n ? s.coefficient * y[s.other] : s.coefficient;
  }

 private:
  std::vector<Law> laws_;
  std::vector<Term> terms_;
  std::vector<Slope> slopes_;
};

template <int N>
[[nodiscard]] Contest sparse_contest(std::unique_ptr<Problem> problem) {
  const SparsityPattern pattern{N, problem->row_start, problem->column};
  return contest<N, SparseLU<double, N>>(std::move(problem), pattern);
}

[[nodiscard]] std::vector<double> even(double end) {
  std::vector<double> t;
  for (int i = 1; i <= n_samples; ++i) t.push_back(end * i / n_samples);
  return t;
}

/// For reactions that go on over many decades: from 1e-2 on.
[[nodiscard]] std::vector<double> decades(double end) {
  std::vector<double> t;
  for (int i = 0; i < n_samples; ++i)
    t.push_back(std::pow(10.0, -2.0 + (std::log10(end) + 2.0) * i / (n_samples - 1)));
  t.back() = end;
  return t;
}

/// E5 is published to 1e13, where all that is left is 1e-22 and hangs on y2 - y3 - y4 = 0. In
/// double precision round-off breaks that, for every method, by an error that grows with the time:
/// 1e-9 of the solution here, all of it at the end.
constexpr double e5_end = 1e7;
/// A hundredth of the solution there. With larger ones tails may turn negative, and negative tails
/// of E5 explode: with the solution itself, CVODE first succeeds at a relative tolerance of 1e-5.
[[nodiscard]] ketasim::solve::Vector<double, 4> e5_sizes() {
  return {4.7e-12, 1.8e-16, 1.8e-16, 8.3e-22};
}

}  // namespace

void add_public_problems(std::vector<Contest>& all) {
  using Hires = problems::Hires<double>;
  using Rober = problems::Rober<double>;
  using Orego = problems::Orego<double>;
  using VanDerPol = problems::VanDerPol<double>;
  using E5 = problems::E5<double>;
  all.push_back(sparse_contest<problems::Pollu::n>(std::make_unique<AirPollution>()));
  all.push_back(sparse_contest<Hires::n>(
      std::make_unique<SmallProblem<Hires>>("HIRES", Hires::reference(), even(Hires::t_end))));
  all.push_back(sparse_contest<Rober::n>(
      std::make_unique<SmallProblem<Rober>>("ROBER", Rober::reference(), decades(Rober::t_end))));
  // The oscillators as the test set has them: absolute tolerance = relative tolerance.
  all.push_back(sparse_contest<Orego::n>(std::make_unique<SmallProblem<Orego>>(
      "OREGO", ketasim::solve::Vector<double, Orego::n>::Ones(), even(Orego::t_end))));
  all.push_back(sparse_contest<VanDerPol::n>(std::make_unique<SmallProblem<VanDerPol>>(
      "VDPOL", ketasim::solve::Vector<double, VanDerPol::n>::Ones(), even(VanDerPol::t_end))));
  all.push_back(
      sparse_contest<E5::n>(std::make_unique<SmallProblem<E5>>("E5", e5_sizes(), decades(e5_end))));
}

std::vector<Contest> contests() {
  std::vector<Contest> all;
  add_cascade(all);
  add_public_problems(all);
  add_forced_problem(all);
  add_steady_state(all);
  return all;
}

}  // namespace peers
