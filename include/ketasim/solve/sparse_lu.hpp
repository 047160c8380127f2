/// W = s I - J by a sparse LU whose pattern never changes.
///
/// Order and fill are found once, by Markowitz counts on the diagonal (Markowitz 1957). Factorising
/// then follows index lists without search, allocation or pivoting. This is safe because s I
/// dominates for small steps: a pivot that cancels is reported, the step is rejected, and s grows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "ketasim/solve/pattern.hpp"
#include "ketasim/solve/pivot.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

template <class Real, int N>
class SparseLU {
 public:
  /// Values in the order of SparsityPattern::column.
  using Jacobian = std::vector<Real>;

  explicit SparseLU(const SparsityPattern& pattern) : n_entries_(pattern.column.size()) {
    Structure structure(pattern);
    structure.eliminate();
    store(pattern, structure);
  }

  [[nodiscard]] Jacobian make_jacobian() const { return Jacobian(n_entries_, Real(0)); }

  /// Entries of L + U, fill included.
  [[nodiscard]] std::size_t stored_entries() const { return values_.size(); }

  /// Factorises s I - J with s = 1/(h gamma).
  /// @return false if a pivot cancelled or is not finite; solve() must then not be called
  bool factorize(const Jacobian& J, Real s) {
    std::fill(values_.begin(), values_.end(), Real(0));
    Real* const v = values_.data();
    for (std::size_t e = 0; e < n_entries_; ++e) v[position_[e]] = -J[e];
    for (int i = 0; i < N; ++i) {
      v[i] += s;
      diagonal_[i] = v[i];
    }
    bool usable = true;
    const int* target = target_.data();
    const int* lower = lower_.data();
    for (std::size_t k = 0; k < n; ++k) {
      const Real pivot = v[k];
      usable = usable && pivot_is_usable(pivot, diagonal_[static_cast<int>(k)]);
      const Real inverse = Real(1) / pivot;
      inverse_pivot_[static_cast<int>(k)] = inverse;
      const Real* const upper = v + upper_start_[k];
      const int n_upper = upper_start_[k + 1] - upper_start_[k];
      for (int r = n_lower_[k]; r > 0; --r) {
        const Real factor = (v[*lower++] *= inverse);
        for (int u = 0; u < n_upper; ++u) v[*target++] -= factor * upper[u];
      }
    }
    return usable;
  }

  /// b becomes W^-1 b.
  void solve(Vector<Real, N>& b) const {
    const Real* const v = values_.data();
    Real* const x = b.data();
    for (std::size_t k = 0; k < n; ++k) {
      Real sum = x[order_[k]];
      for (int e = lower_row_start_[k]; e < lower_row_start_[k + 1]; ++e)
        sum -= v[e] * x[column_[static_cast<std::size_t>(e - N)]];
      x[order_[k]] = sum;
    }
    for (std::size_t k = n; k-- > 0;) {
      Real sum = x[order_[k]];
      for (int e = upper_start_[k]; e < upper_start_[k + 1]; ++e)
        sum -= v[e] * x[column_[static_cast<std::size_t>(e - N)]];
      x[order_[k]] = sum * inverse_pivot_[static_cast<int>(k)];
    }
  }

 private:
  static constexpr std::size_t n = static_cast<std::size_t>(N);

  /// Symbolic elimination on a dense map of the non-zeros; runs once.
  struct Structure {
    std::vector<std::vector<char>> filled;  ///< (N, N)
    std::vector<int> order;                 ///< order[k] = row and column eliminated k-th

    explicit Structure(const SparsityPattern& pattern) : filled(n, std::vector<char>(n, 0)) {
      for (std::size_t i = 0; i < n; ++i) {
        filled[i][i] = 1;
        for (int e = pattern.row_start[i]; e < pattern.row_start[i + 1]; ++e)
          filled[i][static_cast<std::size_t>(pattern.column[static_cast<std::size_t>(e)])] = 1;
      }
    }

