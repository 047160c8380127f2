#include "needed_blocks.hpp"

#include <algorithm>
#include <vector>

#include "ketasim/model/cascade.hpp"
#include "ketasim/model/rows.hpp"
#include "ketasim/scalar/dependence.hpp"
#include "ketasim/trajectory.hpp"

namespace ketasim {
namespace {

using Dependence = scalar::Dependence<model::n_states>;

[[nodiscard]] kernels::Blocks block_of(std::size_t state) {
  return 1u << kernels::block_of_state[state];
}

/// Adds the blocks of the states that enter derivatives of states in `blocks`, until there are no more.
[[nodiscard]] kernels::Blocks with_their_causes(kernels::Blocks blocks) {
  for (kernels::Blocks before = 0; before != blocks;) {
    before = blocks;
    for (std::size_t row = 0; row < model::n_states; ++row) {
      if ((blocks & block_of(row)) == 0) continue;
      for (int e = kernels::row_start[row]; e < kernels::row_start[row + 1]; ++e)
        blocks |= block_of(static_cast<std::size_t>(kernels::column[static_cast<std::size_t>(e)]));
    }
  }
  return blocks;
}

/// The blocks of every readout, in the order of readout_table().
[[nodiscard]] std::vector<kernels::Blocks> blocks_of_readouts() {
  model::Parameters<double> p;
  const auto parameters = model::parameter_rows();
  std::transform(parameters.begin(), parameters.end(), model::numbers(p).begin(),
                 [](const model::ParameterRow& row) { return row.human_entry.value; });
  model::State<Dependence> y;
  std::size_t k = 0;
  for (Dependence& value : model::numbers(y)) value = Dependence::of(k++);
  const model::Readouts<Dependence> all =
      model::readouts(y, model::Inputs<double>{}, p, model::derived(p));
  std::vector<kernels::Blocks> found;
  for (const Dependence& readout : model::numbers(all)) {
    kernels::Blocks blocks = 0;
    for (std::size_t s = 0; s < model::n_states; ++s)
      if (readout.on[s]) blocks |= block_of(s);
    found.push_back(with_their_causes(blocks));
  }
  // Shares of patients follow from symptoms, which everything can reach.
  found.resize(readout_table().size(), kernels::all_blocks);
  return found;
}

}  // namespace

kernels::Blocks needed_blocks(std::span<const std::size_t> readouts) {
  if (readouts.empty()) return kernels::all_blocks;
  static const std::vector<kernels::Blocks> of_readouts = blocks_of_readouts();
  kernels::Blocks blocks = 0;
  for (const std::size_t index : readouts) blocks |= of_readouts.at(index);
  return blocks;
}

double share_computed(std::span<const std::size_t> readouts) {
  const kernels::Blocks blocks = needed_blocks(readouts);
  int states = 0;
  for (std::size_t s = 0; s < model::n_states; ++s) states += (blocks & block_of(s)) != 0;
  return static_cast<double>(states) / model::n_states;
}

}  // namespace ketasim
