/// Who takes part.
#pragma once

#include <utility>

#include "cvode_own_lu.hpp"
#include "ketasim.hpp"
#include "odeint.hpp"

namespace peers {

/// @param arguments  of the library's linear solver
template <int N, class Linear, class... Arguments>
[[nodiscard]] Contest contest(std::unique_ptr<Problem> problem, const Arguments&... arguments) {
  using ketasim::solve::Rodas;
  using ketasim::solve::Rodas4;
  using ketasim::solve::Rodas5P;
  Problem& p = *problem;
  Contest c{std::move(problem), {}};
  auto& who = c.contestants;
  who.push_back(std::make_unique<Ketasim<Rodas<Rodas5P, N, Linear>, Equations<N>>>(
      "ketasim, Rodas5P", p, arguments...));
  who.push_back(std::make_unique<Ketasim<Rodas<Rodas4, N, Linear>, Equations<N>>>("ketasim, Rodas4",
                                                                                  p, arguments...));
  who.push_back(std::make_unique<CvodeOwnLu<N, Linear>>("CVODE, our LU", p, arguments...));
  who.push_back(cvode_klu(p));
  who.push_back(cvode_dense(p));
  who.push_back(odeint_stock(p));
  who.push_back(odeint_corrected(p));
  return c;
}

void add_cascade(std::vector<Contest>& all);
void add_public_problems(std::vector<Contest>& all);
void add_forced_problem(std::vector<Contest>& all);
void add_steady_state(std::vector<Contest>& all);

}  // namespace peers
