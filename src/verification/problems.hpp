/// Public problems: stiff ones with published end values, others with a solution in closed form.
/// Source of equations and references: Mazzia and Magherini, Test Set for Initial Value Problem
/// Solvers, release 2.4, University of Bari (references by RADAU or RADAU5 at tolerance 1.1e-18).
/// Problems of classes A and D: DETEST (Hull, Enright, Fellen and Sedgwick 1972, SIAM J. Numer.
/// Anal. 9:603).
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "ketasim/solve/dense_lu.hpp"
#include "ketasim/solve/pattern.hpp"
#include "ketasim/solve/vector.hpp"

namespace problems {

using ketasim::solve::Vector;

/// Robertson's three reactions.
template <class Real = double>
struct Rober {
  static constexpr int n = 3;
  static constexpr Real t_end = Real(1e11L);
  static Vector<Real, n> start() { return {1, 0, 0}; }
  static Vector<Real, n> reference() {
    return {Real(0.2083340149701255e-7L), Real(0.8333360770334713e-13L), Real(0.9999999791665050L)};
  }
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = -Real(0.04L) * y[0] + Real(1e4) * y[1] * y[2];
    f[2] = Real(3e7) * y[1] * y[1];
    f[1] = -f[0] - f[2];
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    const Real a = Real(0.04L), b = Real(1e4), c = Real(6e7) * y[1];
    J << -a, b * y[2], b * y[1], a, -b * y[2] - c, -b * y[1], 0, c, 0;
    dfdt.setZero();
  }
};

/// Growth of plant tissue under light (Schaefer 1975).
template <class Real = double>
struct Hires {
  static constexpr int n = 8;
  static constexpr Real t_end = Real(321.8122L);
  static Vector<Real, n> start() {
    Vector<Real, n> y = Vector<Real, n>::Zero();
    y[0] = 1;
    y[7] = Real(0.0057L);
    return y;
  }
  static Vector<Real, n> reference() {
    Vector<Real, n> y;
    y << Real(0.7371312573325668e-3L), Real(0.1442485726316185e-3L), Real(0.5888729740967575e-4L),
        Real(0.1175651343283149e-2L), Real(0.2386356198831331e-2L), Real(0.6238968252742796e-2L),
        Real(0.2849998395185769e-2L), Real(0.2850001604814231e-2L);
    return y;
  }
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = Real(-1.71L) * y[0] + Real(0.43L) * y[1] + Real(8.32L) * y[2] + Real(0.0007L);
    f[1] = Real(1.71L) * y[0] - Real(8.75L) * y[1];
    f[2] = Real(-10.03L) * y[2] + Real(0.43L) * y[3] + Real(0.035L) * y[4];
    f[3] = Real(8.32L) * y[1] + Real(1.71L) * y[2] - Real(1.12L) * y[3];
    f[4] = Real(-1.745L) * y[4] + Real(0.43L) * (y[5] + y[6]);
    f[5] = -280 * y[5] * y[7] + Real(0.69L) * y[3] + Real(1.71L) * y[4] - Real(0.43L) * y[5] +
           Real(0.69L) * y[6];
    f[6] = 280 * y[5] * y[7] - Real(1.81L) * y[6];
    f[7] = -f[6];
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    J.setZero();
    J(0, 0) = Real(-1.71L), J(0, 1) = Real(0.43L), J(0, 2) = Real(8.32L);
    J(1, 0) = Real(1.71L), J(1, 1) = Real(-8.75L);
    J(2, 2) = Real(-10.03L), J(2, 3) = Real(0.43L), J(2, 4) = Real(0.035L);
    J(3, 1) = Real(8.32L), J(3, 2) = Real(1.71L), J(3, 3) = Real(-1.12L);
    J(4, 4) = Real(-1.745L), J(4, 5) = J(4, 6) = Real(0.43L);
    J(5, 3) = Real(0.69L), J(5, 4) = Real(1.71L), J(5, 5) = -280 * y[7] - Real(0.43L),
         J(5, 6) = Real(0.69L);
    J(5, 7) = -280 * y[5];
    J(6, 5) = 280 * y[7], J(6, 6) = Real(-1.81L), J(6, 7) = 280 * y[5];
    J.row(7) = -J.row(6);
    dfdt.setZero();
  }
};

