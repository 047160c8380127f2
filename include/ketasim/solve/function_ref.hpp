/// A reference to a function object: what std::function is, without a copy and without allocation.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace ketasim::solve {

template <class Signature>
class FunctionRef;

/// Refers to a callable that must live as long as the reference is used. An empty reference does
/// nothing when called.
template <class... Arguments>
class FunctionRef<void(Arguments...)> {
 public:
  FunctionRef() = default;

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
           std::is_invocable_v<F&, Arguments...>)
      FunctionRef(F&& f)  // NOLINT: a function object converts, as to std::function
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Arguments... arguments) {
          (*static_cast<std::remove_reference_t<F>*>(object))(
              std::forward<Arguments>(arguments)...);
        }) {}

  void operator()(Arguments... arguments) const {
    if (call_ != nullptr) call_(object_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* object_ = nullptr;
  void (*call_)(void*, Arguments...) = nullptr;
};

}  // namespace ketasim::solve
