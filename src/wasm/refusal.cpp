/// Errors of a module that is compiled without exceptions.
///
/// The core throws before the first step, and only then: ScenarioError, ParameterError,
/// UnknownName. Here such a throw calls refuse(), which the page supplies and which throws a
/// JavaScript Error with the same text. That Error unwinds the module's frames without running
/// destructors, so the page continues with a new instance. Nothing is ever caught inside the
/// module; exceptions of WebAssembly would make the whole module larger for errors that occur only
/// before a solution.

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