/// The Oregonator (Field and Noyes 1974).
template <class Real = double>
struct Orego {
  static constexpr int n = 3;
  static constexpr Real t_end = 360;
  static Vector<Real, n> start() { return {1, 2, 3}; }
  static Vector<Real, n> reference() {
    return {Real(0.1000814870318523e1L), Real(0.1228178521549917e4L), Real(0.1320554942846706e3L)};
  }
  static constexpr Real s = Real(77.27L), q = Real(8.375e-6L), w = Real(0.161L);
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = s * (y[1] + y[0] * (1 - q * y[0] - y[1]));
    f[1] = (y[2] - (1 + y[0]) * y[1]) / s;
    f[2] = w * (y[0] - y[2]);
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    J << s * (1 - 2 * q * y[0] - y[1]), s * (1 - y[0]), 0, -y[1] / s, -(1 + y[0]) / s, 1 / s, w, 0,
        -w;
    dfdt.setZero();
  }
};

/// Van der Pol in the time scale of its slow phase: eps y2' = (1 - y1^2) y2 - y1, mu = eps^(-1/2) =
/// 1000.
template <class Real = double>
struct VanDerPol {
  static constexpr int n = 2;
  static constexpr Real t_end = 2;
  static Vector<Real, n> start() { return {2, 0}; }
  static Vector<Real, n> reference() {
    return {Real(0.1706167732170483e1L), Real(-0.8928097010247975e0L)};
  }
  static constexpr Real eps = Real(1e-6L);
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = y[1];
    f[1] = ((1 - y[0] * y[0]) * y[1] - y[0]) / eps;
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    J << 0, 1, (-2 * y[0] * y[1] - 1) / eps, (1 - y[0] * y[0]) / eps;
    dfdt.setZero();
  }
};

/// The same in its own time: y1'' = mu (1 - y1^2) y1' - y1, mu = 1000, over 2000 units.
template <class Real = double>
struct VanDerPolSlow {
  static constexpr int n = 2;
  static constexpr Real t_end = 2000;
  static Vector<Real, n> start() { return {2, 0}; }
  static Vector<Real, n> reference() {
    return {Real(0.1706167732170469e1L), Real(-0.8928097010248125e-3L)};
  }
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = y[1];
    f[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0];
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    J << 0, 1, -2000 * y[0] * y[1] - 1, 1000 * (1 - y[0] * y[0]);
    dfdt.setZero();
  }
};

/// Pyrolysis E5 of the stiff DETEST set (Enright, Hull and Lindberg 1975).
template <class Real = double>
struct E5 {
  static constexpr int n = 4;
  static constexpr Real t_end = Real(1e13L);
  static Vector<Real, n> start() { return {Real(1.76e-3L), 0, 0, 0}; }
  static Vector<Real, n> reference() {
    return {Real(0.1152903278711829e-290L), Real(0.8867655517642120e-22L),
            Real(0.8854814626268838e-22L), 0};
  }
  static constexpr Real a = Real(7.89e-10L), b = Real(1.1e7L), cm = Real(1.13e9L),
                        c = Real(1.13e3L);
  void rhs(Real, const Vector<Real, n>& y, Vector<Real, n>& f) const {
    f[0] = -a * y[0] - b * y[0] * y[2];
    f[1] = a * y[0] - cm * y[1] * y[2];
    f[3] = b * y[0] * y[2] - c * y[3];
    f[2] = f[1] - f[3];
  }
  void jacobian(Real, const Vector<Real, n>& y, Eigen::Matrix<Real, n, n>& J,
                Vector<Real, n>& dfdt) const {
    J << -a - b * y[2], 0, -b * y[0], 0,                     //
        a, -cm * y[2], -cm * y[1], 0,                        //
        a - b * y[2], -cm * y[2], -b * y[0] - cm * y[1], c,  //
        b * y[2], 0, b * y[0], -c;
    dfdt.setZero();
  }
};

/// Air pollution, 25 reactions of 20 species (Verwer 1994), written as a reaction list.
struct Pollu {
  static constexpr int n = 20;
  static constexpr double t_end = 60;

  struct Reaction {
    double rate;
    /// Species counted from 1, repeated when stoichiometry is 2; `in` also sets the rate law.
    std::vector<int> in, out;
  };

