/// Any text as a name: UnknownName with the text in it, or what has this name.
#include "input.hpp"

namespace {

template <class Look>
void must_know_or_say(const std::string& name, Look&& look) {
  try {
    look();
  } catch (const ketasim::UnknownName& error) {
    fuzz::must(std::string(error.what()).find(name) != std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ketasim;
  // Up to the first NUL, where the text of an exception ends.
  const std::string whole(reinterpret_cast<const char*>(bytes), std::min<std::size_t>(size, 300));
  const std::string name(whole.c_str());
  static parameters::Set<double> set = parameters::human();
  must_know_or_say(name, [&] { (void)parameters::find(set, name); });
  must_know_or_say(name, [&] { fuzz::must(readout_table()[readout_index(name)].name == name); });
  must_know_or_say(name, [&] { fuzz::must(state_names()[state_index(name)] == name); });
  must_know_or_say(name, [&] { (void)unit_of(name); });
  must_know_or_say(name, [&] { (void)dosing::from_name(name, dosing::drugs, "drug"); });
  must_know_or_say(name, [&] { (void)parameters::species_row(name); });
  must_know_or_say(name, [&] {
    parameters::Set<double> changed = set;
    parameters::apply_variant(changed, name, changed.species);
  });
  return 0;
}
