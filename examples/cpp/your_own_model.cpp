/// How does a model of one's own run: alone, many members at once, and with exact gradients?
#include <cstdio>
#include <ketasim/solve/gradient.hpp>
#include <ketasim/solve/lanes.hpp>
#include <vector>

using namespace ketasim;
using solve::Vector;

// --8<-- [start:model]
/// Target-mediated drug disposition (Mager and Jusko 2001): drug C, target R, complex RC [nM].
template <class P = double>
struct TargetMediated {
  P k_el = 0.15, k_off = 0.01, k_int = 0.04, k_deg = 0.1;  // 1/h
  P k_on = 0.1, k_syn = 1.0;                               // 1/(nM h), nM/h
  static constexpr bool autonomous = true;

  template <class T>
  void rhs(const T&, const Vector<T, 3>& y, Vector<T, 3>& dydt) const {
    const T binding = k_on * y[0] * y[1] - k_off * y[2];
    dydt[0] = -k_el * y[0] - binding;
    dydt[1] = k_syn - k_deg * y[1] - binding;
    dydt[2] = binding - k_int * y[2];
  }
};
// --8<-- [end:model]

int main() {
  const std::vector<double> hours{1.0, 6.0, 24.0, 72.0};
  const solve::TimeSpan<> span{.to = 72.0, .samples = hours};
  const solve::Options<double, 3> options{.rtol = 1e-8};
  // --8<-- [start:alone]
  const Vector<double, 3> start{100.0, 10.0, 0.0};
  const auto alone = solve::solve(TargetMediated<>{}, start, span, options);
  // --8<-- [end:alone]
  // --8<-- [start:lanes]
  using Pack = scalar::Pack<scalar::register_width>;
  TargetMediated<Pack> members;  // each lane is a member; they differ in k_int
  for (int lane = 0; lane < Pack::width; ++lane) members.k_int.set(lane, 0.04 * (lane + 1));
  const Vector<Pack, 3> starts = start.cast<Pack>();
  const auto lanes = solve::solve(members, starts, span, options);
  // --8<-- [end:lanes]
  // --8<-- [start:gradient]
  using Dual = scalar::Dual<double, 1>;
  TargetMediated<Dual> varied;
  varied.k_int.slope[0] = 1.0;  // the direction: d/dk_int
  const Vector<Dual, 3> fixed = start.cast<Dual>();
  const auto exact = solve::solve(varied, fixed, span, options);
  // --8<-- [end:gradient]
  if (!alone.success() || !lanes.success() || !exact.success()) return 1;
  for (std::size_t i = 0; i < hours.size(); ++i)
    std::printf("%4.0f h: C = %8.4f nM; with twice the k_int %8.4f nM; dC/dk_int = %8.3f nM h\n",
                hours[i], alone.y[i][0], lanes.y[i][0][1], exact.y[i][0].slope[0]);
  return alone.y.back()[0] == lanes.y.back()[0][0] ? 0 : 1;  // the same bits
}
