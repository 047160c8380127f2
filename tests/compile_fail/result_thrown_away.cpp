// refused: nodiscard
#include <ketasim/simulate.hpp>

#include <vector>

// A run that nobody looks at hides its failure.
void run(const ketasim::Scenario& scenario, const std::vector<double>& t_eval) {
  ketasim::simulate(scenario, t_eval);
}