  static const std::vector<Reaction>& reactions() {
    static const std::vector<Reaction> list{
        {.35, {1}, {2, 3}},        {.266e2, {2, 4}, {1}},      {.123e5, {5, 2}, {6, 1}},
        {.86e-3, {7}, {5, 5, 8}},  {.82e-3, {7}, {8}},         {.15e5, {7, 6}, {8, 5}},
        {.13e-3, {9}, {10, 8, 5}}, {.24e5, {9, 6}, {11}},      {.165e5, {11, 2}, {10, 12, 1}},
        {.9e4, {11, 1}, {13}},     {.22e-1, {13}, {11, 1}},    {.12e5, {10, 2}, {14, 1}},
        {.188e1, {14}, {7, 5}},    {.163e5, {1, 6}, {15}},     {.48e7, {3}, {4}},
        {.35e-3, {4}, {16}},       {.175e-1, {4}, {3}},        {.1e9, {16}, {6, 6}},
        {.444e12, {16}, {3}},      {.124e4, {17, 6}, {5, 18}}, {.21e1, {19}, {2}},
        {.578e1, {19}, {1, 3}},    {.474e-1, {1, 4}, {19}},    {.178e4, {19, 1}, {20}},
        {.312e1, {20}, {1, 19}}};
    return list;
  }

  static Vector<double, n> start() {
    Vector<double, n> y = Vector<double, n>::Zero();
    y[1] = .2, y[3] = .04, y[6] = .1, y[7] = .3, y[8] = .01, y[16] = .007;
    return y;
  }

  static Vector<double, n> reference() {
    Vector<double, n> y;
    y << 0.5646255480022769e-01, 0.1342484130422339e+00, 0.4139734331099427e-08,
        0.5523140207484359e-02, 0.2018977262302196e-06, 0.1464541863493966e-06,
        0.7784249118997964e-01, 0.3245075353396018e+00, 0.7494013383880406e-02,
        0.1622293157301561e-07, 0.1135863833257075e-07, 0.2230505975721359e-02,
        0.2087162882798630e-03, 0.1396921016840158e-04, 0.8964884856898295e-02,
        0.4352846369330103e-17, 0.6899219696263405e-02, 0.1007803037365946e-03,
        0.1772146513969984e-05, 0.5682943292316392e-04;
    return y;
  }

  static double rate(const Reaction& r, const Vector<double, n>& y) {
    double product = r.rate;
    for (const int s : r.in) product *= y[s - 1];
    return product;
  }

  void rhs(double, const Vector<double, n>& y, Vector<double, n>& f) const {
    f.setZero();
    for (const Reaction& r : reactions()) {
      const double v = rate(r, y);
      for (const int s : r.in) f[s - 1] -= v;
      for (const int s : r.out) f[s - 1] += v;
    }
  }

  /// add(row, column, value), possibly several times for one entry
  template <class Add>
  static void each_entry(const Vector<double, n>& y, Add&& add) {
    for (const Reaction& r : reactions())
      for (std::size_t k = 0; k < r.in.size(); ++k) {
        double slope = r.rate;
        for (std::size_t l = 0; l < r.in.size(); ++l)
          if (l != k) slope *= y[r.in[l] - 1];
        for (const int s : r.in) add(s - 1, r.in[k] - 1, -slope);
        for (const int s : r.out) add(s - 1, r.in[k] - 1, slope);
      }
  }

  void jacobian(double, const Vector<double, n>& y, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    J.setZero();
    each_entry(y, [&](int i, int j, double value) { J(i, j) += value; });
    dfdt.setZero();
  }
};

/// Pollu with its Jacobian in sparse rows.
struct SparsePollu : Pollu {
  ketasim::solve::SparsityPattern pattern;
  std::vector<int> place =
      std::vector<int>(at(n, 0), -1);  ///< (n, n) index of an entry, -1 = structural zero

  SparsePollu() {
    each_entry(Vector<double, n>::Ones(), [&](int i, int j, double) { place[at(i, j)] = 0; });
    pattern.n = n;
    for (int i = 0; i < n; ++i) {
      pattern.row_start.push_back(static_cast<int>(pattern.column.size()));
      for (int j = 0; j < n; ++j)
        if (place[at(i, j)] == 0) {
          place[at(i, j)] = static_cast<int>(pattern.column.size());
          pattern.column.push_back(j);
        }
    }
    pattern.row_start.push_back(static_cast<int>(pattern.column.size()));
  }

  static std::size_t at(int i, int j) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(n) + static_cast<std::size_t>(j);
  }

  void jacobian(double, const Vector<double, n>& y, std::vector<double>& J,
                Vector<double, n>& dfdt) const {
    for (double& value : J) value = 0;
    each_entry(y, [&](int i, int j, double value) {
      J[static_cast<std::size_t>(place[at(i, j)])] += value;
    });
    dfdt.setZero();
  }
};

