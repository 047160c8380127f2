/// What an installation is verified with: the steppers on problems with known solutions, and how the
/// core was built.
#include <pybind11/stl.h>

#include <Eigen/Core>
#include <array>
#include <string>
#include <string_view>

#include "bindings.hpp"
#include "ketasim/solve/dense_lu.hpp"
#include "ketasim/solve/dopri5.hpp"
#include "ketasim/solve/integrate.hpp"
#include "ketasim/solve/rodas.hpp"
#include "lanes/instructions.hpp"
#include "verification/order.hpp"
#include "verification/problems.hpp"

namespace ketasim::bindings {
namespace {

using solve::Vector;

template <int N>
using Rodas5PofSize = solve::Rodas<solve::Rodas5P, N, solve::DenseLU<double, N>>;
template <int N>
using Rodas4ofSize = solve::Rodas<solve::Rodas4, N, solve::DenseLU<double, N>>;

/// A problem of N states without its type, so that each stepper is compiled once for each N.
template <int N>
struct Problem {
  void (*rhs_of)(double, const Vector<double, N>&, Vector<double, N>&);
  void (*jacobian_of)(double, const Vector<double, N>&, Eigen::Matrix<double, N, N>&,
                      Vector<double, N>&);

  void rhs(double t, const Vector<double, N>& y, Vector<double, N>& f) const { rhs_of(t, y, f); }
  void jacobian(double t, const Vector<double, N>& y, Eigen::Matrix<double, N, N>& J,
                Vector<double, N>& dfdt) const {
    jacobian_of(t, y, J, dfdt);
  }
};

template <class Stepper, int N>
solve::Outcome end_of(Problem<N> problem, Vector<double, N>& y, double t_end, double rtol,
                      double atol) {
  Stepper stepper;
  solve::Options<double, N> options;
  options.rtol = rtol;
  options.atol.setConstant(atol);
  options.max_steps = 200'000;  // an explicit method on a stiff problem stops here
  return solve::integrate(stepper, problem, y, {.from = 0.0, .to = t_end}, options);
}

template <int N>
solve::Outcome end_by(Method method, Problem<N> problem, Vector<double, N>& y, double t_end,
                      double rtol, double atol) {
  switch (method) {
    case Method::rodas5p:
      return end_of<Rodas5PofSize<N>, N>(problem, y, t_end, rtol, atol);
    case Method::rodas4:
      return end_of<Rodas4ofSize<N>, N>(problem, y, t_end, rtol, atol);
    case Method::dopri5:
      break;
  }
  return end_of<solve::Dopri5<N>, N>(problem, y, t_end, rtol, atol);
}

template <int N>
std::vector<double> numbers(const Vector<double, N>& y) {
  return {y.data(), y.data() + N};
}

/// @param size  a component below it counts as this large in the absolute tolerance
template <class P>
py::dict solved(Method method, double rtol, double size) {
  constexpr int N = P::n;
  const Problem<N> problem{
      [](double t, const Vector<double, N>& y, Vector<double, N>& f) { P().rhs(t, y, f); },
      [](double t, const Vector<double, N>& y, Eigen::Matrix<double, N, N>& J,
         Vector<double, N>& dfdt) { P().jacobian(t, y, J, dfdt); }};
  Vector<double, N> y = P::start();
  const solve::Outcome outcome = end_by<N>(method, problem, y, P::t_end, rtol, rtol * size);
  py::dict d;
  d["computed"] = numbers<N>(y);
  d["reference"] = numbers<N>(P::reference());
  d["size"] = size;
  d["status"] = std::string(solve::name(outcome.status));
  d["steps"] = outcome.steps;
  d["rejected"] = outcome.rejected;
  return d;
}

struct Row {
  const char *name, *description, *source;
  bool stiff;
  double size;
  py::dict (*solve)(Method, double, double);
};

constexpr const char* detest = "DETEST, Hull et al. 1972";
constexpr const char* test_set = "Test Set for IVP Solvers, release 2.4";

const std::array rows{
    Row{"A1", "exponential decay", detest, false, 1.0, &solved<problems::A1>},
    Row{"A2", "Riccati equation", detest, false, 1.0, &solved<problems::A2>},
    Row{"A3", "oscillating growth rate", detest, false, 1.0, &solved<problems::A3>},
    Row{"A4", "logistic growth", detest, false, 1.0, &solved<problems::A4>},
    Row{"D1", "orbit of eccentricity 0.1", detest, false, 1.0, &solved<problems::Orbit<1>>},
    Row{"D3", "orbit of eccentricity 0.5", detest, false, 1.0, &solved<problems::Orbit<5>>},
    Row{"D5", "orbit of eccentricity 0.9", detest, false, 1.0, &solved<problems::Orbit<9>>},
    Row{"ROBER", "Robertson's three reactions", test_set, true, 1e-11, &solved<problems::Rober<>>},
    Row{"HIRES", "growth of plant tissue under light", test_set, true, 1e-4,
        &solved<problems::Hires<>>},
    Row{"OREGO", "the Oregonator", test_set, true, 1.0, &solved<problems::Orego<>>},
    Row{"VDPOL", "Van der Pol oscillator, stiffness 1e6", test_set, true, 1.0,
        &solved<problems::VanDerPol<>>},
    Row{"POLLU", "air pollution, 25 reactions", test_set, true, 1e-11, &solved<problems::Pollu>},
};

py::list test_problems() {
  py::list list;
  for (const Row& row : rows) {
    py::dict d;
    d["name"] = row.name;
    d["description"] = row.description;
    d["source"] = row.source;
    d["stiff"] = row.stiff;
    list.append(d);
  }
  return list;
}

Method method_of(std::string_view name) {
  for (const auto& row : methods)
    if (row.name == name) return row.value;
  throw UnknownName("unknown method '" + std::string(name) + "'");
}

py::dict solve_test_problem(const std::string& problem, const std::string& method, double rtol) {
  if (!(rtol > 0.0 && rtol < 1.0))
    throw ScenarioError("rtol = " + written(rtol) + " must lie between 0 and 1, both excluded");
  for (const Row& row : rows)
    if (row.name == problem) return row.solve(method_of(method), rtol, row.size);
  throw UnknownName("unknown test problem '" + problem + "'");
}

/// Largest errors at the end of n equal steps, and inside a step.
std::pair<double, double> errors_of_equal_steps(const std::string& method, int n) {
  if (n < 1)
    throw ScenarioError("n = " + std::to_string(n) + ": give a whole number of at least 1");
  const auto errors = [&] {
    switch (method_of(method)) {
      case Method::rodas5p:
        return verification::equal_steps<Rodas5PofSize<2>>(n);
      case Method::rodas4:
        return verification::equal_steps<Rodas4ofSize<2>>(n);
      case Method::dopri5:
        break;
    }
    return verification::equal_steps<solve::Dopri5<2>>(n);
  }();
  return {errors.at_end, errors.inside};
}

const char* instruction_set() {
  switch (lanes::available_instructions()) {
    case lanes::Instructions::avx512:
      return "AVX-512";
    case lanes::Instructions::avx2:
      return "AVX2";
    case lanes::Instructions::baseline:
      break;
  }
  return "baseline of the architecture";
}

py::dict build_facts() {
  py::dict d;
#if defined(__clang__)
  d["compiler"] = "clang " __clang_version__;
#elif defined(__GNUC__)
  d["compiler"] = "g++ " __VERSION__;
#else
  d["compiler"] = "unknown";
#endif
  d["cxx_standard"] = static_cast<long>(__cplusplus);
#ifdef __OPTIMIZE__
  d["optimised"] = true;
#else
  d["optimised"] = false;
#endif
#ifdef __FAST_MATH__
  d["fast_math"] = true;
#else
  d["fast_math"] = false;
#endif
#ifdef NDEBUG
  d["asserts"] = false;
#else
  d["asserts"] = true;
#endif
  d["eigen"] = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
               "." + std::to_string(EIGEN_MINOR_VERSION);
  d["pybind11"] = std::to_string(PYBIND11_VERSION_MAJOR) + "." +
                  std::to_string(PYBIND11_VERSION_MINOR) + "." +
                  std::to_string(PYBIND11_VERSION_MICRO);
  d["instructions"] = instruction_set();
  return d;
}

}  // namespace

void add_verification(py::module_& m) {
  m.def("test_problems", &test_problems);
  m.def("solve_test_problem", &solve_test_problem, py::arg("problem"), py::arg("method"),
        py::arg("rtol"));
  m.def("errors_of_equal_steps", &errors_of_equal_steps, py::arg("method"), py::arg("n"));
  m.def("build_facts", &build_facts);
}

}  // namespace ketasim::bindings
