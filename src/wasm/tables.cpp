#include "tables.hpp"

#include <algorithm>
#include <cmath>

#include "ketasim/parameters/variants.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/trajectory.hpp"

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
  void field(std::string_view name, double value) {
    key(name);
    text_ += std::isfinite(value) ? written(value) : "null";
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

std::string_view word(model::Evidence evidence) {
  constexpr std::string_view words[] = {"read",   "secondary", "digitised",
                                        "memory", "derived",   "assumed"};
  return words[static_cast<std::size_t>(evidence)];
}

void parameters_of(Json& json, model::Species species) {
  const model::Parameters<double> p;
  model::Parameters<double>::each(p, [&](std::string_view module, const double&,
                                         const model::Parameter& row) {
    const model::Entry& e = row.entry(species);
    json.object([&] {
      json.field("name", std::string(module) + "." + std::string(row.name));
      json.field("module", module);
      json.field("symbol", row.symbol);
      json.field("description", row.meaning);
      json.field("value", e.value);
      json.field("unit", row.unit);
      json.field("low", e.low);
      json.field("high", e.high);
      json.field("iiv_cv_pct", e.iiv_cv_pct);
      json.field("species", e.species);
      json.field("grade", std::string_view("ABCDE").substr(static_cast<std::size_t>(e.grade), 1));
      json.field("source_key", e.source);
      json.field("evidence", word(e.evidence));
      json.field("fitted_to", e.fitted_to);
      json.field("note", e.note);
    });
  });
}

void readouts(Json& json) {
  const auto row = [&](std::string_view module, const model::Readout& r) {
    json.object([&] {
      json.field("name", r.name);
      json.field("module", module);
      json.field("unit", r.unit);
      json.field("description", r.meaning);
    });
  };
  const model::Readouts<double> measured{};
  model::Readouts<double>::each(measured, [&](std::string_view module, const double&,
                                              const model::Readout& r) { row(module, r); });
  const model::symptoms::PopulationReadouts<double> population{};
  model::symptoms::PopulationReadouts<double>::each(
      population, [&](const double&, const model::Readout& r) { row("symptoms", r); });
}

void states(Json& json) {
  const model::State<double> y;
  model::State<double>::each(
      y, [&](std::string_view module, const double&, const model::Variable& row) {
        json.object([&] {
          json.field("name",
                     std::string(module) + "." + std::string(row.name) + std::string(row.suffix));
          json.field("module", module);
          json.field("unit", row.unit);
          json.field("typical", row.typical);
          json.field("description", row.meaning);
        });
      });
}

void vocabulary(Json& json, std::string_view name, const auto& names) {
  json.list(name, [&] {
    for (const auto& [value, word] : names) json.item(word);
  });
}

}  // namespace

std::vector<std::string_view> variant_names() {
  std::vector<std::string_view> names;
  for (const parameters::Override& o : parameters::variants)
    if (std::find(names.begin(), names.end(), o.variant) == names.end()) names.push_back(o.variant);
  return names;
}

std::string tables(model::Species species) {
  Json json;
  json.object([&] {
    json.list("parameters", [&] { parameters_of(json, species); });
    json.list("readouts", [&] { readouts(json); });
    json.list("states", [&] { states(json); });
    vocabulary(json, "drugs", dosing::drug_names);
    vocabulary(json, "routes", dosing::route_names);
    vocabulary(json, "units", dosing::unit_names);
    vocabulary(json, "contexts", dosing::context_names);
    json.list("variants", [&] {
      for (const std::string_view name : variant_names()) json.item(name);
    });
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
