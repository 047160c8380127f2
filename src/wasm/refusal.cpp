/// How a refusal leaves a module that is compiled without exceptions.
///
/// The core throws before the first step, and only then: ScenarioError, ParameterError,
/// UnknownName. Here such a throw calls refuse(), which the page supplies and which throws a
/// JavaScript Error with the same words. That Error unwinds the module's frames without running
/// destructors, so the page goes on with a fresh instance. Nothing is ever caught inside the
/// module; exceptions of WebAssembly would cost landing pads in all of it for a path that no solve
/// takes.

#include <cstdlib>
#include <exception>

extern "C" {

__attribute__((import_module("env"), import_name("refuse"))) void refuse(const char* words);

void* __cxa_allocate_exception(std::size_t size) noexcept { return std::malloc(size); }

/// Everything thrown here derives from std::exception as its first base.
[[noreturn]] void __cxa_throw(void* thrown, void*, void (*)(void*)) {
  refuse(static_cast<std::exception*>(thrown)->what());
  std::abort();
}
}
