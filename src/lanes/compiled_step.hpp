/// A step for the instruction set of the file that includes this.
#pragma once

#include "ketasim/scalar/pack.hpp"
#include "ketasim/solve/rodas.hpp"
#include "lanes/step.hpp"

namespace ketasim::lanes {

/// @tparam P  scalar::Pack<1> of this instruction set, so that the linker merges no function of this
///            class with that of another instruction set
template <class P, class Tableau>
class CompiledStep final : public Step {
 public:
  void begin(const double* constants, const MovingStates& moving, const double* y) override {
    system_.constants = constants;
    system_.moves = moving;
    load(y, y_);
    rodas_.begin(system_, P(0.0), y_);
  }

  [[nodiscard]] solve::Attempt attempt(const double* constants, const double* y, double h,
                                       double* y1) override {
    system_.constants = constants;
    load(y, y_);
    const solve::Attempt attempt = rodas_.attempt(system_, P(0.0), y_, P(h), y1_);
    store(y1_, y1);
    return attempt;
  }

  void interpolate(double theta, const double* y, const double* y1, double* at) override {
    load(y, y_);
    load(y1, y1_);
    rodas_.interpolate(P(theta), y_, y1_, at_);
    store(at_, at);
  }

  [[nodiscard]] const double* derivative() const override { return plain(rodas_.derivative()); }
  [[nodiscard]] const double* error() const override { return plain(rodas_.error()); }
  [[nodiscard]] const double* stage(std::size_t i) const override {
    return plain(rodas_.stages()[i]);
  }
  [[nodiscard]] const double* factors() const override { return rodas_.linear().factors(); }

 private:
  static_assert(P::width == 1 && sizeof(P) == sizeof(double));
  using State = solve::Vector<P, kernels::n_states>;

  struct System {
    static constexpr bool autonomous = true;
    const double* constants = nullptr;
    MovingStates moves;

    [[nodiscard]] const MovingStates& moving() const { return moves; }
    void rhs(const P&, const State& y, State& dydt) const {
      kernels::rhs(y.data(), constants, dydt.data(), moves.blocks());
    }
    template <class Jacobian>
    void jacobian(const P&, const State& y, Jacobian& J, State&) const {
      kernels::jacobian(y.data(), constants, J.data(), moves.blocks());
    }
  };

  class Linear {
   public:
    using Jacobian = std::array<P, static_cast<std::size_t>(kernels::n_entries)>;

    [[nodiscard]] Jacobian make_jacobian() const { return Jacobian(); }
    void set_moving(const MovingStates& moving) {
      blocks_ = moving.blocks();
      lu_.fill(P(0.0));
    }
    [[nodiscard]] bool factorize(const Jacobian& J, const P& s) {
      return kernels::factorize(J.data(), s, lu_.data(), blocks_);
    }
    void solve(State& b) const { kernels::solve(lu_.data(), b.data(), blocks_); }
    [[nodiscard]] const double* factors() const { return reinterpret_cast<const double*>(&lu_); }

   private:
    std::array<P, static_cast<std::size_t>(kernels::n_stored)> lu_{};
    kernels::Blocks blocks_ = kernels::all_blocks;
  };

  static void load(const double* from, State& to) {
    for (int i = 0; i < kernels::n_states; ++i) to[i] = P(from[i]);
  }
  static void store(const State& from, double* to) {
    for (int i = 0; i < kernels::n_states; ++i) to[i] = from[i][0];
  }
  /// A Pack<1> has the layout of a double.
  [[nodiscard]] static const double* plain(const State& numbers) {
    return reinterpret_cast<const double*>(numbers.data());
  }

  System system_;
  solve::Rodas<Tableau, kernels::n_states, Linear, P> rodas_;
  State y_, y1_, at_;
};

}  // namespace ketasim::lanes

/// Defines step_for_<instructions>() for both methods.
#define KETASIM_DEFINE_STEP(step_for)                                                           \
  template <class Tableau>                                                                      \
  std::unique_ptr<ketasim::lanes::Step> ketasim::lanes::step_for() {                            \
    return std::make_unique<ketasim::lanes::CompiledStep<ketasim::scalar::Pack<1>, Tableau>>(); \
  }                                                                                             \
  template std::unique_ptr<ketasim::lanes::Step>                                                \
  ketasim::lanes::step_for<ketasim::solve::Rodas5P>();                                          \
  template std::unique_ptr<ketasim::lanes::Step> ketasim::lanes::step_for<ketasim::solve::Rodas4>();
