/// A scalar that records the operations on it as Python source, one assignment a line: the equations
/// in the order of their evaluation, for other solvers and languages.
#pragma once

#include <charconv>
#include <string>
#include <utility>

#include "ketasim/scalar/concept.hpp"

namespace ketasim::scalar {

/// Name of an intermediate result, or a number. All recorded scalars of one thread write to the
/// same tape.
class Recorded {
 public:
  Recorded() : Recorded(0.0) {}
  Recorded(double number) : name_(text(number)) {}  // NOLINT: numbers mix with recorded scalars

  /// A named input of the recorded function, e.g. "y[3]".
  [[nodiscard]] static Recorded input(std::string name) {
    Recorded r;
    r.name_ = std::move(name);
    return r;
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Starts a new tape and returns the lines of the old one, each ended by a newline and indented
  /// by four spaces.
  static std::string restart() {
    lines() = 0;
    return std::exchange(tape(), {});
  }

  /// Records "t<n> = <expression>".
  [[nodiscard]] static Recorded of(const std::string& expression) {
    Recorded r;
    r.name_ = "t" + std::to_string(lines()++);
    tape() += "    " + r.name_ + " = " + expression + "\n";
    return r;
  }

  friend Recorded operator-(const Recorded& a) { return of("-" + a.name_); }
  friend Recorded operator+(const Recorded& a, const Recorded& b) {
    return of(a.name_ + " + " + b.name_);
  }
  friend Recorded operator-(const Recorded& a, const Recorded& b) {
    return of(a.name_ + " - " + b.name_);
  }
  friend Recorded operator*(const Recorded& a, const Recorded& b) {
    return of(a.name_ + " * " + b.name_);
  }
  friend Recorded operator/(const Recorded& a, const Recorded& b) {
    return of(a.name_ + " / " + b.name_);
  }

 private:
  /// Shortest text that reads back to the same bits.
  static std::string text(double number) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
    const std::string digits(buffer, end);
    return number < 0 ? "(" + digits + ")" : digits;
  }
  static std::string& tape() {
    thread_local std::string lines_so_far;
    return lines_so_far;
  }
  static int& lines() {
    thread_local int count = 0;
    return count;
  }

  std::string name_;
};

[[nodiscard]] inline Recorded sqrt(const Recorded& x) {
  return Recorded::of("sqrt(" + x.name() + ")");
}
[[nodiscard]] inline Recorded exp(const Recorded& x) {
  return Recorded::of("exp(" + x.name() + ")");
}
[[nodiscard]] inline Recorded log(const Recorded& x) {
  return Recorded::of("log(" + x.name() + ")");
}
[[nodiscard]] inline Recorded pow(const Recorded& x, const Recorded& n) {
  return Recorded::of(x.name() + " ** " + n.name());
}
[[nodiscard]] inline Recorded softplus(const Recorded& x) {
  return Recorded::of("max(" + x.name() + ", 0.0) + log1p(exp(-abs(" + x.name() + ")))");
}
[[nodiscard]] inline Recorded even_power(const Recorded& x, const Recorded& n) {
  return Recorded::of("abs(" + x.name() + ") ** " + n.name());
}

}  // namespace ketasim::scalar
