/// The lanes of one instruction set; included by one source file for each.
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

/// The LU of W matrices. Where the matrix of a lane is singular, usable() is false, and the numbers
/// of that lane are not used.
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
class LaneLoop {
 public:
  using P = scalar::Pack<W>;
  using State = solve::Vector<P, kernels::n_states>;

  LaneLoop(MemberSource& source, double rtol) : source_(source), rtol_(rtol) {
    y_.fill(P(1.0));
    tolerance_.fill(P(1.0));
    for (int lane = 0; lane < W; ++lane) take_member(lane);
  }

  LaneCount run() {
    while (choose_steps()) {
      stepper_.begin(system_, P(0.0), y_);
      (void)stepper_.attempt(system_, P(0.0), y_, h_, y1_);
      ++count_.steps;
      judge();
      deliver();
      accept_steps();
    }
    return count_;
  }

 private:
  /// Takes the next member that has a step to make.
  void take_member(int lane) {
    const auto l = static_cast<std::size_t>(lane);
    for (member_[l] = source_.next(l); member_[l] != nullptr; member_[l] = source_.next(l)) {
      if (member_[l]->begin_segment()) {
        const double* atol = member_[l]->absolute_tolerance();
        for (int i = 0; i < kernels::n_states; ++i) tolerance_[i].set(lane, atol[i]);
        load(lane);
        return;
      }
      source_.finished(l);
    }
  }

  void replace_member(int lane) {
    source_.finished(static_cast<std::size_t>(lane));
    take_member(lane);
  }

  void load(int lane) {
    LaneMember& member = *member_[static_cast<std::size_t>(lane)];
    const double* y = member.state();
    for (int i = 0; i < kernels::n_states; ++i) y_[i].set(lane, y[i]);
    system_.load(lane, member.constants());
  }

  void unload(int lane) {
    double* y = member_[static_cast<std::size_t>(lane)]->state();
    for (int i = 0; i < kernels::n_states; ++i) y[i] = y_[i][lane];
  }

  /// The step of every lane. False if no member is left.
  bool choose_steps() {
    bool any = false;
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      while (member_[l] != nullptr && !member_[l]->choose_step()) replace_member(lane);
      if (member_[l] == nullptr) continue;
      h_.set(lane, member_[l]->step());
      any = true;
    }
    return any;
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
      if (member_[l] == nullptr) continue;
      ++count_.useful;
      const bool finite = stepper_.linear().usable(lane) && std::isfinite(sum[lane]);
      solve::Verdict verdict;
      if (member_[l]->must_repeat(error[lane], finite)) {
        unload(lane);
        verdict = member_[l]->repeat();
      } else {
        verdict = member_[l]->judge(error[lane]);
      }
      accepted_[l] = verdict == solve::Verdict::accepted;
    }
  }

  /// Samples inside the step: the first of every lane at once, then the second of every lane, ...
  void deliver() {
    for (;;) {
      P theta(0.0);
      std::array<bool, static_cast<std::size_t>(W)> wanted{};
      bool any = false;
      for (int lane = 0; lane < W; ++lane) {
        const auto l = static_cast<std::size_t>(lane);
        double where = 0.0;
        if (!accepted_[l] || !member_[l]->sample_in_step(where)) continue;
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
        member_[l]->deliver(column);
      }
    }
  }

  void accept_steps() {
    typename P::Mask accepted{};
    for (int lane = 0; lane < W; ++lane)
      accepted[lane] = accepted_[static_cast<std::size_t>(lane)] ? -1 : 0;
    for (int i = 0; i < kernels::n_states; ++i) y_[i] = select(accepted, y1_[i], y_[i]);
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      if (!accepted_[l] || !member_[l]->accept_step()) continue;
      unload(lane);
      if (member_[l]->begin_segment())
        load(lane);
      else
        replace_member(lane);
    }
  }

  MemberSource& source_;
  P rtol_, h_ = P(1e-3);
  System<W> system_;
  solve::Rodas<solve::Rodas5P, kernels::n_states, Linear<W>, P> stepper_;
  State y_, y1_, tolerance_, at_;
  std::array<LaneMember*, static_cast<std::size_t>(W)> member_{};
  std::array<bool, static_cast<std::size_t>(W)> accepted_{};
  LaneCount count_;
};

template <int W>
LaneCount run_lanes(MemberSource& source, double rtol) {
  return std::make_unique<LaneLoop<W>>(source, rtol)->run();
}

}  // namespace ketasim::lanes
