/// Linear solver of the implicit step for Jacobians of known, fixed structure.
///
/// The elimination order (Markowitz on the diagonal) and all fill are found once; afterwards a factorisation is a
/// straight walk through index lists, without pivoting, searching or allocation. Leaving out pivoting is safe because
/// shift I - J is dominated by its diagonal for small steps: a pivot that loses its digits is reported, the step is
/// rejected and the next one is smaller.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <vector>

#include "ketasim/solve/options.hpp"

namespace ketasim::solve {

/// Compressed sparse rows; columns ascend within a row.
struct SparsityPattern {
  int n = 0;
  std::vector<int> row_start, column;
};

template <class Real, int N>
class SparseLU {
 public:
  /// Jacobian entries in the row order of the pattern.
  using Jacobian = std::vector<Real>;

  explicit SparseLU(const SparsityPattern& pattern) : entries_(pattern.column.size()) {
    const auto order = elimination_order(pattern);
    symbolic(pattern, order);
  }

  [[nodiscard]] Jacobian make_jacobian() const { return Jacobian(entries_, Real(0)); }

  /// Stored entries of L and U together.
  [[nodiscard]] std::size_t size() const { return value_.size(); }

  /// Factorises shift I - J. @return false if a pivot has lost its digits or is not finite.
  [[nodiscard]] bool factorize(const Jacobian& J, Real shift) {
    std::fill(value_.begin(), value_.end(), Real(0));
    for (std::size_t e = 0; e < entries_; ++e) value_[place_[e]] = -J[e];
    for (int k = 0; k < N; ++k) {
      value_[diagonal_[k]] += shift;
      scale_[k] = std::fabs(value_[diagonal_[k]]);
    }
    const std::uint32_t* target = target_.data();
    for (int k = 0; k < N; ++k) {
      for (std::uint32_t l = row_[k]; l < diagonal_[k]; ++l) {
        const std::uint32_t j = column_[l];
        const Real factor = value_[l] * inverse_[j];
        value_[l] = factor;
        for (std::uint32_t u = diagonal_[j] + 1; u < row_[j + 1]; ++u) value_[*target++] -= factor * value_[u];
      }
      const Real pivot = value_[diagonal_[k]];
      inverse_[k] = Real(1) / pivot;
      if (!(std::fabs(pivot) > lost_digits * scale_[k]) || !std::isfinite(inverse_[k])) return false;
    }
    return true;
  }

  /// b <- (shift I - J)^-1 b.
  void solve(Vector<Real, N>& b) const {
    Vector<Real, N> x;
    for (int k = 0; k < N; ++k) {
      Real sum = b[order_[k]];
      for (std::uint32_t l = row_[k]; l < diagonal_[k]; ++l) sum -= value_[l] * x[column_[l]];
      x[k] = sum;
    }
    for (int k = N - 1; k >= 0; --k) {
      Real sum = x[k];
      for (std::uint32_t u = diagonal_[k] + 1; u < row_[k + 1]; ++u) sum -= value_[u] * x[column_[u]];
      x[k] = sum * inverse_[k];
      b[order_[k]] = x[k];
    }
  }

 private:
  /// A pivot this much smaller than the diagonal it came from has no correct digits left.
  static constexpr Real lost_digits = Real(1e3) * std::numeric_limits<Real>::epsilon();

