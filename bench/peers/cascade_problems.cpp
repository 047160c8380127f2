/// The whole cascade: a 70 kg subject under chronic stress, through the generated kernels. The
/// state before treatment is found once and given to everybody.
#include <algorithm>
#include <utility>

#include "../scenarios.hpp"
#include "contestants.hpp"
#include "ketasim/kernel_system.hpp"
#include "problem.hpp"
#include "src/problem.hpp"

namespace peers {
namespace {

using namespace ketasim::dosing;
namespace kernels = ketasim::kernels;

class Cascade final : public Problem {
 public:
  Cascade(std::string called, const ketasim::Scenario& scenario, int days)
      : ready_(ketasim::prepare(scenario)), system_(ready_.parameters, ready_.schedule.before) {
    name = std::move(called);
    t_end = 24.0 * days;
    start.assign(ready_.start.data(), ready_.start.data() + ready_.start.size());
    const ketasim::StateVector<double> typical = ketasim::typical_sizes(1.0);
    size.assign(typical.data(), typical.data() + typical.size());
    for (const Stop& stop : ready_.schedule.stops)
      if (stop.time < t_end) stops.push_back(stop.time);
    for (int day = 0; day < days; ++day)
      for (const double hour : {2.0, 6.0, 12.0, 24.0}) samples.push_back(24.0 * day + hour);
    row_start.assign(kernels::row_start.begin(), kernels::row_start.end());
    column.assign(kernels::column.begin(), kernels::column.end());
  }

  void rhs(const double* y, double* dydt) const override {
    kernels::rhs(y, system_.constants(), dydt);
  }
  void jacobian(const double* y, double* J) const override {
    kernels::jacobian(y, system_.constants(), J);
  }
  void rewind() override { system_.hold(ready_.schedule.before); }
  void pass(std::size_t k, double* y) override {
    const Stop& stop = ready_.schedule.stops[k];
    for (const Jump& jump : stop.jumps) y[jump.state] = jump.scale * y[jump.state] + jump.add;
    system_.hold(stop.inputs);
  }

 private:
  ketasim::Problem ready_;
  ketasim::KernelSystem system_;
};

/// S1: the headline.
[[nodiscard]] ketasim::Scenario one_infusion() {
  ketasim::Scenario s;
  s.doses = {bench::infusion(0.0)};
  return s;
}

/// S1b: the same on top of a daily tablet, so that there are events every day.
[[nodiscard]] ketasim::Scenario tablets_and_an_infusion() {
  ketasim::Scenario s = one_infusion();
  s.doses.push_back({.drug = Drug::escitalopram,
                     .amount = 10.0,
                     .route = Route::oral,
                     .interval_h = 24.0,
                     .additional = 6});
  return s;
}

/// S2: four weeks, two drugs, two routes.
[[nodiscard]] ketasim::Scenario infusions_and_spray() {
  ketasim::Scenario s = bench::six_infusions().scenario;
  for (const double start : {336.0, 408.0})
    s.doses.push_back({.drug = Drug::esketamine,
                       .amount = 56.0,
                       .route = Route::intranasal,
                       .start_h = start,
                       .interval_h = 168.0,
                       .additional = 1});
  return s;
}

}  // namespace

void add_cascade(std::vector<Contest>& all) {
  const auto add = [&](const char* called, const ketasim::Scenario& scenario, int days) {
    all.push_back(contest<ketasim::model::n_states, ketasim::KernelLU>(
        std::make_unique<Cascade>(called, scenario, days)));
  };
  add("S1", one_infusion(), 7);
  add("S1b", tablets_and_an_infusion(), 7);
  add("S2", infusions_and_spray(), 28);
}

}  // namespace peers
