/// Integrates several members at once, one in each lane of a pack.
///
/// The steps of all lanes are computed together; each lane has its own time, step and stops, and its
/// own Integrator decides whether its step is accepted. A member therefore has the bits of a run
/// alone, whatever the other lanes hold. What cannot be decided from the error of a step, such as a
/// step that is not finite, the member computes again by itself.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "ketasim/scalar/pack.hpp"
#include "ketasim/solve/integrator.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/system.hpp"
#include "ketasim/solve/tableau.hpp"

namespace ketasim::solve {

/// One member that is being integrated. The functions are those of Integrator.
///
/// The interface consists of plain numbers and virtual functions, so that the lanes may be compiled
/// for a newer instruction set than the members.
template <int N>
class LaneMember {
 public:
  static constexpr int size = N;
  using Column = std::array<double, static_cast<std::size_t>(N)>;

  virtual ~LaneMember() = default;

  /// Applies the stops at the present time and begins the next segment. False: the run is over.
  [[nodiscard]] virtual bool begin_segment() = 0;
  /// Chooses the step of the next attempt. False: the run is over.
  [[nodiscard]] virtual bool choose_step() = 0;
  [[nodiscard]] virtual bool must_repeat(double error, bool finite) const = 0;
  [[nodiscard]] virtual Verdict repeat() = 0;
  [[nodiscard]] virtual Verdict judge(double error) = 0;
  [[nodiscard]] virtual bool sample_in_step(double& theta) const = 0;
  virtual void deliver(const Column& at) = 0;
  /// True at the end of a segment.
  [[nodiscard]] virtual bool accept_step() = 0;

  [[nodiscard]] virtual double time() const = 0;
  [[nodiscard]] virtual double step() const = 0;
  [[nodiscard]] virtual const double* absolute_tolerance() const = 0;  ///< (N,)
  /// The state (N,). Valid after begin_segment(); the lane writes it before begin_segment() and
  /// repeat().
  [[nodiscard]] virtual double* state() = 0;
};

/// Gives members to lanes and takes them back.
template <class Member>
class MemberSource {
 public:
  virtual ~MemberSource() = default;
  /// The next member to be integrated in this lane; nullptr if there are no more.
  [[nodiscard]] virtual Member* next(std::size_t lane) = 0;
  /// The run of the member in this lane is over.
  virtual void finished(std::size_t lane) = 0;
};

/// Steps that were computed for all lanes, and how many steps of a member they contained.
struct LaneCount {
  long steps = 0;
  long useful = 0;
};

/// A member that follows one Integrator.
/// @tparam Interface  LaneMember<N>, or an interface derived from it
template <class Interface, class Method, class Equations>
class IntegratorMember : public Interface {
 public:
  static constexpr int N = Interface::size;

  /// The arguments are those of Integrator and must outlive the member.
  IntegratorMember(Method& stepper, Equations& system, Vector<double, N>& y,
                   const TimeSpan<double>& span, const Options<double, N>& options,
                   const Observers<double, N>& observers)
      : system_(system),
        y_(y),
        options_(options),
        integrator_(stepper, system, y, span, options, observers) {}

  bool begin_segment() override {
    if (!integrator_.apply_stops()) return false;
    Vector<double, N> f0;
    if constexpr (requires { system_.find_moving(y_); }) system_.find_moving(y_);
    system_.rhs(integrator_.t(), y_, f0);
    integrator_.add_cost(cost_of_begin);
    integrator_.begin_segment(f0);
    return true;
  }
  bool choose_step() override {
    if (!integrator_.choose_step()) return false;
    integrator_.add_cost(cost_of_attempt);
    return true;
  }
  [[nodiscard]] bool must_repeat(double error, bool finite) const override {
    return integrator_.must_repeat(error, finite);
  }
  Verdict repeat() override { return integrator_.repeat(); }
  Verdict judge(double error) override { return integrator_.judge(error); }
  [[nodiscard]] bool sample_in_step(double& theta) const override {
    return integrator_.sample_in_step(theta);
  }
  void deliver(const typename Interface::Column& at) override {
    integrator_.deliver(Eigen::Map<const Vector<double, N>>(at.data()));
  }
  bool accept_step() override {
    if (integrator_.accept_step()) return true;
    integrator_.add_cost(cost_of_begin);
    return false;
  }
  [[nodiscard]] double time() const override { return integrator_.t(); }
  [[nodiscard]] double step() const override { return integrator_.h(); }
  [[nodiscard]] const double* absolute_tolerance() const override { return options_.atol.data(); }
  [[nodiscard]] double* state() override { return y_.data(); }

