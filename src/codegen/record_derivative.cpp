/// Prints the right-hand side as JSON, for generate_kernels.py.
#include <iostream>

#include "recorded_derivative.hpp"

namespace {

/// No name and no line of the record has a quote or a backslash.
void write(std::string_view key, const std::vector<std::string>& words) {
  std::cout << '"' << key << "\": [";
  for (std::size_t k = 0; k < words.size(); ++k)
    std::cout << (k ? ", " : "") << '"' << words[k] << '"';
  std::cout << "],\n";
}

}  // namespace

int main() {
  const ketasim::codegen::RecordedDerivative record = ketasim::codegen::recorded_derivative();
  std::cout << "{";
  write("states", record.symbols.states);
  write("parameters", record.symbols.parameters);
  write("inputs", record.symbols.inputs);
  write("results", record.results);
  std::cout << "\"fingerprint\": " << ketasim::codegen::fingerprint(record) << ",\n";
  std::cout << "\"lines\": \"";
  for (const char c : record.lines)
    if (c == '\n')
      std::cout << "\\n";
    else
      std::cout << c;
  std::cout << "\"}\n";
}
