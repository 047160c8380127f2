/// Whether a caller still waits for a result that takes time before the first step of a solver.
#pragma once

#include <atomic>
#include <chrono>

#include "ketasim/solve/status.hpp"

namespace ketasim {

/// Stops what is prepared on an interrupt, a poll that answers true, or a time limit. One that is
/// made without arguments never stops anything. Nothing is thrown: code that asks over() leaves its
/// result unfinished, and its caller reads status().
class Deadline {
 public:
  Deadline() = default;
  /// @param max_seconds  counted from now; 0 = no limit
  Deadline(const std::atomic<bool>* interrupt, bool (*poll)(void*), void* poll_data,
           double max_seconds)
      : interrupt_(interrupt), poll_(poll), poll_data_(poll_data), max_seconds_(max_seconds) {}

  /// To be asked every few milliseconds at most.
  [[nodiscard]] bool over() {
    if (status_ != solve::Status::success) return true;
    if ((interrupt_ != nullptr && interrupt_->load(std::memory_order_relaxed)) ||
        (poll_ != nullptr && poll_(poll_data_)))
      status_ = solve::Status::interrupted;
    else if (max_seconds_ > 0.0 && seconds_spent() > max_seconds_)
      status_ = solve::Status::wall_time_exceeded;
    return status_ != solve::Status::success;
  }

  /// Success, interrupted or wall_time_exceeded.
  [[nodiscard]] solve::Status status() const { return status_; }

  [[nodiscard]] double seconds_spent() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  const std::atomic<bool>* interrupt_ = nullptr;
  bool (*poll_)(void*) = nullptr;
  void* poll_data_ = nullptr;
  double max_seconds_ = 0.0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  solve::Status status_ = solve::Status::success;
};

}  // namespace ketasim
