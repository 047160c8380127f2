/// CVODE with KLU, the sparse direct solver that SUNDIALS recommends for systems of this kind:
/// pattern analysed once per CVodeReInit, values refactorised in between.
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

#include "cvode.hpp"

namespace peers {
namespace {

class CvodeKlu final : public Cvode {
 public:
  explicit CvodeKlu(Problem& problem) : Cvode(problem) {
    name = "CVODE, KLU";
    const auto n = static_cast<sunindextype>(problem.n());
    SUNMatrix matrix =
        SUNSparseMatrix(n, n, static_cast<sunindextype>(problem.column.size()), CSR_MAT, context_);
    attach(SUNLinSol_KLU(state_, matrix, context_), matrix);
    require(CVodeSetJacFn(memory_, jacobian));
  }

 private:
  static int jacobian(double t, N_Vector y, N_Vector, SUNMatrix J, void* self, N_Vector, N_Vector,
                      N_Vector) {
    const Problem& p = static_cast<CvodeKlu*>(static_cast<Cvode*>(self))->problem_;
    // CVODE clears the structure with the values before every call.
    std::copy(p.row_start.begin(), p.row_start.end(), SUNSparseMatrix_IndexPointers(J));
    std::copy(p.column.begin(), p.column.end(), SUNSparseMatrix_IndexValues(J));
    p.jacobian(t, N_VGetArrayPointer(y), SUNSparseMatrix_Data(J));
    return 0;
  }
};

}  // namespace

std::unique_ptr<Contestant> cvode_klu(Problem& problem) {
  return std::make_unique<CvodeKlu>(problem);
}

}  // namespace peers
