/// CVODE as it comes: dense LU with partial pivoting.
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include "cvode.hpp"

namespace peers {
namespace {

class CvodeDense final : public Cvode {
 public:
  explicit CvodeDense(Problem& problem) : Cvode(problem), values_(problem.column.size()) {
    name = "CVODE, dense";
    const auto n = static_cast<sunindextype>(problem.n());
    SUNMatrix matrix = SUNDenseMatrix(n, n, context_);
    attach(SUNLinSol_Dense(state_, matrix, context_), matrix);
    require(CVodeSetJacFn(memory_, jacobian));
  }

 private:
  static int jacobian(double t, N_Vector y, N_Vector, SUNMatrix J, void* self, N_Vector, N_Vector,
                      N_Vector) {
    auto& me = *static_cast<CvodeDense*>(static_cast<Cvode*>(self));
    const Problem& p = me.problem_;
    p.jacobian(t, N_VGetArrayPointer(y), me.values_.data());
    double* const* const columns = SUNDenseMatrix_Cols(J);
    std::size_t e = 0;
    for (int i = 0; i < p.n(); ++i)
      for (; static_cast<int>(e) < p.row_start[static_cast<std::size_t>(i) + 1]; ++e)
        columns[p.column[e]][i] = me.values_[e];
    return 0;
  }

  std::vector<double> values_;
};

}  // namespace

std::unique_ptr<Contestant> cvode_dense(Problem& problem) {
  return std::make_unique<CvodeDense>(problem);
}

}  // namespace peers
