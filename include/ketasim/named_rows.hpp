/// Tables with one row per value of an enumeration: the only place where a value has a name.
///
/// A row has at least the members `value` and `name`.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "ketasim/error.hpp"

namespace ketasim {

/// Further spellings of a name that are read and never written; unused places stay empty.
using Spellings = std::array<std::string_view, 3>;

/// A value of an enumeration and its name, where there is no more to say.
template <class E>
struct WordRow {
  E value;
  std::string_view name;
};

/// Is `value` one of the names of its enumeration? Compilers other than GCC and Clang do not say;
/// there the answer is no.
template <auto value>
[[nodiscard]] consteval bool is_enumerator() {
#ifdef __GNUC__
  // "... value = Drug::ketamine]", or "... value = (Drug)99]" for a number without a name; clang
  // writes "(anonymous namespace)::" before names.
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::string_view name = text.substr(text.rfind("value = ") + 8);
  const std::size_t closed = name.rfind(')');
  return closed == std::string_view::npos || name[closed + 1] == ':';
#else
  return false;
#endif
}

/// Does row k describe value k for every value of the enumeration, under names that all differ?
template <const auto& rows>
[[nodiscard]] consteval bool has_all_rows() {
  using Enum = decltype(rows[0].value);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k].value != static_cast<Enum>(k) || rows[k].name.empty()) return false;
    for (std::size_t j = 0; j < k; ++j)
      if (rows[j].name == rows[k].name) return false;
  }
  return !is_enumerator<static_cast<Enum>(rows.size())>();
}

/// The row of a value, in a table for which has_all_rows() holds.
template <class Row, std::size_t N>
[[nodiscard]] constexpr const Row& row_of(decltype(Row::value) value,
                                          const std::array<Row, N>& rows) {
  return rows[static_cast<std::size_t>(value)];
}

template <class Row, std::size_t N>
[[nodiscard]] std::string name_of(decltype(Row::value) value, const std::array<Row, N>& rows) {
  return std::string(row_of(value, rows).name);
}

/// The names of the rows that `chosen` accepts, as a list in words: "iv, im, sc".
template <class Rows, class Chosen>
[[nodiscard]] std::string names_of(const Rows& rows, Chosen&& chosen) {
  std::string names;
  for (const auto& row : rows)
    if (chosen(row)) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

/// The value with this name.
/// @throws UnknownName listing the names of the table.
template <class Row, std::size_t N>
[[nodiscard]] auto from_name(std::string_view name, const std::array<Row, N>& rows,
                             const char* what) {
  for (const Row& row : rows)
    if (row.name == name) return row.value;
  throw UnknownName(std::string("unknown ") + what + " '" + std::string(name) +
                    "'; known: " + names_of(rows, [](const Row&) { return true; }));
}

}  // namespace ketasim
