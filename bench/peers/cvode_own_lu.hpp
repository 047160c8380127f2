/// CVODE with the linear solver of this library plugged in: the strongest rival, which differs from
/// the library in nothing but the method.
///
/// CVODE wants M = I - gamma J; the LU here is of s I - J with s = 1/gamma, so M^-1 b = s (s I -
/// J)^-1 b.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "cvode.hpp"
#include "ketasim/solve/vector.hpp"

namespace peers {

template <int N, class Linear>
class CvodeOwnLu final : public Cvode {
 public:
  template <class... Arguments>
  CvodeOwnLu(std::string called, Problem& problem, const Arguments&... arguments)
      : Cvode(problem), lu_(arguments...), J_(lu_.make_jacobian()) {
    name = std::move(called);
    // CVODE asks for a matrix; what it would hold lives in this object.
    SUNMatrix matrix = SUNMatNewEmpty(context_);
    matrix->ops->getid = [](SUNMatrix) { return SUNMATRIX_CUSTOM; };
    matrix->ops->zero = [](SUNMatrix) { return 0; };
    matrix->ops->destroy = SUNMatFreeEmpty;
    SUNLinearSolver linear = SUNLinSolNewEmpty(context_);
    linear->content = this;
    linear->ops->gettype = [](SUNLinearSolver) { return SUNLINEARSOLVER_DIRECT; };
    linear->ops->getid = [](SUNLinearSolver) { return SUNLINEARSOLVER_CUSTOM; };
    linear->ops->setup = setup;
    linear->ops->solve = back_substitute;
    linear->ops->free = [](SUNLinearSolver s) {
      s->content = nullptr;
      SUNLinSolFreeEmpty(s);
      return 0;
    };
    attach(linear, matrix);
    require(CVodeSetLinSysFn(memory_, form));
  }

 private:
  static int form(double t, N_Vector y, N_Vector, SUNMatrix, booleantype J_is_good,
                  booleantype* J_is_new, double gamma, void* self, N_Vector, N_Vector, N_Vector) {
    auto& me = *static_cast<CvodeOwnLu*>(static_cast<Cvode*>(self));
    if (!J_is_good) me.problem_.jacobian(t, N_VGetArrayPointer(y), me.J_.data());
    *J_is_new = !J_is_good;
    me.s_ = 1.0 / gamma;
    return 0;
  }

  static int setup(SUNLinearSolver linear, SUNMatrix) {
    auto& me = *static_cast<CvodeOwnLu*>(linear->content);
    me.factorised_with_ = me.s_;
    return me.lu_.factorize(me.J_, me.s_) ? 0 : 1;  // 1: recoverable, CVODE takes a smaller step
  }

  static int back_substitute(SUNLinearSolver linear, SUNMatrix, N_Vector x, N_Vector b, double) {
    auto& me = *static_cast<CvodeOwnLu*>(linear->content);
    const State right = Eigen::Map<const State>(N_VGetArrayPointer(b));
    me.x_ = me.factorised_with_ * right;
    me.lu_.solve(me.x_);
    Eigen::Map<State>(N_VGetArrayPointer(x)) = me.x_;
    return 0;
  }

  using State = ketasim::solve::Vector<double, N>;
  Linear lu_;
  typename Linear::Jacobian J_;
  State x_ = State::Zero();
  double s_ = 0.0, factorised_with_ = 0.0;
};

}  // namespace peers