    void eliminate() {
      std::vector<char> left(n, 1);
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t pivot = cheapest(left);
        left[pivot] = 0;
        order.push_back(static_cast<int>(pivot));
        for (std::size_t i = 0; i < n; ++i) {
          if (!left[i] || !filled[i][pivot]) continue;
          for (std::size_t j = 0; j < n; ++j)
            if (left[j] && filled[pivot][j]) filled[i][j] = 1;
        }
      }
    }

    [[nodiscard]] std::size_t cheapest(const std::vector<char>& left) const {
      std::size_t best = n;
      long best_cost = std::numeric_limits<long>::max();
      for (std::size_t p = 0; p < n; ++p) {
        if (!left[p]) continue;
        long row = 0, column = 0;
        for (std::size_t j = 0; j < n; ++j) {
          row += left[j] && filled[p][j];
          column += left[j] && filled[j][p];
        }
        if (const long cost = (row - 1) * (column - 1); cost < best_cost) {
          best_cost = cost;
          best = p;
        }
      }
      return best;
    }
  };

  /// values_ = pivots in order of elimination, then the rows of U, then the rows of L.
  void store(const SparsityPattern& pattern, const Structure& s) {
    order_ = s.order;
    std::vector<std::size_t> rank(n);
    for (std::size_t k = 0; k < n; ++k) rank[static_cast<std::size_t>(order_[k])] = k;
    const auto filled = [&](std::size_t k, std::size_t l) {
      return s.filled[static_cast<std::size_t>(order_[k])][static_cast<std::size_t>(order_[l])] !=
             0;
    };
    std::vector<std::vector<int>> place(n, std::vector<int>(n, -1));
    int next = N;
    const auto add = [&](std::size_t k, std::size_t l) {
      place[k][l] = next++;
      column_.push_back(order_[l]);
    };
    for (std::size_t k = 0; k < n; ++k) {
      place[k][k] = static_cast<int>(k);
      upper_start_.push_back(next);
      for (std::size_t l = k + 1; l < n; ++l)
        if (filled(k, l)) add(k, l);
    }
    upper_start_.push_back(next);
    for (std::size_t k = 0; k < n; ++k) {
      lower_row_start_.push_back(next);
      for (std::size_t l = 0; l < k; ++l)
        if (filled(k, l)) add(k, l);
    }
    lower_row_start_.push_back(next);
    values_.assign(static_cast<std::size_t>(next), Real(0));

    for (std::size_t k = 0; k < n; ++k) {
      int rows = 0;
      for (std::size_t i = k + 1; i < n; ++i) {
        if (!filled(i, k)) continue;
        ++rows;
        lower_.push_back(place[i][k]);
        for (std::size_t l = k + 1; l < n; ++l)
          if (filled(k, l)) target_.push_back(place[i][l]);
      }
      n_lower_.push_back(rows);
    }
    for (std::size_t i = 0; i < n; ++i)
      for (int e = pattern.row_start[i]; e < pattern.row_start[i + 1]; ++e)
        position_.push_back(
            place[rank[i]]
                 [rank[static_cast<std::size_t>(pattern.column[static_cast<std::size_t>(e)])]]);
  }

  std::size_t n_entries_;
  std::vector<int> order_;
  std::vector<int> position_;         ///< (n_entries,) of a Jacobian entry in values_
  std::vector<int> upper_start_;      ///< (N + 1,) rows of U in values_
  std::vector<int> lower_row_start_;  ///< (N + 1,) rows of L in values_
  std::vector<int> column_;           ///< of values_[N + e], as an index into the right side
  std::vector<int> n_lower_;          ///< (N,) entries below each pivot
  std::vector<int> lower_;            ///< those entries, column after column
  std::vector<int> target_;           ///< of every multiply-subtract, in order
  std::vector<Real> values_;
  Vector<Real, N> diagonal_ = Vector<Real, N>::Zero();
  Vector<Real, N> inverse_pivot_ = Vector<Real, N>::Zero();
};

}  // namespace ketasim::solve
