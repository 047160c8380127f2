/// How many states there are, who depends on whom, and how fast and slow they move.
#include <Eigen/Eigenvalues>
#include <complex>
#include <map>
#include <set>
#include <string>

#include "ketasim/model/jacobian.hpp"
#include "setting.hpp"

using namespace test;

namespace {

const model::JacobianStructure& structure = model::jacobian_structure();

std::vector<std::string> modules_of_states() {
  std::vector<std::string> modules;
  const State<double> y;
  State<double>::each(y, [&](std::string_view module, const double&, const model::Variable&) {
    modules.emplace_back(module);
  });
  return modules;
}

Eigen::MatrixXd dense_jacobian(const State<double>& state, const Inputs<double>& u,
                               const Parameters<double>& p) {
  StateVector<double> y;
  model::pack(state, y);
  std::vector<double> values(structure.column.size());
  model::jacobian(y, u, p, model::derived(p), values);
  Eigen::MatrixXd J = Eigen::MatrixXd::Zero(n_states, n_states);
  for (std::size_t i = 0; i < n_states; ++i)
    for (int e = structure.row_start[i]; e < structure.row_start[i + 1]; ++e)
      J(static_cast<int>(i), structure.column[static_cast<std::size_t>(e)]) =
          values[static_cast<std::size_t>(e)];
  return J;
}

/// Eigenvalues at a row of a run [1/h], fastest decay first.
std::vector<std::complex<double>> spectrum(const Trajectory& run, std::size_t row) {
  const Eigen::MatrixXd J =
      dense_jacobian(state_at(run, row), run.held_inputs[static_cast<std::size_t>(run.inputs[row])],
                     run.parameters);
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(J, false);
  std::vector<std::complex<double>> values(solver.eigenvalues().begin(),
                                           solver.eigenvalues().end());
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    return std::pair(a.real(), -a.imag()) < std::pair(b.real(), -b.imag());
  });
  return values;
}

// Values of an independent implementation have two or three digits; half a unit of the last one is at most 3 %.
constexpr double two_digits = 0.03;

}  // namespace

TEST_CASE("structure: 107 states, so many in every module", "[model][structure]") {
  std::map<std::string, int> count;
  for (const std::string& module : modules_of_states()) ++count[module];
  CHECK(n_states == 107);
  CHECK(count == std::map<std::string, int>{{"pharmacokinetics", 44},
                                            {"nmda_block", 11},
                                            {"disinhibition", 4},
                                            {"glutamate", 2},
                                            {"bdnf_trkb", 3},
                                            {"mtor", 10},
                                            {"synaptogenesis", 9},
                                            {"serotonin", 8},
                                            {"symptoms", 7},
                                            {"tolerability", 1},
                                            {"psychotherapy", 5},
                                            {"enzymes", 3}});
}

TEST_CASE("structure: every state has its own name", "[model][structure]") {
  std::set<std::string> names;
  const State<double> y;
  State<double>::each(y, [&](std::string_view module, const double&, const model::Variable& row) {
    names.insert(std::string(module) + "." + std::string(row.name) + std::string(row.suffix));
  });
  CHECK(names.size() == n_states);
}

TEST_CASE("structure: 393 of 11449 Jacobian entries are structural, 286 off the diagonal",
          "[model][structure]") {
  int off_diagonal = 0;
  for (std::size_t i = 0; i < n_states; ++i)
    for (int e = structure.row_start[i]; e < structure.row_start[i + 1]; ++e)
      off_diagonal += structure.column[static_cast<std::size_t>(e)] != static_cast<int>(i);
  CHECK(structure.column.size() == 393);
  CHECK(structure.row_start[n_states] == 393);
  CHECK(off_diagonal == 286);
}

TEST_CASE("structure: columns of one colour share no row", "[model][structure]") {
  CHECK(structure.n_colours <= static_cast<int>(model::n_directions));
  for (std::size_t i = 0; i < n_states; ++i) {
    std::set<int> colours;
    for (int e = structure.row_start[i]; e < structure.row_start[i + 1]; ++e) {
      const auto column = static_cast<std::size_t>(structure.column[static_cast<std::size_t>(e)]);
      CHECK(colours.insert(structure.colour[column]).second);
    }
  }
}

TEST_CASE("structure: pharmacokinetics depends on enzymes alone, and S and R not on each other",
          "[model][structure]") {
  const std::vector<std::string> modules = modules_of_states();
  for (std::size_t i = 0; i < 44; ++i) {
    REQUIRE(modules[i] == "pharmacokinetics");
    for (int e = structure.row_start[i]; e < structure.row_start[i + 1]; ++e) {
      const int column = structure.column[static_cast<std::size_t>(e)];
      if (modules[static_cast<std::size_t>(column)] != "enzymes")
        CHECK(column / 22 == static_cast<int>(i / 22));
    }
  }
}

