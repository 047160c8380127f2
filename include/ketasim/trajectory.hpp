/// The result of a run: states at the requested times; readouts are computed from them on demand.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/cascade_system.hpp"
#include "ketasim/dosing/schedule.hpp"
#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/solve/integrate.hpp"

namespace ketasim {

/// The names and units of everything that can be read from a run, in a fixed order.
[[nodiscard]] const std::vector<model::Readout>& readout_table();

/// Position in readout_table().
/// @throws UnknownName with the nearest names
[[nodiscard]] std::size_t readout_index(std::string_view name);

/// Positions in readout_table(), for simulate_ensemble() and sensitivity().
/// @throws UnknownName with the nearest names
[[nodiscard]] std::vector<std::size_t> readout_indices(
    std::initializer_list<std::string_view> names);

/// Names "module.name" of the states, in the order of a row of Trajectory::y.
[[nodiscard]] const std::vector<std::string>& state_names();

/// Position in state_names().
/// @throws UnknownName with the nearest names
[[nodiscard]] std::size_t state_index(std::string_view name);

/// Unit of a readout, or of a state "module.name".
/// @throws UnknownName with the nearest names
[[nodiscard]] std::string_view unit_of(std::string_view name);

struct Trajectory {
  std::vector<double> t;    ///< (n_rows,) [h], bit for bit as requested
  std::vector<double> y;    ///< (n_rows, n_states) row-major; NaN where not reached
  std::vector<int> inputs;  ///< (n_rows,) index into `held_inputs` of the inputs in force
  std::vector<model::Inputs<double>> held_inputs;
  std::vector<double> stop_times;        ///< (n_stops,) [h]
  model::Parameters<double> parameters;  ///< after allometry
  model::Derived<double> derived;
  StateVector<double> start;  ///< the state before treatment
  solve::Outcome outcome;
  kernels::Blocks computed = kernels::all_blocks;  ///< see SolverOptions::only_for

  [[nodiscard]] bool success() const { return outcome.status == solve::Status::success; }

  /// One readout at every row (n_rows,), in the unit of readout_table(); NaN at times that the run
  /// did not reach.
  /// @throws UnknownName with the nearest names
  [[nodiscard]] std::vector<double> readout(std::string_view name) const;
  [[nodiscard]] std::vector<double> readout(std::size_t index) const;

  /// Several readouts at every row, (n_readouts, n_rows) row-major, in one pass over the rows.
  /// @throws ScenarioError for a readout that was not computed
  [[nodiscard]] std::vector<double> readouts(std::span<const std::size_t> indices) const;

  /// Changes the outcome of a success to readout_out_of_range, if a readout at a requested time is
  /// not finite or lies outside its scale by more than the error of the solver. The time is that of
  /// the first such row.
  /// @param tolerance  of a step: the larger one of the relative and the absolute tolerance [share of
  ///                   a typical size]
  /// @param typical    sizes of the states that the absolute tolerance is a share of
  /// @param indices    readouts to return as readouts() does: all are computed here anyway
  std::vector<double> judge_readouts(double tolerance, const StateVector<double>& typical,
                                     std::span<const std::size_t> indices = {});

  /// One readout in the state before treatment: the reference of a fold change.
  /// @throws UnknownName with the nearest names
  [[nodiscard]] double before(std::string_view name) const;
  [[nodiscard]] double before(std::size_t index) const;

  /// One state "module.name" at every row (n_rows,), in the unit of its table row.
  /// @throws UnknownName with the nearest names
  [[nodiscard]] std::vector<double> state(std::string_view name) const;

  /// Unit of a readout, or of a state "module.name".
  /// @throws UnknownName with the nearest names
  [[nodiscard]] std::string_view unit(std::string_view name) const { return unit_of(name); }

 private:
  [[nodiscard]] const double* row_at(std::size_t index) const;  ///< of y

  /// @throws ScenarioError for a readout that was left out
  void check_computed(std::span<const std::size_t> indices) const;

  /// Calls body(first, end, readouts) for rows that share their inputs, a few at once.
  template <class Body>
  void for_rows_at_once(Body body) const;

  /// Readouts of n rows that share their inputs, at most as many as are computed at once.
  void read(std::span<const std::size_t> indices, const double* rows, std::size_t n,
            const model::Inputs<double>& u, double* columns, std::size_t stride) const;

  /// Those readouts of n rows that were asked for, from all that were computed.
  template <class Computed>
  void choose(std::span<const std::size_t> indices, const double* rows, std::size_t n,
              const model::Inputs<double>& u, const Computed& all, double* columns,
              std::size_t stride) const;
};

}  // namespace ketasim
