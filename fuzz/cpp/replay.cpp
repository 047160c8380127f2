/// Runs a target without a fuzzer: on every file of a folder, then on inputs made from them by
/// changes that are the same each time.
///   fuzz_NAME FOLDER [COUNT]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The distributions of the standard library differ between libraries; a remainder does not.
Bytes changed(Bytes bytes, const std::vector<Bytes>& all, std::mt19937& random) {
  if (random() % 3 == 0) {  // or any bytes
    bytes.resize(random() % 300);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
  }
  for (std::size_t n = 1 + random() % 4; n > 0; --n) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    switch (random() % 4) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<std::uint8_t>(random());
        break;
      case 1:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     static_cast<std::uint8_t>(random()));
        break;
      case 2:
        if (!bytes.empty()) bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default: {
        const Bytes& other = all[random() % all.size()];
        bytes.resize(at);
        if (at < other.size())
          bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(at), other.end());
        for (std::size_t k = random() % 40; k > 0; --k)
          bytes.push_back(static_cast<std::uint8_t>(random()));
      }
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: fuzz_NAME FOLDER [COUNT]\n", stderr);
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(argv[1]))
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
      paths.push_back(entry.path());
  else
    paths.emplace_back(argv[1]);
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> inputs;
  for (const auto& path : paths) inputs.push_back(content_of(path));
  if (inputs.empty()) {
    std::fprintf(stderr, "%s: no input there\n", argv[1]);
    return 2;
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    std::printf("%s\n", paths[k].c_str());
    std::fflush(stdout);
    (void)LLVMFuzzerTestOneInput(inputs[k].data(), inputs[k].size());
  }
  const long count = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 0;
  std::mt19937 random(20240229);  // any constant
  for (long k = 0; k < count; ++k) {
    const Bytes bytes = changed(inputs[random() % inputs.size()], inputs, random);
    {  // a crash leaves the input behind
      std::ofstream("changed-input", std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    }
    (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::filesystem::remove("changed-input");
  std::printf("%zu files and %ld changed inputs: nothing found\n", inputs.size(), count);
}
