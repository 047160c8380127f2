#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <utility>

#include "bindings.hpp"

namespace ketasim::bindings {
namespace {

std::vector<double> column(const py::object& values) {
  return values.is_none() ? std::vector<double>{} : values.cast<std::vector<double>>();
}

/// Refuses a result that has more numbers than an array can hold.
void check_size(std::size_t members, std::size_t readouts, std::size_t times) {
  constexpr double most = 1e15;
  const double numbers =
      static_cast<double>(members) * static_cast<double>(readouts) * static_cast<double>(times);
  if (numbers > most || static_cast<double>(members) > most)
    throw ScenarioError(std::to_string(members) + " members x " + std::to_string(readouts) +
                        " readouts x " + std::to_string(times) +
                        " times are too many numbers: ask for fewer");
}

/// @return (values (members, readouts, times), status names, worst states, messages, counters
/// (members, 3))
py::tuple simulate_many(
    const Scenario& base, std::size_t members, const std::vector<std::string>& varied,
    const Numbers& varied_values, const py::object& weights, const py::object& severities,
    const py::object& baselines,
    const std::vector<std::pair<std::vector<Record>, std::vector<double>>>& regimens,
    const std::vector<std::size_t>& regimen, const Numbers& t_eval,
    const std::vector<std::string>& readout_names, const py::dict& options, unsigned threads,
    const py::object& progress) {
  Variation variation{.members = members,
                      .parameters = varied,
                      .values = {varied_values.data(), varied_values.data() + varied_values.size()},
                      .weight_kg = column(weights),
                      .severity = column(severities),
                      .baseline_madrs = column(baselines),
                      .regimens = {},
                      .regimen = regimen};
  variation.regimens.reserve(regimens.size());
  for (const auto& [doses, reset_times] : regimens)
    variation.regimens.push_back({doses_from(doses), reset_times});
  std::vector<std::size_t> readouts;
  readouts.reserve(readout_names.size());
  for (const std::string& name : readout_names) readouts.push_back(readout_index(name));
  const std::vector<double> times = column_of(t_eval, "t_eval");
  check_size(members, readouts.size(), times.size());
  py::array_t<double> values(std::vector<py::ssize_t>{static_cast<py::ssize_t>(members),
                                                      static_cast<py::ssize_t>(readouts.size()),
                                                      static_cast<py::ssize_t>(times.size())});
  const std::span<double> buffer(values.mutable_data(), static_cast<std::size_t>(values.size()));

  EnsembleOptions ensemble;
  ensemble.solver = options_from(options);
  ensemble.threads = threads;
  // Runs on the calling thread while the workers, which never touch Python, go on.
  ensemble.progress = [&](std::size_t done) {
    const py::gil_scoped_acquire gil;
    if (PyErr_Occurred() || PyErr_CheckSignals() != 0) return true;
    if (!progress.is_none()) {
      try {
        progress(done);
      } catch (py::error_already_set& error) {
        error.restore();
        return true;
      }
    }
    return false;
  };
  std::vector<MemberStatus> status;
  {
    const py::gil_scoped_release release;
    status = simulate_ensemble(base, variation, times, readouts, buffer, ensemble);
  }
  if (PyErr_Occurred()) throw py::error_already_set();

  py::list names, messages;
  std::vector<long> counters;
  const py::str success(std::string(solve::name(solve::Status::success))), nothing("");
  for (const MemberStatus& s : status) {
    if (s.refused) {
      names.append("refused");
      messages.append(s.message);
    } else if (s.outcome.status == solve::Status::success) {
      names.append(success);
      messages.append(nothing);
    } else {
      const py::dict d = outcome_dict(s.outcome);
      names.append(d["status"]);
      const bool of_readout = s.outcome.status == solve::Status::readout_out_of_range;
      messages.append(py::str("{} at t = {:.6g} h ({}): {}{}")
                          .format(d["status"], d["t"],
                                  d[of_readout ? "worst_readout" : "worst_state"],
                                  d["beyond_words"], d["remedy"]));
    }
    counters.insert(counters.end(), {s.outcome.steps, s.outcome.rejected, s.outcome.nfev});
  }
  return py::make_tuple(
      values, names, messages,
      to_array(counters, {static_cast<py::ssize_t>(status.size()), py::ssize_t{3}}));
}

}  // namespace

void add_ensemble(py::module_& m) {
  m.def("simulate_ensemble", &simulate_many, py::arg("scenario"), py::arg("members"),
        py::arg("varied"), py::arg("varied_values"), py::arg("weights"), py::arg("severities"),
        py::arg("baselines"), py::arg("regimens"), py::arg("regimen"), py::arg("t_eval"),
        py::arg("readouts"), py::arg("options"), py::arg("threads"), py::arg("progress"));
  m.def("available_threads", &available_threads);
}

}  // namespace ketasim::bindings
