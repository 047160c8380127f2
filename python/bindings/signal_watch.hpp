#pragma once

#include <pybind11/pybind11.h>

#include <chrono>

#include "ketasim/simulate.hpp"

namespace ketasim::bindings {

/// Asks Python for pending signals (Ctrl-C) at most every 50 ms. Called on the thread that runs the
/// solver; must outlive the run.
class SignalWatch {
 public:
  explicit SignalWatch(SolverOptions& options) {
    options.poll = &SignalWatch::poll;
    options.poll_data = this;
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static bool poll(void* self) {
    auto& watch = *static_cast<SignalWatch*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (now - watch.last_ < std::chrono::milliseconds(50)) return false;
    watch.last_ = now;
    const pybind11::gil_scoped_acquire gil;
    return PyErr_CheckSignals() != 0;
  }

  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace ketasim::bindings
