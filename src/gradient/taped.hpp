/// Reverse mode: a scalar that notes on a tape how it was computed, so that one sweep back gives the
/// derivatives of a number by everything it was computed from.
///
/// For code that runs once, such as the compilation of a regimen; steps have adjoints of their own.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <type_traits>
#include <utility>
#include <vector>

#include "ketasim/scalar/concept.hpp"

namespace ketasim::scalar {

/// Operations in their order, and the weight of each result: the derivative of what is
/// differentiated by it.
class Tape {
 public:
  /// A number that others are computed from. @return its place
  int add_leaf() { return add(-1, 0.0, -1, 0.0); }
  /// A result with its derivatives by two earlier entries; -1 for none.
  int add(int first, double by_first, int second, double by_second) {
    entries_.push_back({first, second, by_first, by_second});
    weights_.push_back(0.0);
    return static_cast<int>(entries_.size()) - 1;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] double& weight(int at) { return weights_[static_cast<std::size_t>(at)]; }

  /// Hands the weights of the last entries down to `first`, one after the other, to what they were
  /// computed from.
  void sweep(std::size_t first) {
    for (std::size_t k = entries_.size(); k-- > first;) {
      const double w = weights_[k];
      if (w == 0.0) continue;
      const Entry& entry = entries_[k];
      if (entry.first >= 0) weight(entry.first) += entry.by_first * w;
      if (entry.second >= 0) weight(entry.second) += entry.by_second * w;
    }
  }
  /// Removes the entries from `size` on.
  void shrink(std::size_t size) {
    entries_.resize(size);
    weights_.resize(size);
  }

  /// The tape that the present thread writes on, or null.
  [[nodiscard]] static Tape*& present() {
    thread_local Tape* tape = nullptr;
    return tape;
  }

 private:
  struct Entry {
    int first, second;
    double by_first, by_second;
  };
  std::vector<Entry> entries_;
  std::vector<double> weights_;
};

/// The present thread writes on `tape` as long as this lives.
class Taping {
 public:
  explicit Taping(Tape& tape) : before_(std::exchange(Tape::present(), &tape)) {}
  Taping(const Taping&) = delete;
  Taping& operator=(const Taping&) = delete;
  ~Taping() { Tape::present() = before_; }

 private:
  Tape* before_;
};

/// A number, and its place on the tape; a number that nothing varies has none.
class Taped {
 public:
  Taped() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number> Taped(Number x)  // NOLINT: a number that does not vary
      : value_(static_cast<double>(x)) {}

  /// A number that varies.
  [[nodiscard]] static Taped leaf(double x) {
    Taped r(x);
    r.place_ = Tape::present()->add_leaf();
    return r;
  }
  [[nodiscard]] double number() const { return value_; }
  [[nodiscard]] bool varies() const { return place_ >= 0; }
  /// On the tape, if it varies.
  [[nodiscard]] int place() const { return place_; }

  /// A function of one or two numbers, by its value and its derivatives.
  [[nodiscard]] static Taped of(double v, const Taped& a, double by_a) {
    return of(v, a, by_a, Taped(), 0.0);
  }
  [[nodiscard]] static Taped of(double v, const Taped& a, double by_a, const Taped& b,
                                double by_b) {
    Taped r(v);
    if (a.varies() || b.varies()) r.place_ = Tape::present()->add(a.place_, by_a, b.place_, by_b);
    return r;
  }

  friend Taped operator-(const Taped& a) { return of(-a.value_, a, -1.0); }
  friend Taped operator+(const Taped& a, const Taped& b) {
    return of(a.value_ + b.value_, a, 1.0, b, 1.0);
  }
  friend Taped operator-(const Taped& a, const Taped& b) {
    return of(a.value_ - b.value_, a, 1.0, b, -1.0);
  }
  friend Taped operator*(const Taped& a, const Taped& b) {
    return of(a.value_ * b.value_, a, b.value_, b, a.value_);
  }
  friend Taped operator/(const Taped& a, const Taped& b) {
    const double v = a.value_ / b.value_;
    return of(v, a, 1.0 / b.value_, b, -v / b.value_);
  }
  Taped& operator+=(const Taped& b) { return *this = *this + b; }
  Taped& operator-=(const Taped& b) { return *this = *this - b; }
  Taped& operator*=(const Taped& b) { return *this = *this * b; }
  Taped& operator/=(const Taped& b) { return *this = *this / b; }

 private:
  double value_ = 0.0;
  int place_ = -1;
};

[[nodiscard]] inline double value(const Taped& x) { return x.number(); }

[[nodiscard]] inline Taped sqrt(const Taped& x) {
  const double v = std::sqrt(x.number());
  return Taped::of(v, x, 0.5 / v);
}
[[nodiscard]] inline Taped exp(const Taped& x) {
  const double v = std::exp(x.number());
  return Taped::of(v, x, v);
}
[[nodiscard]] inline Taped log(const Taped& x) {
  return Taped::of(std::log(x.number()), x, 1.0 / x.number());
}
/// x^n for x > 0.
[[nodiscard]] inline Taped pow(const Taped& x, const Taped& n) {
  const double v = std::pow(x.number(), n.number());
  const double by_n = n.varies() ? v * std::log(x.number()) : 0.0;
  return Taped::of(v, x, n.number() * v / x.number(), n, by_n);
}
[[nodiscard]] inline Taped erfc(const Taped& x) {
  const double slope = -2.0 / std::sqrt(std::numbers::pi) * std::exp(-x.number() * x.number());
  return Taped::of(std::erfc(x.number()), x, slope);
}
[[nodiscard]] inline Taped softplus(const Taped& x) {
  return Taped::of(softplus(x.number()), x, expit(x.number()));
}
[[nodiscard]] inline Taped expit(const Taped& x) {
  const double v = expit(x.number());
  return Taped::of(v, x, v * (1.0 - v));
}
[[nodiscard]] inline Taped even_power(const Taped& x, const Taped& n) {
  const double v = even_power(x.number(), n.number());
  return Taped::of(v, x, even_slope(v, x.number(), n.number()), n, even_log(v, x.number()));
}

}  // namespace ketasim::scalar