/// DETEST A1: exponential decay.
struct A1 {
  static constexpr int n = 1;
  static constexpr double t_end = 20;
  static Vector<double, n> start() { return Vector<double, n>(1.0); }
  static Vector<double, n> reference() { return Vector<double, n>(std::exp(-t_end)); }
  void rhs(double, const Vector<double, n>& y, Vector<double, n>& f) const { f[0] = -y[0]; }
  void jacobian(double, const Vector<double, n>&, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    J(0, 0) = -1;
    dfdt.setZero();
  }
};

/// DETEST A2: a special Riccati equation.
struct A2 {
  static constexpr int n = 1;
  static constexpr double t_end = 20;
  static Vector<double, n> start() { return Vector<double, n>(1.0); }
  static Vector<double, n> reference() { return Vector<double, n>(1.0 / std::sqrt(1.0 + t_end)); }
  void rhs(double, const Vector<double, n>& y, Vector<double, n>& f) const {
    f[0] = -0.5 * y[0] * y[0] * y[0];
  }
  void jacobian(double, const Vector<double, n>& y, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    J(0, 0) = -1.5 * y[0] * y[0];
    dfdt.setZero();
  }
};

/// DETEST A3: an oscillating growth rate; depends on time.
struct A3 {
  static constexpr int n = 1;
  static constexpr double t_end = 20;
  static Vector<double, n> start() { return Vector<double, n>(1.0); }
  static Vector<double, n> reference() { return Vector<double, n>(std::exp(std::sin(t_end))); }
  void rhs(double t, const Vector<double, n>& y, Vector<double, n>& f) const {
    f[0] = y[0] * std::cos(t);
  }
  void jacobian(double t, const Vector<double, n>& y, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    J(0, 0) = std::cos(t);
    dfdt[0] = -y[0] * std::sin(t);
  }
};

/// DETEST A4: logistic growth.
struct A4 {
  static constexpr int n = 1;
  static constexpr double t_end = 20;
  static Vector<double, n> start() { return Vector<double, n>(1.0); }
  static Vector<double, n> reference() {
    return Vector<double, n>(20.0 / (1.0 + 19.0 * std::exp(-0.25 * t_end)));
  }
  void rhs(double, const Vector<double, n>& y, Vector<double, n>& f) const {
    f[0] = 0.25 * y[0] * (1.0 - y[0] / 20.0);
  }
  void jacobian(double, const Vector<double, n>& y, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    J(0, 0) = 0.25 * (1.0 - y[0] / 10.0);
    dfdt.setZero();
  }
};

/// DETEST class D: an orbit of two bodies, with an eccentricity of `tenths` / 10.
template <int tenths>
struct Orbit {
  static constexpr int n = 4;
  static constexpr double t_end = 20, e = tenths / 10.0;
  static Vector<double, n> start() { return {1.0 - e, 0.0, 0.0, std::sqrt((1.0 + e) / (1.0 - e))}; }
  static Vector<double, n> reference() {
    double u = t_end;  // Kepler's equation u - e sin u = t, by Newton's method
    for (int k = 0; k < 50; ++k) u -= (u - e * std::sin(u) - t_end) / (1.0 - e * std::cos(u));
    const double b = std::sqrt(1.0 - e * e), s = std::sin(u), c = std::cos(u), r = 1.0 - e * c;
    return {c - e, b * s, -s / r, b * c / r};
  }
  void rhs(double, const Vector<double, n>& y, Vector<double, n>& f) const {
    const double r2 = y[0] * y[0] + y[1] * y[1], r3 = r2 * std::sqrt(r2);
    f[0] = y[2];
    f[1] = y[3];
    f[2] = -y[0] / r3;
    f[3] = -y[1] / r3;
  }
  void jacobian(double, const Vector<double, n>& y, Eigen::Matrix<double, n, n>& J,
                Vector<double, n>& dfdt) const {
    const double r2 = y[0] * y[0] + y[1] * y[1], r3 = r2 * std::sqrt(r2), r5 = r2 * r3;
    J << 0, 0, 1, 0, 0, 0, 0, 1,                                    //
        3 * y[0] * y[0] / r5 - 1 / r3, 3 * y[0] * y[1] / r5, 0, 0,  //
        3 * y[0] * y[1] / r5, 3 * y[1] * y[1] / r5 - 1 / r3, 0, 0;
    dfdt.setZero();
  }
};

}  // namespace problems