TEST_CASE("structure: nothing else depends on symptoms and their tolerance", "[model][structure]") {
  // What steady_state() relies on, which holds them at 0.
  const std::vector<std::string> modules = modules_of_states();
  const auto rests = [&](std::size_t i) {
    return modules[i] == "symptoms" || modules[i] == "tolerability";
  };
  for (std::size_t i = 0; i < n_states; ++i)
    for (int e = structure.row_start[i]; e < structure.row_start[i + 1]; ++e) {
      CAPTURE(i);
      if (!rests(i))
        CHECK_FALSE(rests(static_cast<std::size_t>(structure.column[static_cast<std::size_t>(e)])));
    }
}

TEST_CASE("structure: pharmacokinetics is linear while enzymes are constant",
          "[model][structure]") {
  Anywhere anywhere(1);
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()}) {
    const Derived<double> d = model::derived(p);
    const State<double> y = anywhere.state(p, d);
    State<double> other = anywhere.state(p, d);
    other.enzymes = y.enzymes;
    const Eigen::MatrixXd here = dense_jacobian(y, anywhere.inputs(), p),
                          there = dense_jacobian(other, anywhere.inputs(), p);
    // The same constants in the same order: equal to the last bit.
    constexpr int rows = sizeof(model::pharmacokinetics::State<double>) / sizeof(double);
    CHECK((here.topLeftCorner<rows, rows>() - there.topLeftCorner<rows, rows>())
              .cwiseAbs()
              .maxCoeff() == 0.0);
    CHECK((here - there).cwiseAbs().maxCoeff() > 0.0);
  }
}

TEST_CASE("structure: eigenvalues at baseline span 10 orders of magnitude, all decaying",
          "[model][structure]") {
  const auto values = spectrum(run(human({}, 0.0), {0.0}), 0);
  // Uptake, the circuit pair, then memantine unbinding at interneurons; last the memory trace.
  CHECK(values[0].real() == Approx(-6.7e5).epsilon(two_digits));
  CHECK(std::abs(values[0].imag()) == 0.0);
  CHECK(values[1].real() == Approx(-2.53e5).epsilon(two_digits));
  CHECK(std::abs(values[1].imag()) == Approx(2.8e5).epsilon(two_digits));
  CHECK(values[2] == std::conj(values[1]));
  CHECK(values[3].real() == Approx(-1.3e2).epsilon(two_digits));
  CHECK(values.back().real() == Approx(-1.14e-4).epsilon(two_digits));
  CHECK(values[0].real() / values.back().real() == Approx(5.9e9).epsilon(two_digits));
}

TEST_CASE("structure: all real parts stay negative under stress and through large doses",
          "[model][structure]") {
  CHECK(spectrum(run(human({}), {0.0}), 0).back().real() < 0.0);

  const auto times = every(0.02, 0.02, 1.0);
  double human_unbinding = 0.0, rat_unbinding = 0.0;
  const Trajectory patient = run(human({infusion()}), times),
                   animal = run(rat_ip(30.0, 1.0), times);
  for (std::size_t row = 0; row < times.size(); ++row) {
    const auto in_patient = spectrum(patient, row), in_animal = spectrum(animal, row);
    CAPTURE(times[row]);
    CHECK(in_patient.back().real() < 0.0);
    CHECK(in_animal.back().real() < 0.0);
    human_unbinding = std::min(human_unbinding, in_patient[3].real());
    rat_unbinding = std::min(rat_unbinding, in_animal[3].real());
  }
  // Memantine unbinding at interneurons is fastest where release is.
  CHECK(human_unbinding == Approx(-1.6e2).epsilon(two_digits));
  CHECK(rat_unbinding == Approx(-4.4e2).epsilon(two_digits));

  // The circuit pair at the end of the infusion, the human peak.
  const auto at_peak = spectrum(run(human({infusion()}), {infusion_h}), 0);
  CHECK(at_peak[1].real() == Approx(-2.54e5).epsilon(two_digits));
  CHECK(std::abs(at_peak[1].imag()) == Approx(2.1e5).epsilon(two_digits));
}

TEST_CASE("structure: largest_eigenvalue_real_part finds the slowest state", "[model][structure]") {
  const Parameters<double> p = parameters::human();
  // 1/8760 h is the return of the memory trace, at every severity.
  for (const double severity : {0.0, 0.5, 1.0})
    CHECK(largest_eigenvalue_real_part(p, severity, steady_state(p, severity).y) ==
          Approx(-1.0 / 8760.0).epsilon(1e-5));
}
