#include "ketasim/tables.hpp"

#include <cmath>
#include <optional>
#include <vector>

#include "ketasim/solve/status.hpp"
#include "tables.hpp"

namespace ketasim::wasm {
namespace {

/// Lists of objects and of names. No text of the model needs more than quotes and backslashes
/// escaped; TeX symbols have them.
class Json {
 public:
  /// "name": [ ... ]
  template <class Fill>
  void list(std::string_view name, Fill&& fill) {
    open(name, '[', ']', fill);
  }
  /// { ... }
  template <class Fill>
  void object(Fill&& fill) {
    open({}, '{', '}', fill);
  }
  void item(std::string_view value) {
    separate();
    quoted(value);
  }
  void field(std::string_view name, std::string_view value) {
    key(name);
    quoted(value);
  }
  void field(std::string_view name, const std::optional<double>& value) {
    key(name);
    text_ += value && std::isfinite(*value) ? written(*value) : "null";
  }
  void field(std::string_view name, double value) { field(name, std::optional(value)); }
  void field(std::string_view name, bool value) {
    key(name);
    text_ += value ? "true" : "false";
  }
  void field(std::string_view name, const std::vector<std::string_view>& words) {
    list(name, [&] {
      for (const std::string_view word : words) item(word);
    });
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <class Fill>
  void open(std::string_view name, char first, char last, Fill&& fill) {
    if (name.empty())
      separate();
    else
      key(name);
    text_ += first;
    fill();
    text_ += last;
  }
  void key(std::string_view name) {
    separate();
    quoted(name);
    text_ += ':';
  }
  void separate() {
    if (!text_.empty() && text_.back() != '[' && text_.back() != '{') text_ += ',';
  }
  void quoted(std::string_view value) {
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }

  std::string text_;
};

/// A table of ketasim/tables.hpp as a list of objects.
void rows(Json& json, std::string_view name, auto&& table) {
  json.list(name, [&] {
    table([&](auto&& fill) {
      json.object([&] { fill([&](const char* column, const auto& v) { json.field(column, v); }); });
    });
  });
}

}  // namespace

std::string tables(model::Species species) {
  namespace all = ketasim::tables;
  Json json;
  json.object([&] {
    rows(json, "parameters", [&](auto&& row) { all::parameters(species, row); });
    rows(json, "readouts", [](auto&& row) { all::readouts(row); });
    rows(json, "states", [](auto&& row) { all::states(row); });
    rows(json, "drugs", [](auto&& row) { all::drugs(row); });
    rows(json, "routes", [](auto&& row) { all::routes(row); });
    rows(json, "units", [](auto&& row) { all::units(row); });
    rows(json, "contexts", [](auto&& row) { all::contexts(row); });
    rows(json, "variants", [](auto&& row) { all::variants(row); });
    rows(json, "species", [](auto&& row) { all::species(row); });
    json.list("statuses", [&] {
      for (const solve::Status status : solve::all_statuses)
        json.object([&] {
          json.field("name", solve::name(status));
          json.field("remedy", solve::remedy(status));
        });
    });
  });
  return json.take();
}

}  // namespace ketasim::wasm
