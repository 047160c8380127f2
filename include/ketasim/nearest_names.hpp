/// The known names that are most like one that is not known: for the texts of UnknownName.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ketasim {

/// Letters to insert, delete or replace until `a` is `b` (Levenshtein 1966).
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

/// "did you mean 'a' or 'b'?", the nearest first: at most three names, at most a third of whose
/// letters differ or which contain `name`. Empty if no name is like it.
[[nodiscard]] inline std::string nearest_names(std::string_view name,
                                               const std::vector<std::string>& known) {
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string& candidate : known) {
    const bool contains =
        name.size() >= 3 && std::string_view(candidate).find(name) != std::string_view::npos;
    const std::size_t distance = contains ? 1 : edit_distance(name, candidate);
    if (contains || 3 * distance <= std::max(name.size(), candidate.size()))
      near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (near.size() > 3) near.resize(3);
  std::string text;
  for (std::size_t k = 0; k < near.size(); ++k)
    text += (k == 0 ? "did you mean '" : "' or '") + std::string(near[k].second);
  return text.empty() ? text : text + "'?";
}

}  // namespace ketasim
