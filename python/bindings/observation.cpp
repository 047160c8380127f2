/// The clinical observation model, element by element over arrays that broadcast.
#include "ketasim/observation/clinical.hpp"

#include <pybind11/stl.h>

#include <array>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "bindings.hpp"
#include "ketasim/observation/visits.hpp"
#include "ketasim/problem.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim::bindings {
namespace {

using observation::Relief;
using observation::Spread;

double share_at_or_below(double cut, double baseline, double drug, double context,
                         double sensitivity, double omega_s, double sd_e, double sigma_y) {
  return observation::share_at_or_below(cut, logit_of_rating(baseline),
                                        Relief<double>{drug, context},
                                        Spread<double>{sensitivity, omega_s, sd_e, sigma_y});
}

double response(double improvement, double baseline, double drug, double context,
                double sensitivity, double omega_s, double sd_e, double sigma_y) {
  const double z0 = logit_of_rating(baseline);
  return observation::share_at_or_below(observation::response_cut(z0, improvement), z0,
                                        Relief<double>{drug, context},
                                        Spread<double>{sensitivity, omega_s, sd_e, sigma_y});
}

double rated_madrs(double baseline, double drug, double context, double sensitivity, double omega_s,
                   double sd_e, double sigma_y, double own_sensitivity, double own_shift,
                   double own_error) {
  return observation::rated_madrs(logit_of_rating(baseline), Relief<double>{drug, context},
                                  Spread<double>{sensitivity, omega_s, sd_e, sigma_y},
                                  {own_sensitivity, own_shift, own_error});
}

double response_cut(double baseline, double improvement) {
  return observation::response_cut(logit_of_rating(baseline), improvement);
}

double individual_sensitivity(double mean, double omega_s, double n) {
  return observation::individual_sensitivity(mean, omega_s, n);
}

double mean_change(double baseline, double drug, double context, double sensitivity, double omega_s,
                   double sd_e, double sigma_y) {
  return observation::change(logit_of_rating(baseline), Relief<double>{drug, context},
                             Spread<double>{sensitivity, omega_s, sd_e, sigma_y})
      .mean;
}

double sd_change(double baseline, double drug, double context, double sensitivity, double omega_s,
                 double sd_e, double sigma_y) {
  return observation::change(logit_of_rating(baseline), Relief<double>{drug, context},
                             Spread<double>{sensitivity, omega_s, sd_e, sigma_y})
      .sd;
}

/// Refuses an array of another shape; -1 stands for any length.
void check_shape(const Numbers& array, const char* name, std::initializer_list<py::ssize_t> shape) {
  bool fits = array.ndim() == static_cast<py::ssize_t>(shape.size());
  py::ssize_t axis = 0;
  for (const py::ssize_t length : shape) {
    fits = fits && (length == -1 || array.shape(axis) == length);
    ++axis;
  }
  if (fits) return;
  std::string given, needed;
  for (py::ssize_t k = 0; k < array.ndim(); ++k)
    given += (k > 0 ? ", " : "") + std::to_string(array.shape(k));
  for (const py::ssize_t length : shape)
    needed += (needed.empty() ? "" : ", ") + (length == -1 ? "any" : std::to_string(length));
  throw ScenarioError(std::string(name) + " has the shape (" + given + "): give (" + needed + ")");
}

// --- values and derivatives -----------------------------------------------------------------------

/// Numbers of one case and their slopes, as the rows of arrays.
struct Case {
  const double* values;
  const double* slopes;  ///< (n_values, n_theta)
};

/// @return number `i` of a case with slopes `first` to `first + K - 1` of its n_theta
template <std::size_t K>
scalar::Dual<double, K> sloped(const Case& of, py::ssize_t i, py::ssize_t first,
                               py::ssize_t n_theta) {
  scalar::Dual<double, K> x(of.values[i]);
  for (std::size_t k = 0; k < K && first + static_cast<py::ssize_t>(k) < n_theta; ++k)
    x.slope[k] = of.slopes[i * n_theta + first + static_cast<py::ssize_t>(k)];
  return x;
}

/// Calls f<K>(first) for blocks of directions: two where that is all, else eight.
void in_blocks(py::ssize_t n_theta, auto&& f) {
  if (n_theta <= 2) return f(std::integral_constant<std::size_t, 2>(), py::ssize_t{0});
  for (py::ssize_t first = 0; first < n_theta; first += 8)
    f(std::integral_constant<std::size_t, 8>(), first);
}

void store(const auto& y, py::ssize_t first, py::ssize_t n_theta, double& value, double* slopes) {
  value = y.value;
  for (std::size_t k = 0; k < y.slope.size(); ++k)
    if (const auto column = first + static_cast<py::ssize_t>(k); column < n_theta)
      slopes[column] = y.slope[k];
}

/// The values of f over cases, and their slopes by the chain rule.
///
/// @param arguments  (n, A)
/// @param slopes     of the arguments, (n, A, n_theta)
/// @return (values (n,), slopes (n, n_theta))
template <std::size_t A, class F>
py::tuple with_slopes(const Numbers& arguments, const Numbers& slopes, F f) {
  check_shape(arguments, "arguments", {-1, A});
  const py::ssize_t n = arguments.shape(0);
  check_shape(slopes, "slopes", {n, A, -1});
  const py::ssize_t n_theta = slopes.shape(2);
  py::array_t<double> values(n), derivatives({n, n_theta});
  double* value = values.mutable_data();
  double* derivative = derivatives.mutable_data();
  const double *x = arguments.data(), *dx = slopes.data();
  constexpr auto width = static_cast<py::ssize_t>(A);
  std::optional<py::gil_scoped_release> released(std::in_place);
  for (py::ssize_t i = 0; i < n; ++i) {
    const Case of{x + i * width, dx + i * width * n_theta};
    in_blocks(n_theta, [&](auto k, py::ssize_t first) {
      std::array<scalar::Dual<double, k()>, A> at;
      for (py::ssize_t a = 0; a < width; ++a)
        at[static_cast<std::size_t>(a)] = sloped<k()>(of, a, first, n_theta);
      store(f(at), first, n_theta, value[i], derivative + i * n_theta);
    });
  }
  released.reset();  // Python objects are made with the lock held
  return py::make_tuple(values, derivatives);
}

/// Patients of a trial: baseline, sensitivity, omega_s, sd_e, sigma_y, from position `at` on.
template <class P>
Spread<P> among(const auto& x, std::size_t at) {
  return {P(x[at]), P(x[at + 1]), P(x[at + 2]), P(x[at + 3])};
}

/// Relief at the visits of cases, and the numbers on which a follow-up depends, with slopes:
/// drug and context (n, n_visits), numbers (n, A); slopes have one more axis, n_theta.
struct Visits {
  Numbers drug, context, numbers, drug_slopes, context_slopes, number_slopes;
};

/// The n_out values of f(visits, numbers) for each case; without directions no slopes are computed.
template <std::size_t A, class F>
py::tuple of_visits(const Visits& v, py::ssize_t n_out, F f) {
  check_shape(v.drug, "drug_relief", {-1, -1});
  const py::ssize_t n = v.drug.shape(0), n_visits = v.drug.shape(1);
  check_shape(v.context, "context_relief", {n, n_visits});
  check_shape(v.numbers, "numbers", {n, A});
  check_shape(v.number_slopes, "number_slopes", {n, A, -1});
  const py::ssize_t n_theta = v.number_slopes.shape(2);
  check_shape(v.drug_slopes, "drug_slopes", {n, n_visits, n_theta});
  check_shape(v.context_slopes, "context_slopes", {n, n_visits, n_theta});
  py::array_t<double> values({n, n_out}), slopes({n, n_out, n_theta});
  double* value = values.mutable_data();
  double* slope = slopes.mutable_data();
  const double *drug = v.drug.data(), *context = v.context.data(), *numbers = v.numbers.data();
  const double *d_drug = v.drug_slopes.data(), *d_context = v.context_slopes.data(),
               *d_numbers = v.number_slopes.data();
  constexpr auto width = static_cast<py::ssize_t>(A);
  std::optional<py::gil_scoped_release> released(std::in_place);
  for (py::ssize_t i = 0; i < n; ++i) {
    const Case of_drug{drug + i * n_visits, d_drug + i * n_visits * n_theta};
    const Case of_context{context + i * n_visits, d_context + i * n_visits * n_theta};
    const Case of_numbers{numbers + i * width, d_numbers + i * width * n_theta};
    const auto evaluate = [&](auto number, auto&& keep) {
      using P = decltype(number(of_drug, py::ssize_t{0}));
      std::vector<Relief<P>> visits;
      for (py::ssize_t k = 0; k < n_visits; ++k)
        visits.push_back({number(of_drug, k), number(of_context, k)});
      std::array<P, A> at;
      for (py::ssize_t a = 0; a < width; ++a)
        at[static_cast<std::size_t>(a)] = number(of_numbers, a);
      const std::vector<P> out = f(std::span<const Relief<P>>(visits), at);
      for (py::ssize_t k = 0; k < n_out; ++k) keep(out[static_cast<std::size_t>(k)], i * n_out + k);
    };
    if (n_theta == 0) {
      evaluate([](const Case& of, py::ssize_t k) { return of.values[k]; },
               [&](double y, py::ssize_t place) { value[place] = y; });
      continue;
    }
    in_blocks(n_theta, [&](auto k, py::ssize_t first) {
      evaluate([&](const Case& of, py::ssize_t a) { return sloped<k()>(of, a, first, n_theta); },
               [&](const auto& y, py::ssize_t place) {
                 store(y, first, n_theta, value[place], slope + place * n_theta);
               });
    });
  }
  released.reset();
  return py::make_tuple(values, slopes);
}

/// numbers: cut, baseline, sensitivity, omega_s, sd_e, sigma_y
py::tuple ever_at_or_below(const Numbers& drug, const Numbers& context, const Numbers& numbers,
                           const Numbers& drug_slopes, const Numbers& context_slopes,
                           const Numbers& number_slopes) {
  const Visits v{drug, context, numbers, drug_slopes, context_slopes, number_slopes};
  return of_visits<6>(v, 1, [](auto visits, const auto& x) {
    using P = std::decay_t<decltype(x[0])>;
    return std::vector<P>{
        observation::ever_at_or_below(x[0], logit_of_rating(x[1]), visits, among<P>(x, 2))};
  });
}

/// numbers: remission_cut, baseline, sensitivity, omega_s, sd_e, baseline_sd, visit_error
py::tuple relapse(bool remitters, const Numbers& drug, const Numbers& context,
                  const Numbers& numbers, const Numbers& drug_slopes, const Numbers& context_slopes,
                  const Numbers& number_slopes) {
  check_shape(drug, "drug_relief", {-1, -1});
  const Visits v{drug, context, numbers, drug_slopes, context_slopes, number_slopes};
  return of_visits<7>(v, drug.shape(1) + 1, [&](auto visits, const auto& x) {
    using P = std::decay_t<decltype(x[0])>;
    const observation::FollowUp<P> rule{
        remitters ? observation::Well::remitters : observation::Well::responders, x[0], x[5], x[6]};
    return observation::relapse(logit_of_rating(x[1]), visits, Spread<P>{x[2], x[3], x[4], x[6]},
                                rule);
  });
}

}  // namespace

