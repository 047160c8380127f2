/// solve() for several members at once: one in each lane of scalar::Pack.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ketasim/scalar/elementary.hpp"
#include "ketasim/solve/lane_loop.hpp"
#include "ketasim/solve/solve.hpp"

namespace ketasim::solve {

/// W members, one in each lane.
template <int W, int N>
struct LaneSolution {
  std::vector<double> t;                      ///< (n_rows,): the samples
  std::vector<Vector<scalar::Pack<W>, N>> y;  ///< (n_rows,); NaN where a member did not get
  std::array<Outcome, static_cast<std::size_t>(W)> outcome;

  [[nodiscard]] bool success() const {
    for (const Outcome& lane : outcome)
      if (lane.status != Status::success) return false;
    return true;
  }
};

namespace detail {

/// The member in one lane of a system of packs, as a system of plain numbers.
template <int W, int N, class Equations>
class LaneSystem {
 public:
  static constexpr bool autonomous = is_autonomous<Equations>();
  using P = scalar::Pack<W>;

  LaneSystem(Equations& system, int lane) : system_(system), lane_(lane) {}

  void rhs(double t, const Vector<double, N>& y, Vector<double, N>& dydt) const {
    Vector<P, N> f;
    system_.rhs(P(t), in_all_lanes(y), f);
    for (int i = 0; i < N; ++i) dydt[i] = f[i][lane_];
  }

  void jacobian(double t, const Vector<double, N>& y, Matrix<double, N>& J,
                Vector<double, N>& dfdt) const {
    Matrix<P, N> all;
    Vector<P, N> by_time;
    by_time.fill(P(0.0));
    system_.jacobian(P(t), in_all_lanes(y), all, by_time);
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) J(i, j) = all(i, j)[lane_];
      dfdt[i] = by_time[i][lane_];
    }
  }

 private:
  [[nodiscard]] static Vector<P, N> in_all_lanes(const Vector<double, N>& y) {
    Vector<P, N> packs;
    for (int i = 0; i < N; ++i) packs[i] = P(y[i]);
    return packs;
  }

  Equations& system_;
  int lane_;
};

/// What the integrator of one lane refers to.
template <int W, int N, class Equations>
struct LaneData {
  using Stop = FunctionRef<void(std::size_t, double, Vector<double, N>&, int)>;
  struct ApplyStop {
    Stop stop;
    int lane;
    void operator()(std::size_t k, double t, Vector<double, N>& state) const {
      stop(k, t, state, lane);
    }
  };
  struct RecordSample {
    LaneSolution<W, N>& solution;
    int lane;
    void operator()(std::size_t i, double, const Vector<double, N>& state) const {
      for (int c = 0; c < N; ++c) solution.y[i][c].set(lane, state[c]);
    }
  };

  LaneSystem<W, N, Equations> system;
  Vector<double, N> y;
  ApplyStop on_stop;
  RecordSample on_sample;
  Rodas<Rodas5P, N, DenseLU<double, N>> stepper{};

  LaneData(Equations& equations, const Vector<scalar::Pack<W>, N>& y0, int lane, Stop stop,
           LaneSolution<W, N>& solution)
      : system(equations, lane), on_stop{stop, lane}, on_sample{solution, lane} {
    for (int i = 0; i < N; ++i) y[i] = y0[i][lane];
  }
  LaneData(const LaneData&) = delete;
  LaneData& operator=(const LaneData&) = delete;
};

template <int W, int N, class Equations>
using LaneIntegrator = IntegratorMember<LaneMember<N>, Rodas<Rodas5P, N, DenseLU<double, N>>,
                                        LaneSystem<W, N, Equations>>;

template <int W, int N, class Equations>
class Lane final : private LaneData<W, N, Equations>, public LaneIntegrator<W, N, Equations> {
 public:
  using Data = LaneData<W, N, Equations>;
  Lane(Equations& equations, const Vector<scalar::Pack<W>, N>& y0, int lane,
       typename Data::Stop stop, LaneSolution<W, N>& solution, const TimeSpan<double>& span,
       const Options<double, N>& options)
      : Data(equations, y0, lane, stop, solution),
        LaneIntegrator<W, N, Equations>(Data::stepper, Data::system, Data::y, span, options,
                                        {.on_stop = Data::on_stop, .on_sample = Data::on_sample}) {}
};

/// Gives every lane its member, and no other.
template <class Member, int W>
class OnePerLane final : public MemberSource<Member> {
 public:
  std::array<std::optional<Member>, static_cast<std::size_t>(W)> members;

  [[nodiscard]] Member* next(std::size_t lane) override {
    return std::exchange(given_[lane], true) ? nullptr : &*members[lane];
  }
  void finished(std::size_t) override {}

 private:
  std::array<bool, static_cast<std::size_t>(W)> given_{};
};

}  // namespace detail

/// Solves W members that differ in their initial states and in the packs among the parameters of the
/// system. Each lane has its own steps, and the bits that its member would have alone if the
/// right-hand side is made of + - * / and sqrt. exp, log and pow of packs are those of
/// ketasim/scalar/elementary.hpp: they can differ in the last place from the C library's, which
/// serves one member alone, and a lane then differs from it by rounding.
/// @param on_stop  called for each lane at span.stops with (k, t, y of the member, lane); it may
///                 change the system in that lane
/// @throws std::invalid_argument for times or tolerances that make no sense, and for
///         AtEvent::both
template <class Equations, int W, int N>
[[nodiscard]] LaneSolution<W, N> solve(
    Equations&& system, const Vector<scalar::Pack<W>, N>& y0, const TimeSpan<double>& span,
    const std::type_identity_t<Options<double, N>>& options = {},
    std::type_identity_t<FunctionRef<void(std::size_t, double, Vector<double, N>&, int)>> on_stop =
        {}) {
  static_assert(W > 1, "ketasim: lanes need packs of 2, 4 or 8; one member alone needs double");
  using P = scalar::Pack<W>;
  detail::check(span, options);
  if (options.at_event == AtEvent::both)
    throw std::invalid_argument(
        "at_event = both gives a time two rows where a stop falls on it, lanes have one: choose "
        "before or after");
  auto&& differentiable = detail::with_jacobian<P, N>(system);
  using Differentiable = std::remove_reference_t<decltype(differentiable)>;
  using Member = detail::Lane<W, N, Differentiable>;

  Vector<P, N> unknown;
  unknown.fill(P(std::numeric_limits<double>::quiet_NaN()));
  LaneSolution<W, N> solution{.t = std::vector<double>(span.samples.begin(), span.samples.end()),
                              .y = std::vector<Vector<P, N>>(span.samples.size(), unknown),
                              .outcome = {}};
  detail::OnePerLane<Member, W> source;
  for (int lane = 0; lane < W; ++lane)
    source.members[static_cast<std::size_t>(lane)].emplace(differentiable, y0, lane, on_stop,
                                                           solution, span, options);
  LaneLoop<W, Differentiable, DenseLU<P, N>, Member>(source, differentiable, options.rtol).run();
  for (std::size_t lane = 0; lane < solution.outcome.size(); ++lane)
    solution.outcome[lane] = source.members[lane]->outcome();
  return solution;
}

}  // namespace ketasim::solve
