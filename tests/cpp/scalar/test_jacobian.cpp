/// The exact sparse Jacobian against differences in long double, and its structure against both.
#include <cmath>
#include <string>

// Differences are taken in long double; exponents of Hill functions are double in every scalar.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"

#include "ketasim/model/jacobian.hpp"
#include "model/setting.hpp"

using namespace test;

namespace {

const model::JacobianStructure& structure = model::jacobian_structure();

/// Dense Jacobian by central differences in long double.
std::vector<std::vector<double>> differences(const State<double>& state, const Inputs<double>& in,
                                             const Parameters<double>& parameters) {
  using L = long double;
  std::vector<double> y(n_states), values;
  model::pack(state, y);
  Parameters<L> p;
  Parameters<double>::each(parameters, [&](std::string_view, double v, const model::Parameter&) {
    values.push_back(v);
  });
  std::size_t k = 0;
  Parameters<L>::each(p, [&](std::string_view, L& v, const model::Parameter&) { v = values[k++]; });
  values.clear();
  Inputs<double>::each(in, [&](double v, const model::Input&) { values.push_back(v); });
  Inputs<L> u;
  k = 0;
  Inputs<L>::each(u, [&](L& v, const model::Input&) { v = values[k++]; });
  const Derived<L> d = model::derived(p);

  std::vector<std::vector<double>> J(n_states, std::vector<double>(n_states));
  std::vector<L> x(y.begin(), y.end()), up(n_states), down(n_states);
  for (std::size_t j = 0; j < n_states; ++j) {
    const L h = 1e-6L * std::max(std::fabs(x[j]), L(1e-3));
    const L kept = x[j];
    x[j] = kept + h;
    const L high = x[j];
    model::pack(model::derivative(model::unpack<L>(x), u, p, d), up);
    x[j] = kept - h;
    const L low = x[j];
    model::pack(model::derivative(model::unpack<L>(x), u, p, d), down);
    x[j] = kept;
    for (std::size_t i = 0; i < n_states; ++i)
      J[i][j] = static_cast<double>((up[i] - down[i]) / (high - low));
  }
  return J;
}

}  // namespace

TEST_CASE(
    "jacobian: every entry equals a central difference in long double, and nothing else is "
    "there",
    "[scalar][jacobian]") {
  Anywhere anywhere(10);
  std::vector<std::string> names;
  const State<double> table;
  State<double>::each(table, [&](std::string_view module, double, const model::Variable& row) {
    names.push_back(std::string(module) + "." + std::string(row.name) + std::string(row.suffix));
  });
  for (Parameters<double> p : {parameters::human(), parameters::rat()})
    for (int repeat = 0; repeat < 5; ++repeat) {
      p.bdnf_trkb.w_direct = p.mtor.w_RERK = 0.7;  // every arm on
      const Derived<double> d = model::derived(p);
      const State<double> y = anywhere.state(p, d);
      const Inputs<double> u = anywhere.inputs();
      std::vector<double> packed(n_states), exact(structure.column.size());
      model::pack(y, packed);
      model::jacobian(packed, u, p, d, exact);
      const auto J = differences(y, u, p);
      for (std::size_t i = 0; i < n_states; ++i) {
        double row_size = 0.0;
        for (std::size_t j = 0; j < n_states; ++j)
          row_size = std::max(row_size, std::abs(J[i][j] * packed[j]));
        std::size_t entry = static_cast<std::size_t>(structure.row_start[i]);
        for (std::size_t j = 0; j < n_states; ++j) {
          const bool structural = entry < static_cast<std::size_t>(structure.row_start[i + 1]) &&
                                  structure.column[entry] == static_cast<int>(j);
          if (structural) {
            CAPTURE(names[i], names[j], exact[entry], J[i][j]);
            // Truncation (1e-6)^2 times a third logarithmic derivative of up to a thousand (the
            // exponents of the Hill functions cubed), and rounding 5e-20/1e-6 of the row.
            CHECK(std::abs(exact[entry] - J[i][j]) * packed[j] <=
                  1e-8 * std::abs(J[i][j] * packed[j]) + 1e-12 * row_size);
            ++entry;
          } else if (J[i][j] != 0.0) {
            FAIL_CHECK(names[i] << " depends on " << names[j] << ", which the structure lacks");
          }
        }
      }
    }
}
