/// The result of a run: states at the requested times, from which every readout is computed on
/// demand.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ketasim/cascade_system.hpp"
#include "ketasim/dosing/schedule.hpp"
#include "ketasim/solve/integrate.hpp"

namespace ketasim {

/// The names and units of everything that can be read from a run, in a fixed order.
[[nodiscard]] const std::vector<model::Readout>& readout_table();

/// Position in readout_table().
/// @throws UnknownName with the nearest names left to the caller.
[[nodiscard]] std::size_t readout_index(std::string_view name);

struct Trajectory {
  std::vector<double> t;    ///< (n_rows,) [h], bit for bit as requested
  std::vector<double> y;    ///< (n_rows, n_states) row-major; NaN where the run did not get
  std::vector<int> inputs;  ///< (n_rows,) index into `held_inputs` of the inputs in force
  std::vector<model::Inputs<double>> held_inputs;
  std::vector<double> stop_times;        ///< (n_stops,) [h]
  model::Parameters<double> parameters;  ///< after allometry
  model::Derived<double> derived;
  StateVector<double> start;  ///< the state before treatment
  solve::Outcome outcome;

  [[nodiscard]] bool success() const { return outcome.status == solve::Status::success; }

  /// One readout at every row (n_rows,), in the unit of readout_table(); NaN where the run did not
  /// get.
  [[nodiscard]] std::vector<double> readout(std::size_t index) const;

  /// Several readouts at every row, (n_readouts, n_rows) row-major: one pass over the rows, however
  /// many are asked for.
  [[nodiscard]] std::vector<double> readouts(std::span<const std::size_t> indices) const;

  /// One readout in the state before treatment: what "before" means in a fold change.
  [[nodiscard]] double before(std::size_t index) const;

 private:
  /// Readouts of n rows that share their inputs, at most as many as are computed at once.
  void read(std::span<const std::size_t> indices, const double* rows, std::size_t n,
            const model::Inputs<double>& u, double* columns, std::size_t stride) const;
};

}  // namespace ketasim
