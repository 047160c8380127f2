/// Lanes for one instruction set; included by one source file each.
#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "ketasim/scalar/pack.hpp"
#include "ketasim/solve/rodas.hpp"
#include "lanes/lane_member.hpp"

namespace ketasim::lanes {

/// The cascade with the constants of W members.
template <int W>
class System {
 public:
  static constexpr bool autonomous = true;
  using P = scalar::Pack<W>;
  using State = solve::Vector<P, kernels::n_states>;

  System() { c_.fill(P(1.0)); }
  void load(int lane, const double* constants) {
    for (std::size_t k = 0; k < c_.size(); ++k) c_[k].set(lane, constants[k]);
  }
  void rhs(const P&, const State& y, State& dydt) const {
    kernels::rhs(y.data(), c_.data(), dydt.data());
  }
  template <class Jacobian>
  void jacobian(const P&, const State& y, Jacobian& J, State&) const {
    kernels::jacobian(y.data(), c_.data(), J.data());
  }

 private:
  std::array<P, static_cast<std::size_t>(kernels::n_constants)> c_;
};

/// W matrices at once; a lane whose matrix is singular says so and goes on with numbers that nobody
/// reads.
template <int W>
class Linear {
 public:
  using P = scalar::Pack<W>;
  using Jacobian = std::array<P, static_cast<std::size_t>(kernels::n_entries)>;

  [[nodiscard]] Jacobian make_jacobian() const { return Jacobian(); }
  [[nodiscard]] bool factorize(const Jacobian& J, const P& s) {
    usable_ = kernels::factorize(J.data(), s, lu_.data());
    return true;
  }
  void solve(solve::Vector<P, kernels::n_states>& b) const { kernels::solve(lu_.data(), b.data()); }
  [[nodiscard]] bool usable(int lane) const { return usable_[lane] != 0; }

 private:
  std::array<P, static_cast<std::size_t>(kernels::n_stored)> lu_;
  typename P::Mask usable_{};
};

template <int W>
class Lanes {
 public:
  using P = scalar::Pack<W>;
  using State = solve::Vector<P, kernels::n_states>;

  Lanes(Station& station, double rtol) : station_(station), rtol_(rtol) {
    y_.fill(P(1.0));
    tolerance_.fill(P(1.0));
    for (int lane = 0; lane < W; ++lane) board(lane);
  }

  Traffic run() {
    while (aim()) {
      stepper_.begin(system_, P(0.0), y_);
      (void)stepper_.attempt(system_, P(0.0), y_, h_, y1_);
      ++traffic_.steps;
      judge();
      deliver();
      land();
    }
    return traffic_;
  }

 private:
  /// Takes the next member that has a step to make.
  void board(int lane) {
    const auto l = static_cast<std::size_t>(lane);
    for (rider_[l] = station_.next(l); rider_[l] != nullptr; rider_[l] = station_.next(l)) {
      if (rider_[l]->depart()) {
        const double* atol = rider_[l]->absolute_tolerance();
        for (int i = 0; i < kernels::n_states; ++i) tolerance_[i].set(lane, atol[i]);
        load(lane);
        return;
      }
      station_.arrived(l);
    }
  }

  void load(int lane) {
    Rider& rider = *rider_[static_cast<std::size_t>(lane)];
    const double* y = rider.state();
    for (int i = 0; i < kernels::n_states; ++i) y_[i].set(lane, y[i]);
    system_.load(lane, rider.constants());
  }

  void unload(int lane) {
    double* y = rider_[static_cast<std::size_t>(lane)]->state();
    for (int i = 0; i < kernels::n_states; ++i) y[i] = y_[i][lane];
  }

  void leave(int lane) {
    station_.arrived(static_cast<std::size_t>(lane));
    board(lane);
  }

  /// The step of every lane. False: nobody is left.
  bool aim() {
    bool anybody = false;
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      while (rider_[l] != nullptr && !rider_[l]->aim()) leave(lane);
      if (rider_[l] == nullptr) continue;
      h_.set(lane, rider_[l]->step());
      anybody = true;
    }
    return anybody;
  }

  void judge() {
    P sum(0.0);
    const P error = solve::root_mean_square<P, kernels::n_states>([&](int i) {
      const P before = abs(y_[i]), after = abs(y1_[i]);
      sum += y1_[i];
      return stepper_.error()[i] / (rtol_ * select(before < after, after, before) + tolerance_[i]);
    });
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      accepted_[l] = false;
      if (rider_[l] == nullptr) continue;
      ++traffic_.useful;
      const bool sound = stepper_.linear().usable(lane) && std::isfinite(sum[lane]);
      solve::Verdict verdict;
      if (rider_[l]->must_repeat(error[lane], sound)) {
        unload(lane);
        verdict = rider_[l]->repeat();
      } else {
        verdict = rider_[l]->judge(error[lane]);
      }
      accepted_[l] = verdict == solve::Verdict::accepted;
    }
  }

  /// Samples inside the step: of all lanes at once, the first of each, the second of each ...
  void deliver() {
    for (;;) {
      P theta(0.0);
      std::array<bool, static_cast<std::size_t>(W)> wanted{};
      bool any = false;
      for (int lane = 0; lane < W; ++lane) {
        const auto l = static_cast<std::size_t>(lane);
        double where = 0.0;
        if (!accepted_[l] || !rider_[l]->sample_in_step(where)) continue;
        theta.set(lane, where);
        any = wanted[l] = true;
      }
      if (!any) return;
      stepper_.interpolate(theta, y_, y1_, at_);
      for (int lane = 0; lane < W; ++lane) {
        const auto l = static_cast<std::size_t>(lane);
        if (!wanted[l]) continue;
        Column column;
        for (std::size_t i = 0; i < column.size(); ++i)
          column[i] = at_[static_cast<Eigen::Index>(i)][lane];
        rider_[l]->deliver(column);
      }
    }
  }

  void land() {
    typename P::Mask moves{};
    for (int lane = 0; lane < W; ++lane)
      moves[lane] = accepted_[static_cast<std::size_t>(lane)] ? -1 : 0;
    for (int i = 0; i < kernels::n_states; ++i) y_[i] = select(moves, y1_[i], y_[i]);
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      if (!accepted_[l] || !rider_[l]->land()) continue;
      unload(lane);
      if (rider_[l]->depart())
        load(lane);
      else
        leave(lane);
    }
  }

  Station& station_;
  P rtol_, h_ = P(1e-3);
  System<W> system_;
  solve::Rodas<solve::Rodas5P, kernels::n_states, Linear<W>, P> stepper_;
  State y_, y1_, tolerance_, at_;
  std::array<Rider*, static_cast<std::size_t>(W)> rider_{};
  std::array<bool, static_cast<std::size_t>(W)> accepted_{};
  Traffic traffic_;
};

template <int W>
Traffic drive(Station& station, double rtol) {
  return std::make_unique<Lanes<W>>(station, rtol)->run();
}

}  // namespace ketasim::lanes
