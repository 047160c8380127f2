/// Every readout of several rows at once.
#pragma once

#include <array>
#include <cstddef>

#include "ketasim/model/cascade.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim {

inline constexpr std::size_t rows_at_once = 8;

/// Readouts of one subject: all but the averages over a population.
inline constexpr std::size_t n_measured = sizeof(model::Readouts<double>) / sizeof(double);

/// One column for every state or readout, with one number for every row.
template <std::size_t N>
using Columns = std::array<std::array<double, rows_at_once>, N>;

/// @param y  rows that share their inputs; a row's readouts have the same bits whatever the others
/// hold
/// @param p  after allometry
void measure(const Columns<model::n_states>& y, const model::Inputs<double>& u,
             const model::Parameters<double>& p, const model::Derived<double>& d,
             Columns<n_measured>& readouts);

/// A number with its slopes in eight directions.
inline constexpr std::size_t slopes_at_once = 8;
using Sloped = scalar::Dual<double, slopes_at_once>;

/// Every readout of one row with its slopes.
void measure(const model::State<Sloped>& y, const model::Inputs<Sloped>& u,
             const model::Parameters<Sloped>& p, const model::Derived<Sloped>& d,
             std::array<Sloped, n_measured>& readouts);

}  // namespace ketasim
