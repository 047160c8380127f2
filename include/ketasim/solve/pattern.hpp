/// The positions of the entries of a square sparse matrix.
#pragma once

#include <vector>

namespace ketasim::solve {

/// Compressed sparse rows; columns of row i are column[row_start[i]] ... column[row_start[i + 1] -
/// 1], in any order, each at most once. The diagonal may be left out where the Jacobian has none.
struct SparsityPattern {
  int n = 0;
  std::vector<int> row_start;  ///< (n + 1,)
  std::vector<int> column;     ///< (row_start[n],)
};

}  // namespace ketasim::solve
