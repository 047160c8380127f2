/// S5: the state before treatment of a subject under chronic stress. Ours is found by Newton's
/// method; who has no such thing lets time run, from health until it has forgotten where it came
/// from.
#include <cmath>
#include <utility>

#include "contestants.hpp"
#include "ketasim/kernel_system.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/steady_state.hpp"
#include "problem.hpp"

namespace peers {
namespace {

namespace kernels = ketasim::kernels;

/// Stress begins at 0; measured is where it leads.
class Stressed final : public Problem {
 public:
  Stressed() : parameters_(ketasim::parameters::human()), system_(parameters_, inputs(healthy())) {
    name = "S5";
    const ketasim::StateVector<double> at_rest = ketasim::steady_state(parameters_, 1.0).y;
    // Symptoms are measured from the equilibrium.
    system_.hold(inputs(at_rest));
    ketasim::StateVector<double> y = healthy();
    ketasim::model::State<double> state = ketasim::model::unpack<double>(y);
    state.symptoms = {};
    state.tolerability = {};
    ketasim::model::pack(state, y);
    start.assign(y.data(), y.data() + y.size());
    const ketasim::StateVector<double> typical = ketasim::typical_sizes(1.0);
    size.assign(typical.data(), typical.data() + typical.size());
    // The slowest deviation shrinks to 1e-8 of what it was.
    t_end = std::log(1e-8) / ketasim::largest_eigenvalue_real_part(parameters_, 1.0, at_rest);
    samples = {t_end};
    row_start.assign(kernels::row_start.begin(), kernels::row_start.end());
    column.assign(kernels::column.begin(), kernels::column.end());
  }

  void rhs(const double* y, double* dydt) const override {
    kernels::rhs(y, system_.constants(), dydt);
  }
  void jacobian(const double* y, double* J) const override {
    kernels::jacobian(y, system_.constants(), J);
  }
  [[nodiscard]] const ketasim::model::Parameters<double>& parameters() const { return parameters_; }

 private:
  [[nodiscard]] ketasim::StateVector<double> healthy() const {
    return ketasim::steady_state(parameters_, 0.0).y;
  }
  [[nodiscard]] ketasim::model::Inputs<double> inputs(const ketasim::StateVector<double>& y) const {
    ketasim::model::Inputs<double> u;
    u.stress = 1.0;
    u.strength_ref =
        strength(ketasim::model::unpack<double>(y).synaptogenesis, parameters_.synaptogenesis,
                 ketasim::model::derived(parameters_).synaptogenesis);
    return u;
  }

  ketasim::model::Parameters<double> parameters_;
  ketasim::KernelSystem system_;
};

class Newton final : public Contestant {
 public:
  explicit Newton(const Stressed& problem) : problem_(problem) { name = "ketasim, Newton"; }
  void prepare(double) override {}
  void solve(Run& run) override {
    run.reset(problem_);
    const ketasim::SteadyState rest = ketasim::steady_state(problem_.parameters(), 1.0);
    std::copy_n(rest.y.data(), rest.y.size(), run.row(0, problem_));
    run.success = rest.converged;
    run.steps = rest.newton_steps + ketasim::SteadyStateOptions{}.relaxation_steps;
    run.rhs = run.jacobians = run.factorisations = run.steps;
  }

 private:
  const Stressed& problem_;
};

}  // namespace

void add_steady_state(std::vector<Contest>& all) {
  using Linear = ketasim::KernelLU;
  constexpr int N = kernels::n_states;
  auto problem = std::make_unique<Stressed>();
  Stressed& p = *problem;
  Contest c{std::move(problem), {}};
  auto& who = c.contestants;
  who.push_back(std::make_unique<Newton>(p));
  who.push_back(std::make_unique<Ketasim<ketasim::solve::Rodas4, N, Linear>>(
      "time runs: ketasim, Rodas4", p));
  who.push_back(cvode_klu(p));
  who.back()->name = "time runs: CVODE, KLU";
  who.push_back(std::make_unique<Ketasim<ketasim::solve::Rodas5P, N, Linear>>(
      "time runs: ketasim, Rodas5P", p));
  all.push_back(std::move(c));
}

}  // namespace peers
