/// Floating-point operations of a step: it is made once with numbers that count.
///
/// + - * / and the square root count 1 each, whatever they take; comparisons, selections and moves
/// of bits count nothing.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <type_traits>

#include <Eigen/Core>

namespace peers {

class Counted {
 public:
  using Numbers = double;
  using Bits = std::int64_t;

  inline static long operations = 0;

  Counted() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number> Counted(Number x)
      : v_(static_cast<double>(x)) {}  // NOLINT: a number
  [[nodiscard]] static Counted of_bits(Bits bits) { return __builtin_bit_cast(double, bits); }
  [[nodiscard]] double number() const { return v_; }

  friend Counted operator+(const Counted& a, const Counted& b) { return counted(a.v_ + b.v_); }
  friend Counted operator-(const Counted& a, const Counted& b) { return counted(a.v_ - b.v_); }
  friend Counted operator*(const Counted& a, const Counted& b) { return counted(a.v_ * b.v_); }
  friend Counted operator/(const Counted& a, const Counted& b) { return counted(a.v_ / b.v_); }
  friend Counted operator-(const Counted& a) { return -a.v_; }
  Counted& operator+=(const Counted& b) { return *this = *this + b; }
  Counted& operator-=(const Counted& b) { return *this = *this - b; }
  Counted& operator*=(const Counted& b) { return *this = *this * b; }
  friend bool operator<(const Counted& a, const Counted& b) { return a.v_ < b.v_; }
  friend bool operator>(const Counted& a, const Counted& b) { return a.v_ > b.v_; }
  friend bool operator>=(const Counted& a, const Counted& b) { return a.v_ >= b.v_; }
  friend bool operator==(const Counted& a, const Counted& b) { return a.v_ == b.v_; }
  friend Counted select(bool choice, const Counted& a, const Counted& b) { return choice ? a : b; }
  friend Bits bits_of(const Counted& x) { return __builtin_bit_cast(Bits, x.v_); }
  friend Counted abs(const Counted& x) { return std::fabs(x.v_); }
  friend Counted sqrt(const Counted& x) { return counted(std::sqrt(x.v_)); }
  friend bool pivot_is_usable(const Counted& pivot, const Counted& diagonal);

 private:
  [[nodiscard]] static Counted counted(double result) {
    ++operations;
    return result;
  }
  double v_ = 0.0;
};

}  // namespace peers

template <>
struct Eigen::NumTraits<peers::Counted> : Eigen::NumTraits<double> {
  using Real = peers::Counted;
  using NonInteger = Real;
  using Nested = Real;
  using Literal = Real;
};

#include "../scenarios.hpp"
#include "ketasim/kernel_system.hpp"
#include "ketasim/problem.hpp"
#include "ketasim/solve/integrator.hpp"
#include "ketasim/solve/rodas.hpp"
#include "suites.hpp"

namespace peers {

bool pivot_is_usable(const Counted& pivot, const Counted& diagonal) {
  constexpr double cancelled = 100.0 * std::numeric_limits<double>::epsilon();
  return abs(pivot) > Counted(cancelled) * abs(diagonal);
}

namespace elementary = ketasim::elementary::detail;
Counted log(const Counted& x) { return elementary::logarithm(x); }
Counted pow(const Counted& x, const Counted& y) { return elementary::power(x, y); }
Counted softplus(const Counted& x) { return elementary::softplus(x); }
Counted expit(const Counted& x) { return elementary::expit(x); }
Counted even_power(const Counted& x, const Counted& n) { return elementary::power(abs(x), n); }
Counted even_slope(const Counted& q, const Counted& x, const Counted& n) {
  return elementary::even_slope(q, x, n);
}
Counted even_log(const Counted& q, const Counted& x) { return elementary::even_log(q, x); }

namespace {

namespace kernels = ketasim::kernels;
using State = ketasim::solve::Vector<Counted, kernels::n_states>;

struct System {
  static constexpr bool autonomous = true;
  std::array<Counted, static_cast<std::size_t>(kernels::n_constants)> c;
  void rhs(const Counted&, const State& y, State& dydt) const {
    kernels::rhs(y.data(), c.data(), dydt.data());
  }
  template <class Jacobian>
  void jacobian(const Counted&, const State& y, Jacobian& J, State&) const {
    kernels::jacobian(y.data(), c.data(), J.data());
  }
};

struct Linear {
  using Jacobian = std::array<Counted, static_cast<std::size_t>(kernels::n_entries)>;
  std::array<Counted, static_cast<std::size_t>(kernels::n_stored)> lu;
  [[nodiscard]] Jacobian make_jacobian() const { return {}; }
  [[nodiscard]] bool factorize(const Jacobian& J, const Counted& s) {
    return kernels::factorize(J.data(), s, lu.data());
  }
  void solve(State& b) const { kernels::solve(lu.data(), b.data()); }
};

template <class Call>
[[nodiscard]] long operations_of(const Call& call) {
  const long before = Counted::operations;
  call();
  return Counted::operations - before;
}

}  // namespace

void tell_operations() {
  const ketasim::Problem ready = ketasim::prepare(bench::one_infusion().scenario);
  const ketasim::KernelSystem real(ready.parameters, ready.schedule.stops.front().inputs);
  const auto system = std::make_unique<System>();
  for (std::size_t k = 0; k < system->c.size(); ++k) system->c[k] = real.constants()[k];
  State y, y1, f;
  for (int i = 0; i < kernels::n_states; ++i) y[i] = ready.start[i];
  const auto stepper = std::make_unique<
      ketasim::solve::Rodas<ketasim::solve::Rodas5P, kernels::n_states, Linear, Counted>>();
  Linear linear;
  Linear::Jacobian J;
  const Counted h = 1e-3, s = 5e3;
  const long rhs = operations_of([&] { system->rhs(0.0, y, f); });
  const long jacobian = operations_of([&] { system->jacobian(0.0, y, J, f); });
  const long factorise = operations_of([&] { (void)linear.factorize(J, s); });
  const long solve = operations_of([&] { linear.solve(f); });
  const long power = operations_of([&] { (void)pow(y[0] + 2.0, s); }) - 1;
  const long begin = operations_of([&] { stepper->begin(*system, 0.0, y); });
  const long attempt =
      operations_of([&] { (void)stepper->attempt(*system, Counted(0.0), y, h, y1); });
  const long judge = operations_of([&] {
    (void)ketasim::solve::root_mean_square<Counted, kernels::n_states>(
        [&](int i) { return stepper->error()[i] / (s * abs(y[i]) + s); });
  });
  std::printf(
      "{\"operations\": {\"rhs\": %ld, \"jacobian\": %ld, \"factorise\": %ld, \"solve\": %ld, "
      "\"power\": %ld, \"begin\": %ld, \"attempt\": %ld}}\n",
      rhs, jacobian, factorise, solve, power, begin, attempt + judge);
}

}  // namespace peers
