#include "gradient/roomy_stack.hpp"

#if defined(__unix__) || defined(__APPLE__)
#if !defined(__EMSCRIPTEN__)
#define KETASIM_CHOOSES_STACK
#endif
#endif

#ifdef KETASIM_CHOOSES_STACK
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>
#endif

namespace ketasim::gradient {

#ifdef KETASIM_CHOOSES_STACK
namespace {

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define KETASIM_ADDRESS_SANITIZER
#endif
#endif

/// Stack that must be left, and stack of a new thread [bytes]. Builds for debugging and sanitizers
/// need several times that of a release; clang's address sanitizer keeps all values of a function
/// apart. Only pages that are used take memory.
#ifdef KETASIM_ADDRESS_SANITIZER
constexpr std::size_t least_room = std::size_t{64} << 20, room_of_a_thread = std::size_t{128} << 20;
#else
constexpr std::size_t least_room = std::size_t{4} << 20, room_of_a_thread = std::size_t{16} << 20;
#endif

/// Lowest address of the stack of this thread; the highest address where the system does not tell it.
std::uintptr_t lowest_address() {
#if defined(__APPLE__)
  const pthread_t self = pthread_self();
  return reinterpret_cast<std::uintptr_t>(pthread_get_stackaddr_np(self)) -
         pthread_get_stacksize_np(self);
#elif defined(__linux__)
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return UINTPTR_MAX;
  void* lowest = nullptr;
  std::size_t size = 0;
  const int failed = pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return failed ? UINTPTR_MAX : reinterpret_cast<std::uintptr_t>(lowest);
#else
  return UINTPTR_MAX;
#endif
}

bool has_room() {
  static thread_local const std::uintptr_t lowest = lowest_address();
  const char here = 0;
  const auto address = reinterpret_cast<std::uintptr_t>(&here);
  return address > lowest && address - lowest > least_room;
}

/// Work on another thread, and what both threads know of it.
struct Task {
  void (*work)(void*, const SolverOptions&) = nullptr;
  void* data = nullptr;
  SolverOptions options;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::condition_variable finished;
  bool done = false;

  static bool poll(void* task) { return static_cast<Task*>(task)->stop; }

  static void* run(void* task) {
    auto& own = *static_cast<Task*>(task);
    own.work(own.data, own.options);
    const std::scoped_lock lock(own.mutex);
    own.done = true;
    own.finished.notify_one();
    return nullptr;
  }
};

void call_on_own_thread(void (*work)(void*, const SolverOptions&), void* data,
                        const SolverOptions& options) {
  Task task;
  task.work = work;
  task.data = data;
  task.options = options;
  task.options.poll = &Task::poll;
  task.options.poll_data = &task;
  pthread_attr_t attributes;
  pthread_t thread;
  int failed = pthread_attr_init(&attributes);
  if (!failed) {
    failed = pthread_attr_setstacksize(&attributes, room_of_a_thread);
    if (!failed) failed = pthread_create(&thread, &attributes, &Task::run, &task);
    pthread_attr_destroy(&attributes);
  }
  if (failed)
    throw std::system_error(failed, std::generic_category(),
                            "no thread with enough stack for derivatives");
  {
    std::unique_lock lock(task.mutex);
    while (
        !task.finished.wait_for(lock, std::chrono::milliseconds(50), [&] { return task.done; })) {
      lock.unlock();
      if (!task.stop && options.poll != nullptr && options.poll(options.poll_data))
        task.stop = true;
      lock.lock();
    }
  }
  pthread_join(thread, nullptr);
}

}  // namespace

void with_room_on_the_stack(void (*work)(void*, const SolverOptions&), void* data,
                            const SolverOptions& options) {
  if (has_room()) return work(data, options);
  call_on_own_thread(work, data, options);
}
#else
void with_room_on_the_stack(void (*work)(void*, const SolverOptions&), void* data,
                            const SolverOptions& options) {
  work(data, options);
}
#endif

}  // namespace ketasim::gradient
