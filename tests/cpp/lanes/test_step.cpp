/// A step has the same bits on every processor: those of the template that the headers give.
#include "lanes/step.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel_rodas.hpp"
#include "ketasim/problem.hpp"
#include "lanes/instructions.hpp"
#include "scenarios.hpp"

using namespace test;

namespace {

using ketasim::KernelLU;
using ketasim::KernelSystem;
using Vector = ketasim::StateVector<double>;
using ketasim::lanes::Instructions;
using ketasim::lanes::Step;

template <class Tableau>
std::vector<std::pair<std::string, std::unique_ptr<Step>>> steps() {
  namespace lanes = ketasim::lanes;
  std::vector<std::pair<std::string, std::unique_ptr<Step>>> all;
  all.emplace_back("baseline", lanes::step_for_baseline<Tableau>());
  const Instructions newest = lanes::available_instructions();
#if defined(__x86_64__) && defined(__GNUC__)
  if (newest >= Instructions::avx2) all.emplace_back("AVX2", lanes::step_for_avx2<Tableau>());
  if (newest >= Instructions::avx512)
    all.emplace_back("AVX-512", lanes::step_for_avx512<Tableau>());
#endif
  all.emplace_back("chosen", lanes::step_for_this_processor<Tableau>());
  return all;
}

bool same_bits(const double* a, const Vector& b) {
  return std::equal(b.data(), b.data() + b.size(), a);
}

template <class Tableau>
void compare(double h) {
  const ketasim::Problem problem = ketasim::prepare(infusion());
  KernelSystem system(problem.parameters, problem.schedule.stops.front().inputs);
  Vector y = problem.start;
  for (int i = 0; i < y.size(); ++i) y[i] *= 1.0 + 0.01 * std::sin(i);

  ketasim::solve::Rodas<Tableau, ketasim::model::n_states, KernelLU> reference;
  Vector y1, at;
  reference.begin(system, 0.0, y);
  REQUIRE(reference.attempt(system, 0.0, y, h, y1) == ketasim::solve::Attempt::done);
  reference.interpolate(0.3, y, y1, at);

  for (const auto& [name, step] : steps<Tableau>()) {
    INFO(name);
    Vector own;
    step->begin(system.constants(), system.moving(), y.data());
    CHECK(same_bits(step->derivative(), reference.derivative()));
    REQUIRE(step->attempt(system.constants(), y.data(), h, own.data()) ==
            ketasim::solve::Attempt::done);
    CHECK(same_bits(own.data(), y1));
    CHECK(same_bits(step->error(), reference.error()));
    for (std::size_t i = 0; i < Tableau::stages; ++i)
      CHECK(same_bits(step->stage(i), reference.stages()[i]));
    CHECK(std::equal(step->factors(), step->factors() + ketasim::kernels::n_stored,
                     reference.linear().factors()));
    step->interpolate(0.3, y.data(), y1.data(), own.data());
    CHECK(same_bits(own.data(), at));
  }
}

}  // namespace

TEST_CASE("a step: its bits do not depend on the instructions it is compiled for", "[lanes]") {
  for (const double h : {1e-6, 0.01, 0.1}) {
    compare<ketasim::solve::Rodas5P>(h);
    compare<ketasim::solve::Rodas4>(h);
  }
}

TEST_CASE("a step: a state that is not a number is singular, on every processor", "[lanes]") {
  const ketasim::Problem problem = ketasim::prepare(infusion());
  const KernelSystem system(problem.parameters, problem.schedule.before);
  Vector y = problem.start, y1;
  y.fill(std::numeric_limits<double>::quiet_NaN());
  for (const auto& [name, step] : steps<ketasim::solve::Rodas5P>()) {
    INFO(name);
    step->begin(system.constants(), system.moving(), y.data());
    CHECK(step->attempt(system.constants(), y.data(), 0.1, y1.data()) ==
          ketasim::solve::Attempt::singular);
  }
}
