/// CVODE of SUNDIALS: variable-order BDF with Newton's method, the solver most tools of the field
/// are built on. Exact Jacobian, vector of absolute tolerances, one object kept for all runs, exact
/// stop and CVodeReInit at every dose, samples from its own continuous extension.
#pragma once

#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_linearsolver.h>
#include <sundials/sundials_matrix.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "problem.hpp"

namespace peers {

/// Everything but the linear solver, which derived classes bring with attach().
class Cvode : public Contestant {
 public:
  explicit Cvode(Problem& problem) : problem_(problem), y_(problem.start) {
    require(SUNContext_Create(nullptr, &context_));
    const auto length = static_cast<sunindextype>(problem.n());
    state_ = N_VNew_Serial(length, context_);
    require(N_VEnableFusedOps_Serial(state_, SUNTRUE));
    atol_ = N_VNew_Serial(length, context_);
    std::copy(problem.start.begin(), problem.start.end(), N_VGetArrayPointer(state_));
    memory_ = CVodeCreate(CV_BDF, context_);
    require(CVodeInit(memory_, rhs, problem.t_begin, state_));
    require(CVodeSetUserData(memory_, this));
    require(CVodeSetMaxNumSteps(memory_, 1'000'000));
    // Runs that fail are counted, not told of a thousand times.
    require(CVodeSetErrHandlerFn(memory_, quiet, nullptr));
  }
  Cvode(const Cvode&) = delete;
  Cvode& operator=(const Cvode&) = delete;
  ~Cvode() override {
    CVodeFree(&memory_);
    if (linear_ != nullptr) SUNLinSolFree(linear_);
    if (matrix_ != nullptr) SUNMatDestroy(matrix_);
    N_VDestroy(state_);
    N_VDestroy(atol_);
    SUNContext_Free(&context_);
  }

  void prepare(double rtol) override {
    for (int i = 0; i < problem_.n(); ++i)
      N_VGetArrayPointer(atol_)[i] = rtol * problem_.size[static_cast<std::size_t>(i)];
    require(CVodeSVtolerances(memory_, rtol, atol_));
  }

  void solve(Run& run) override {
    run.reset(problem_);
    run.success =
        between_stops(problem_, y_, [&](double t0, double t1, std::size_t first, std::size_t last) {
          double* const now = N_VGetArrayPointer(state_);
          std::copy(y_.begin(), y_.end(), now);
          if (CVodeReInit(memory_, t0, state_) < 0 || CVodeSetStopTime(memory_, t1) < 0)
            return false;
          double t = t0;
          for (std::size_t i = first; i < last; ++i) {
            if (CVode(memory_, problem_.samples[i], state_, &t, CV_NORMAL) < 0) return false;
            std::copy_n(now, y_.size(), run.row(i, problem_));
          }
          if (t < t1 && CVode(memory_, t1, state_, &t, CV_NORMAL) < 0) return false;
          std::copy_n(now, y_.size(), y_.begin());
          count(run);
          return true;
        });
  }

 protected:
  static void require(int flag) {
    if (flag < 0) throw std::runtime_error("CVODE refused a setting: " + std::to_string(flag));
  }

  static int rhs(double t, N_Vector y, N_Vector dydt, void* self) {
    static_cast<Cvode*>(self)->problem_.rhs(t, N_VGetArrayPointer(y), N_VGetArrayPointer(dydt));
    return 0;
  }

  void attach(SUNLinearSolver linear, SUNMatrix matrix) {
    linear_ = linear;
    matrix_ = matrix;
    require(CVodeSetLinearSolver(memory_, linear_, matrix_));
  }

  Problem& problem_;
  SUNContext context_ = nullptr;
  void* memory_ = nullptr;
  N_Vector state_ = nullptr, atol_ = nullptr;
  SUNLinearSolver linear_ = nullptr;
  SUNMatrix matrix_ = nullptr;

 private:
  /// Counters start anew at every CVodeReInit.
  void count(Run& run) const {
    const auto add = [&](int (*counter)(void*, long*), long& total) {
      long value = 0;
      require(counter(memory_, &value));
      total += value;
    };
    add(CVodeGetNumSteps, run.steps);
    add(CVodeGetNumErrTestFails, run.rejected);
    add(CVodeGetNumRhsEvals, run.rhs);
    add(CVodeGetNumJacEvals, run.jacobians);
    add(CVodeGetNumLinSolvSetups, run.factorisations);
  }

  static void quiet(int, const char*, const char*, char*, void*) {}

  std::vector<double> y_;
};

[[nodiscard]] std::unique_ptr<Contestant> cvode_dense(Problem& problem);
[[nodiscard]] std::unique_ptr<Contestant> cvode_klu(Problem& problem);

}  // namespace peers
