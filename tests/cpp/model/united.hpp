/// A number that carries its unit and refuses to be added to, or raised by, what does not fit.
///
/// The equations are templates over the scalar, so evaluating them once with this one checks the
/// dimensions of all of them, prefixes included: 1 mM + 1 uM is refused as much as 1 mM + 1 mV.
#pragma once

#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ketasim/scalar/concept.hpp"

namespace test {

struct UnitError : std::domain_error {
  using std::domain_error::domain_error;
};

/// A product of powers of base units times a scale: uM is umol/L, mM is 1000 uM, % is 0.01.
struct UnitOf {
  // h, umol, L, kg, mmHg, points
  static constexpr std::size_t n_bases = 6;
  std::array<double, n_bases> power{};
  double scale = 1.0;

  [[nodiscard]] bool same(const UnitOf& other) const {
    if (std::abs(scale / other.scale - 1.0) > 1e-9) return false;  // prefixes are factors of ten
    for (std::size_t i = 0; i < n_bases; ++i)
      if (std::abs(power[i] - other.power[i]) > 1e-9) return false;
    return true;
  }
  [[nodiscard]] UnitOf times(const UnitOf& other, double exponent) const {
    UnitOf r = *this;
    for (std::size_t i = 0; i < n_bases; ++i) r.power[i] += exponent * other.power[i];
    r.scale *= std::pow(other.scale, exponent);
    return r;
  }
  [[nodiscard]] std::string text() const {
    static constexpr std::array<std::string_view, n_bases> names{"h",  "umol", "L",
                                                                 "kg", "mmHg", "points"};
    std::string s = std::to_string(scale);
    for (std::size_t i = 0; i < n_bases; ++i)
      if (power[i] != 0.0) s += " " + std::string(names[i]) + "^" + std::to_string(power[i]);
    return s;
  }
};

/// One name without '/', e.g. "uM" or "1".
[[nodiscard]] inline UnitOf base_unit(std::string_view name) {
  struct Known {
    std::string_view name;
    UnitOf unit;
  };
  static const std::array known{
      Known{"1", {}},
      Known{"fold", {}},
      Known{"SMD", {}},
      Known{"%", {{}, 0.01}},
      Known{"% of baseline", {{}, 0.01}},
      Known{"h", {{1, 0, 0, 0, 0, 0}, 1.0}},
      Known{"min", {{1, 0, 0, 0, 0, 0}, 1.0 / 60.0}},
      Known{"umol", {{0, 1, 0, 0, 0, 0}, 1.0}},
      Known{"mol", {{0, 1, 0, 0, 0, 0}, 1e6}},
      Known{"L", {{0, 0, 1, 0, 0, 0}, 1.0}},
      Known{"mL", {{0, 0, 1, 0, 0, 0}, 1e-3}},
      Known{"uM", {{0, 1, -1, 0, 0, 0}, 1.0}},
      Known{"mM", {{0, 1, -1, 0, 0, 0}, 1e3}},
      Known{"kg", {{0, 0, 0, 1, 0, 0}, 1.0}},
      Known{"g", {{0, 0, 0, 1, 0, 0}, 1e-3}},
      Known{"ng", {{0, 0, 0, 1, 0, 0}, 1e-12}},
      Known{"mmHg", {{0, 0, 0, 0, 1, 0}, 1.0}},
      Known{"points", {{0, 0, 0, 0, 0, 1}, 1.0}},
  };
  for (const Known& k : known)
    if (k.name == name) return k.unit;
  throw UnitError("no unit is called '" + std::string(name) + "'");
}

/// "umol/g/min": everything after the first slash divides.
[[nodiscard]] inline UnitOf unit(std::string_view text) {
  std::size_t slash = text.find('/');
  UnitOf r = base_unit(text.substr(0, slash));
  while (slash != std::string_view::npos) {
    const std::size_t next = text.find('/', slash + 1);
    r = r.times(base_unit(text.substr(slash + 1, next - slash - 1)), -1.0);
    slash = next;
  }
  return r;
}

struct United {
  double value = 0.0;
  UnitOf unit;

  United() = default;
  United(double v) : value(v) {}  // NOLINT: bare numbers of an equation have no unit
  United(double v, const UnitOf& u) : value(v), unit(u) {}

  [[nodiscard]] const United& demand(const UnitOf& wanted, const char* where) const {
    if (!unit.same(wanted))
      throw UnitError(std::string(where) + ": " + unit.text() + " where " + wanted.text() +
                      " is needed");
    return *this;
  }
  /// A pure number, or a refusal.
  [[nodiscard]] double pure(const char* where) const { return demand({}, where).value; }

  friend double value(const United& a) { return a.value; }
  friend United operator-(const United& a) { return {-a.value, a.unit}; }
  friend United operator+(const United& a, const United& b) {
    return {a.value + b.demand(a.unit, "+").value, a.unit};
  }
  friend United operator-(const United& a, const United& b) {
    return {a.value - b.demand(a.unit, "-").value, a.unit};
  }
  friend United operator*(const United& a, const United& b) {
    return {a.value * b.value, a.unit.times(b.unit, 1.0)};
  }
  friend United operator/(const United& a, const United& b) {
    return {a.value / b.value, a.unit.times(b.unit, -1.0)};
  }
  United& operator+=(const United& b) { return *this = *this + b; }
  friend bool operator>(const United& a, const United& b) {
    return a.value > b.demand(a.unit, ">").value;
  }
};

[[nodiscard]] inline United sqrt(const United& x) {
  return {std::sqrt(x.value), UnitOf{}.times(x.unit, 0.5)};
}
[[nodiscard]] inline United exp(const United& x) { return std::exp(x.pure("exp")); }
[[nodiscard]] inline United log(const United& x) { return std::log(x.pure("log")); }
[[nodiscard]] inline United erfc(const United& x) { return std::erfc(x.pure("erfc")); }
[[nodiscard]] inline United pow(const United& x, const United& n) {
  return std::pow(x.pure("base of a power"), n.pure("exponent"));
}
[[nodiscard]] inline United softplus(const United& x) {
  return ketasim::scalar::softplus(x.pure("softplus"));
}
[[nodiscard]] inline United even_power(const United& x, const United& n) {
  return ketasim::scalar::even_power(x.pure("base of a power"), n.pure("exponent"));
}

}  // namespace test

template <>
struct ketasim::scalar::Quantity<test::United> {
  static test::United of(double value, const char* unit) { return {value, test::unit(unit)}; }
};
