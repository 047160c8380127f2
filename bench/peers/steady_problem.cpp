/// S5: the state before treatment of a subject under chronic stress. Ours is found by Newton's
/// method; who has no such thing lets time run, from health until it has forgotten where it came
/// from.
#include <algorithm>
#include <cmath>
#include <utility>

#include "cascade.hpp"
#include "contestants.hpp"
#include "kernel_rodas.hpp"
#include "stressed.hpp"

namespace peers {
namespace {

class Newton final : public Contestant {
 public:
  Newton(const Problem& problem, const ketasim::model::Parameters<double>& parameters)
      : problem_(problem), parameters_(parameters) {
    name = "ketasim, Newton";
  }
  void prepare(double) override {}
  void solve(Run& run) override {
    run.reset(problem_);
    const ketasim::SteadyState rest = ketasim::steady_state(parameters_, 1.0);
    std::copy_n(rest.y.data(), rest.y.size(), run.row(0, problem_));
    run.success = rest.converged;
    run.steps = rest.newton_steps + ketasim::SteadyStateOptions{}.relaxation_steps;
    run.rhs = run.jacobians = run.factorisations = run.steps;
  }

 private:
  const Problem& problem_;
  ketasim::model::Parameters<double> parameters_;
};

}  // namespace

void add_steady_state(std::vector<Contest>& all) {
  const ketasim::model::Parameters<double> parameters = ketasim::parameters::human();
  const ketasim::StateVector<double> at_rest = ketasim::steady_state(parameters, 1.0).y;
  // The slowest deviation shrinks to 1e-8 of what it was.
  const double end =
      std::log(1e-8) / ketasim::largest_eigenvalue_real_part(parameters, 1.0, at_rest);
  auto problem =
      std::make_unique<Cascade>("S5", stressed(parameters, at_rest), std::vector<double>{end});
  Cascade& p = *problem;
  Contest c{std::move(problem), {}};
  auto& who = c.contestants;
  who.push_back(std::make_unique<Newton>(p, parameters));
  who.push_back(std::make_unique<Ketasim<ketasim::KernelRodas<ketasim::solve::Rodas4>, Shipped>>(
      "time runs: ketasim, Rodas4", p));
  who.push_back(cvode_klu(p));
  who.back()->name = "time runs: CVODE, KLU";
  who.push_back(std::make_unique<Ketasim<ketasim::KernelRodas<ketasim::solve::Rodas5P>, Shipped>>(
      "time runs: ketasim, Rodas5P", p));
  all.push_back(std::move(c));
}

}  // namespace peers
