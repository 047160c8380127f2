// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "measure.hpp"

#include <cstring>

#include "ketasim/scalar/elementary.hpp"
#include "widest.hpp"

namespace ketasim {
namespace {

template <class Number>
std::array<Number, n_measured> measured(const std::array<Number, model::n_states>& y,
                                        const model::Inputs<double>& u,
                                        const model::Parameters<double>& p,
                                        const model::Derived<double>& d) {
  std::array<Number, n_measured> all;
  const auto readouts = model::readouts(model::unpack<Number>(y), u, p, d);
  std::size_t k = 0;
  model::Readouts<Number>::each(readouts, [&](std::string_view, const Number& value,
                                              const model::Readout&) { all[k++] = value; });
  return all;
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
  const auto all = measured(at, u, p, d);
  std::memcpy(&readouts, &all, sizeof(all));
#else
  using Row = scalar::Pack<1>;
  for (std::size_t r = 0; r < rows_at_once; ++r) {
    std::array<Row, model::n_states> at;
    for (std::size_t k = 0; k < at.size(); ++k) at[k] = y[k][r];
    const auto all = measured(at, u, p, d);
    for (std::size_t k = 0; k < all.size(); ++k) readouts[k][r] = all[k][0];
  }
#endif
}

}  // namespace ketasim
