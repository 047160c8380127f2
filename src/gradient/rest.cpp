#include "gradient/rest.hpp"

namespace ketasim::gradient {

model::Inputs<double> inputs_of_rest(const Problem& problem, double severity) {
  return inputs_at_rest<double>(problem.parameters, problem.derived,
                                model::unpack<double>(problem.start), severity, std::nullopt,
                                dosing::Context::none);
}

bool varies_at_rest(std::size_t state) {
  static const int adaptation =
      dosing::index_of([](model::State<double>& y) -> double& { return y.synaptogenesis.Ad; });
  return static_cast<int>(state) != adaptation && !model::state_rows()[state].rests_at_zero();
}

KernelLU factors_of_rest(const KernelLU::Jacobian& J) {
  KernelLU linear;
  if (!linear.factorize(J, 0.0))
    throw ParameterError(
        "the state before treatment cannot be differentiated: its Jacobian is "
        "singular; move parameters back towards their defaults");
  return linear;
}

}  // namespace ketasim::gradient