  [[nodiscard]] Outcome outcome() { return integrator_.outcome(); }

 private:
  /// What begin() and attempt() of the stepper would have counted.
  static constexpr Cost cost_of_begin{.nfev = 1, .njev = 1, .nlu = 0};
  static constexpr Cost cost_of_attempt{.nfev = Method::n_stages - 1, .njev = 0, .nlu = 1};

  Equations& system_;
  Vector<double, N>& y_;
  const Options<double, N>& options_;
  Integrator<Method, Equations, double, N> integrator_;
};

/// @tparam Equations  the system of W members, evaluated with scalar::Pack<W>. If it has
///                    load(lane, member), this is called before the steps of a segment.
/// @tparam Linear     DenseLU<Pack<W>, N> or another LU of packs with usable(lane)
/// @tparam Member     LaneMember<N>, or an interface derived from it
template <int W, class Equations, class Linear, class Member, class Tableau = Rodas5P>
class LaneLoop {
 public:
  static constexpr int N = Member::size;
  using P = scalar::Pack<W>;
  using State = Vector<P, N>;

  LaneLoop(MemberSource<Member>& source, Equations& system, double rtol)
      : source_(source), system_(system), rtol_(rtol) {
    y_.fill(P(1.0));
    tolerance_.fill(P(1.0));
  }

  /// Integrates all members of the source; a lane takes the next member when its own is over.
  LaneCount run() {
    for (int lane = 0; lane < W; ++lane) take_member(lane);
    while (choose_steps()) {
      stepper_.begin(system_, t_, y_);
      (void)stepper_.attempt(system_, t_, y_, h_, y1_);
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
        for (int i = 0; i < N; ++i) tolerance_[i].set(lane, atol[i]);
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
    Member& member = *member_[static_cast<std::size_t>(lane)];
    const double* y = member.state();
    for (int i = 0; i < N; ++i) y_[i].set(lane, y[i]);
    if constexpr (requires { system_.load(lane, member); }) system_.load(lane, member);
  }

  void unload(int lane) {
    double* y = member_[static_cast<std::size_t>(lane)]->state();
    for (int i = 0; i < N; ++i) y[i] = y_[i][lane];
  }

  /// The step of every lane. False if no member is left.
  bool choose_steps() {
    bool any = false;
    for (int lane = 0; lane < W; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      while (member_[l] != nullptr && !member_[l]->choose_step()) replace_member(lane);
      if (member_[l] == nullptr) continue;
      h_.set(lane, member_[l]->step());
      if constexpr (!is_autonomous<Equations>()) t_.set(lane, member_[l]->time());
      any = true;
    }
    return any;
  }

  void judge() {
    P sum(0.0);
    // What rests has neither an error nor another value.
    const P error = root_mean_square<P, N>(stepper_.moving_ranges(), [&](int i) {
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
      Verdict verdict;
      if (member_[l]->must_repeat(error[lane], finite)) {
        unload(lane);
        verdict = member_[l]->repeat();
      } else {
        verdict = member_[l]->judge(error[lane]);
      }
      accepted_[l] = verdict == Verdict::accepted;
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
        typename Member::Column column;
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
    for (const Range& range : stepper_.moving_ranges())
      for (int i = range.first; i < range.last; ++i) y_[i] = select(accepted, y1_[i], y_[i]);
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

  MemberSource<Member>& source_;
  Equations& system_;
  P rtol_, t_ = P(0.0), h_ = P(1e-3);
  Rodas<Tableau, N, Linear, P> stepper_;
  State y_, y1_, tolerance_, at_;
  std::array<Member*, static_cast<std::size_t>(W)> member_{};
  std::array<bool, static_cast<std::size_t>(W)> accepted_{};
  LaneCount count_;
};

}  // namespace ketasim::solve
