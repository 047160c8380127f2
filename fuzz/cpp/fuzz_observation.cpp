/// Any ratings, reliefs and spreads: shares of patients lie within 0 and 1, ratings on their scale.
#include "input.hpp"
#include "ketasim/observation/clinical.hpp"
#include "ketasim/problem.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ketasim::observation;
  fuzz::Input in(bytes, size);
  const double baseline = in.mostly(0.5, 59.5), cut = in.mostly(0.0, 60.0);
  const Relief<double> relief{in.mostly(-5.0, 10.0), in.mostly(-5.0, 5.0)};
  const Spread<double> among{in.mostly(0.0, 5.0), in.mostly(0.0, 2.0), in.mostly(0.0, 2.0),
                             in.mostly(0.1, 10.0)};
  const double z0 = ketasim::logit_of_rating(baseline);
  const double share = share_at_or_below(cut, z0, relief, among);
  const double rated = rated_madrs(z0, relief, among, {in.number(), in.number(), in.number()});
  // The sum of the weights of 21 points is 1 up to rounding.
  fuzz::must(std::isnan(share) || (share >= 0.0 && share <= 1.0 + 1e-12));
  fuzz::must(std::isnan(rated) || (rated >= 0.0 && rated <= 60.0));
  const auto [mean, sd] = change(z0, relief, among);
  fuzz::must(!std::isfinite(mean) || std::isnan(sd) || sd >= 0.0);
  const bool possible = baseline > 0.0 && baseline < 60.0 && std::isfinite(cut) &&
                        std::abs(relief.drug) < 100.0 && std::abs(relief.context) < 100.0 &&
                        among.sensitivity >= 0.0 && among.sensitivity < 100.0 &&
                        among.omega_s >= 0.0 && among.omega_s < 10.0 && among.sd_e >= 0.0 &&
                        among.sd_e < 10.0 && among.sigma_y > 1e-3 && among.sigma_y < 100.0;
  if (possible) fuzz::must(std::isfinite(share) && std::isfinite(mean) && std::isfinite(sd));
  return 0;
}
