#include <ketasim/ketasim.hpp>

int main() {
  const ketasim::dosing::Dose dose{.drug = ketasim::dosing::Drug::ketamine, .amount = 35.0};
  const ketasim::Scenario scenario{.doses = {dose}};
  return static_cast<int>(scenario.doses.size());
}