  /// Markowitz: at every stage eliminate the diagonal with the least (row - 1)(column - 1).
  [[nodiscard]] static std::vector<int> elimination_order(const SparsityPattern& p) {
    std::vector<std::set<int>> rows(N), columns(N);
    for (int i = 0; i < N; ++i) {
      const auto entry = [&](int j) {
        rows[static_cast<std::size_t>(i)].insert(j);
        columns[static_cast<std::size_t>(j)].insert(i);
      };
      entry(i);
      for (int e = p.row_start[static_cast<std::size_t>(i)]; e < p.row_start[static_cast<std::size_t>(i) + 1]; ++e)
        entry(p.column[static_cast<std::size_t>(e)]);
    }
    std::vector<bool> done(N, false);
    std::vector<int> order;
    for (int stage = 0; stage < N; ++stage) {
      std::size_t best_cost = std::numeric_limits<std::size_t>::max();
      int best = -1;
      for (int i = 0; i < N; ++i) {
        if (done[static_cast<std::size_t>(i)]) continue;
        const std::size_t cost =
            (rows[static_cast<std::size_t>(i)].size() - 1) * (columns[static_cast<std::size_t>(i)].size() - 1);
        if (cost < best_cost) {
          best_cost = cost;
          best = i;
        }
      }
      done[static_cast<std::size_t>(best)] = true;
      order.push_back(best);
      auto& pivot_row = rows[static_cast<std::size_t>(best)];
      auto& pivot_column = columns[static_cast<std::size_t>(best)];
      pivot_row.erase(best);
      pivot_column.erase(best);
      for (const int i : pivot_column) {
        rows[static_cast<std::size_t>(i)].erase(best);
        for (const int j : pivot_row) {
          rows[static_cast<std::size_t>(i)].insert(j);
          columns[static_cast<std::size_t>(j)].insert(i);
        }
      }
      for (const int j : pivot_row) columns[static_cast<std::size_t>(j)].erase(best);
    }
    return order;
  }

  void symbolic(const SparsityPattern& p, const std::vector<int>& order) {
    std::vector<int> position(N);
    for (int k = 0; k < N; ++k) position[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])] = k;
    std::vector<std::set<int>> rows(N);
    for (int k = 0; k < N; ++k) {
      auto& row = rows[static_cast<std::size_t>(k)];
      const auto i = static_cast<std::size_t>(order[static_cast<std::size_t>(k)]);
      row.insert(k);
      for (int e = p.row_start[i]; e < p.row_start[i + 1]; ++e)
        row.insert(position[static_cast<std::size_t>(p.column[static_cast<std::size_t>(e)])]);
      for (auto j = row.begin(); *j < k; ++j)  // fill
        for (const int m : rows[static_cast<std::size_t>(*j)])
          if (m > *j) row.insert(m);
    }
    std::uint32_t next = 0;
    for (int k = 0; k < N; ++k) {
      order_[k] = order[static_cast<std::size_t>(k)];
      row_[k] = next;
      for (const int j : rows[static_cast<std::size_t>(k)]) {
        if (j == k) diagonal_[k] = next;
        column_.push_back(static_cast<std::uint32_t>(j));
        ++next;
      }
    }
    row_[N] = next;
    value_.resize(next);
    const auto find = [&](int k, int j) {
      return static_cast<std::uint32_t>(
          std::lower_bound(column_.begin() + row_[k], column_.begin() + row_[k + 1], static_cast<std::uint32_t>(j)) -
          column_.begin());
    };
    for (int i = 0; i < N; ++i)
      for (int e = p.row_start[static_cast<std::size_t>(i)]; e < p.row_start[static_cast<std::size_t>(i) + 1]; ++e)
        place_.push_back(find(position[static_cast<std::size_t>(i)],
                              position[static_cast<std::size_t>(p.column[static_cast<std::size_t>(e)])]));
    for (int k = 0; k < N; ++k)
      for (std::uint32_t l = row_[k]; l < diagonal_[k]; ++l) {
        const auto j = static_cast<int>(column_[l]);
        for (std::uint32_t u = diagonal_[j] + 1; u < row_[j + 1]; ++u)
          target_.push_back(find(k, static_cast<int>(column_[u])));
      }
  }

  std::size_t entries_;
  std::vector<Real> value_;
  std::vector<std::uint32_t> column_, place_, target_;
  std::uint32_t row_[N + 1] = {}, diagonal_[N] = {};
  int order_[N] = {};
  Real inverse_[N] = {}, scale_[N] = {};
};

}  // namespace ketasim::solve
