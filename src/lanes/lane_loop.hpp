/// The lanes of the cascade for one instruction set; included by one source file for each.
#pragma once

#include <memory>

#include "lanes/lane_member.hpp"

namespace ketasim::lanes {

/// The cascade with the constants of W members.
template <int W>
class CascadeLanes {
 public:
  static constexpr bool autonomous = true;
  using P = scalar::Pack<W>;
  using State = solve::Vector<P, kernels::n_states>;

  CascadeLanes() { c_.fill(P(1.0)); }
  void load(int lane, const CascadeMember& member) {
    const double* constants = member.constants();
    for (std::size_t k = 0; k < c_.size(); ++k) c_[k].set(lane, constants[k]);
    blocks_[static_cast<std::size_t>(lane)] = member.moving();
    kernels::Blocks any = 0;
    for (const kernels::Blocks blocks : blocks_) any |= blocks;
    moving_.set(any);
  }
  [[nodiscard]] const MovingStates& moving() const { return moving_; }
  void rhs(const P&, const State& y, State& dydt) const {
    kernels::rhs(y.data(), c_.data(), dydt.data(), moving_.blocks());
  }
  template <class Jacobian>
  void jacobian(const P&, const State& y, Jacobian& J, State&) const {
    kernels::jacobian(y.data(), c_.data(), J.data(), moving_.blocks());
  }

 private:
  std::array<P, static_cast<std::size_t>(kernels::n_constants)> c_;
  std::array<kernels::Blocks, static_cast<std::size_t>(W)> blocks_{};
  MovingStates moving_;
};

/// The LU of W matrices. Where the matrix of a lane is singular, usable() is false, and the numbers
/// of that lane are not used.
template <int W>
class LanesLU {
 public:
  using P = scalar::Pack<W>;
  using Jacobian = std::array<P, static_cast<std::size_t>(kernels::n_entries)>;

  [[nodiscard]] Jacobian make_jacobian() const { return Jacobian(); }
  [[nodiscard]] bool factorize(const Jacobian& J, const P& s) {
    usable_ = kernels::factorize(J.data(), s, lu_.data(), blocks_);
    return true;
  }
  void solve(solve::Vector<P, kernels::n_states>& b) const {
    kernels::solve(lu_.data(), b.data(), blocks_);
  }
  void set_moving(const MovingStates& moving) {
    blocks_ = moving.blocks();
    lu_.fill(P(0.0));
  }
  [[nodiscard]] bool usable(int lane) const { return usable_[lane] != 0; }

 private:
  std::array<P, static_cast<std::size_t>(kernels::n_stored)> lu_;
  typename P::Mask usable_{};
  kernels::Blocks blocks_ = kernels::all_blocks;
};

template <int W>
solve::LaneCount run_lanes(solve::MemberSource<CascadeMember>& source, double rtol) {
  struct Lanes {
    CascadeLanes<W> system;
    solve::LaneLoop<W, CascadeLanes<W>, LanesLU<W>, CascadeMember> loop;
    Lanes(solve::MemberSource<CascadeMember>& members, double tolerance)
        : loop(members, system, tolerance) {}
  };
  return std::make_unique<Lanes>(source, rtol)->loop.run();
}

}  // namespace ketasim::lanes
