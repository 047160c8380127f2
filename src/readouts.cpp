// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "readouts.hpp"

#include <algorithm>
#include <cstring>

#include "ketasim/scalar/elementary.hpp"
#include "lanes/target_clones.hpp"

namespace ketasim {
namespace {

template <class Number, class Constant>
inline void read(const model::State<Number>& y, const model::Inputs<Constant>& u,
                 const model::Parameters<Constant>& p, const model::Derived<Constant>& d,
                 std::array<Number, n_measured>& all) {
  const model::Readouts<Number> readouts = model::readouts(y, u, p, d);
  const auto values = model::numbers(readouts);
  std::copy(values.begin(), values.end(), all.begin());
}

}  // namespace

KETASIM_WIDEST KETASIM_INLINE_ALL void measure(const Columns<model::n_states>& y,
                                               const model::Inputs<double>& u,
                                               const model::Parameters<double>& p,
                                               const model::Derived<double>& d,
                                               Columns<n_measured>& readouts) {
#ifdef KETASIM_HAS_PACKS
  using Rows = scalar::Pack<static_cast<int>(rows_at_once)>;
  std::array<Rows, model::n_states> at;
  std::memcpy(&at, &y, sizeof(at));
  std::array<Rows, n_measured> all;
  read(model::unpack<Rows>(at), u, p, d, all);
  std::memcpy(&readouts, &all, sizeof(all));
#else
  using Row = scalar::Pack<1>;
  for (std::size_t r = 0; r < rows_at_once; ++r) {
    std::array<Row, model::n_states> at;
    for (std::size_t k = 0; k < at.size(); ++k) at[k] = y[k][r];
    std::array<Row, n_measured> all;
    read(model::unpack<Row>(at), u, p, d, all);
    for (std::size_t k = 0; k < all.size(); ++k) readouts[k][r] = all[k][0];
  }
#endif
}

KETASIM_WIDEST KETASIM_INLINE_ALL void measure(const model::State<Sloped>& y,
                                               const model::Inputs<Sloped>& u,
                                               const model::Parameters<Sloped>& p,
                                               const model::Derived<Sloped>& d,
                                               std::array<Sloped, n_measured>& readouts) {
  read(y, u, p, d, readouts);
}

}  // namespace ketasim
