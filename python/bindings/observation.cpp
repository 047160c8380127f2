/// The clinical observation model, element by element over arrays that broadcast.
#include "ketasim/observation/clinical.hpp"

#include <pybind11/stl.h>

#include "bindings.hpp"
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

/// @return (share, its derivatives by the eight arguments in order)
py::tuple share_slopes(const std::array<double, 8>& at) {
  using D = scalar::Dual<double, 8>;
  std::array<D, 8> x;
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = D(at[k]);
    x[k].slope[k] = 1.0;
  }
  const D share = observation::share_at_or_below(x[0], logit_of_rating(x[1]), Relief<D>{x[2], x[3]},
                                                 Spread<D>{x[4], x[5], x[6], x[7]});
  const std::vector<double> slopes(share.slope.begin(), share.slope.end());
  return py::make_tuple(share.value, to_array(slopes, {py::ssize_t{8}}));
}

}  // namespace

void add_observation(py::module_& m) {
  m.attr("RESPONSE_IMPROVEMENT") = observation::response_improvement;
  m.def("share_at_or_below", py::vectorize(share_at_or_below), py::arg("cut"), py::arg("baseline"),
        py::arg("drug_relief"), py::arg("context_relief"), py::arg("sensitivity"),
        py::arg("omega_s"), py::arg("sd_e"), py::arg("sigma_y"));
  m.def("share_slopes", &share_slopes, py::arg("arguments"));
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