void add_observation(py::module_& m) {
  m.attr("RESPONSE_IMPROVEMENT") = observation::response_improvement;
  m.def("share_at_or_below", py::vectorize(share_at_or_below), py::arg("cut"), py::arg("baseline"),
        py::arg("drug_relief"), py::arg("context_relief"), py::arg("sensitivity"),
        py::arg("omega_s"), py::arg("sd_e"), py::arg("sigma_y"));
  m.def("mean_change", py::vectorize(mean_change), py::arg("baseline"), py::arg("drug_relief"),
        py::arg("context_relief"), py::arg("sensitivity"), py::arg("omega_s"), py::arg("sd_e"),
        py::arg("sigma_y"));
  m.def("sd_change", py::vectorize(sd_change), py::arg("baseline"), py::arg("drug_relief"),
        py::arg("context_relief"), py::arg("sensitivity"), py::arg("omega_s"), py::arg("sd_e"),
        py::arg("sigma_y"));
  m.def("normal_cdf", py::vectorize([](double x) { return observation::normal_cdf(x); }),
        py::arg("x"));
  m.def("log_gamma", py::vectorize([](double x) { return std::lgamma(x); }), py::arg("x"));
  const auto with = [&](const char* name, auto f) {
    m.def(name, f, py::arg("arguments"), py::arg("slopes"));
  };
  with("share_at_or_below_slopes", [](const Numbers& arguments, const Numbers& slopes) {
    return with_slopes<8>(arguments, slopes, [](const auto& x) {
      using P = std::decay_t<decltype(x[0])>;
      return observation::share_at_or_below(x[0], logit_of_rating(x[1]), Relief<P>{x[2], x[3]},
                                            among<P>(x, 4));
    });
  });
  with("mean_change_slopes", [](const Numbers& arguments, const Numbers& slopes) {
    return with_slopes<7>(arguments, slopes, [](const auto& x) {
      using P = std::decay_t<decltype(x[0])>;
      return observation::change(logit_of_rating(x[0]), Relief<P>{x[1], x[2]}, among<P>(x, 3)).mean;
    });
  });
  with("sd_change_slopes", [](const Numbers& arguments, const Numbers& slopes) {
    return with_slopes<7>(arguments, slopes, [](const auto& x) {
      using P = std::decay_t<decltype(x[0])>;
      return observation::change(logit_of_rating(x[0]), Relief<P>{x[1], x[2]}, among<P>(x, 3)).sd;
    });
  });
  m.def("ever_at_or_below", &ever_at_or_below, py::arg("drug_relief"), py::arg("context_relief"),
        py::arg("numbers"), py::arg("drug_slopes"), py::arg("context_slopes"),
        py::arg("number_slopes"));
  m.def("relapse", &relapse, py::arg("remitters"), py::arg("drug_relief"),
        py::arg("context_relief"), py::arg("numbers"), py::arg("drug_slopes"),
        py::arg("context_slopes"), py::arg("number_slopes"));
  m.def("response", py::vectorize(response), py::arg("improvement"), py::arg("baseline"),
        py::arg("drug_relief"), py::arg("context_relief"), py::arg("sensitivity"),
        py::arg("omega_s"), py::arg("sd_e"), py::arg("sigma_y"));
  m.def("rated_madrs", py::vectorize(rated_madrs), py::arg("baseline"), py::arg("drug_relief"),
        py::arg("context_relief"), py::arg("sensitivity"), py::arg("omega_s"), py::arg("sd_e"),
        py::arg("sigma_y"), py::arg("own_sensitivity"), py::arg("own_shift"), py::arg("own_error"));
  m.def("response_cut", py::vectorize(response_cut), py::arg("baseline"), py::arg("improvement"));
  m.def("individual_sensitivity", py::vectorize(individual_sensitivity), py::arg("mean"),
        py::arg("omega_s"), py::arg("n"));
}

}  // namespace ketasim::bindings
