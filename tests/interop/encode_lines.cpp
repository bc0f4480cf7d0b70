// Tokenises strings, for comparison with other implementations.
//
//   tokenizer_encode_lines TOKENIZER [--plain | --time PASSES] < strings > ids
//
// Standard input has one JSON string a line; standard output gets, for each, the token ids with
// special tokens (--plain: without) as a JSON list. With --time N, encodes everything N times and
// prints instead how many bytes the fastest pass took in a second of processor time (which other
// processes do not distort).

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aqua/text/tokenizer.hpp"

namespace {

std::vector<std::string> read_strings() {
  std::vector<std::string> strings;
  for (std::string line; std::getline(std::cin, line);) {
    strings.push_back(nlohmann::json::parse(line).get<std::string>());
  }
  return strings;
}

double bytes_per_second(const aqua::text::Tokenizer& tokenizer,
                        const std::vector<std::string>& strings, int passes) {
  std::size_t bytes = 0;
  for (const std::string& text : strings) bytes += text.size();
  double fastest = std::numeric_limits<double>::infinity();
  std::size_t tokens = 0;
  for (int pass = 0; pass < passes; ++pass) {
    const std::clock_t start = std::clock();
    for (const std::string& text : strings) tokens += tokenizer.encode(text, true).size();
    fastest = std::min(fastest, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  // Printed so that no pass can be left out.
  fmt::print(stderr, "{} tokens in {} passes\n", tokens, passes);
  return static_cast<double>(bytes) / fastest;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string option = argc > 2 ? argv[2] : "";
    if (!(argc == 2 || (argc == 3 && option == "--plain") || (argc == 4 && option == "--time"))) {
      fmt::print(stderr, "usage: {} TOKENIZER [--plain | --time PASSES] < strings\n", argv[0]);
      return 2;
    }
    const auto tokenizer = aqua::text::load_tokenizer(argv[1]);
    const std::vector<std::string> strings = read_strings();
    if (argc == 4) {
      fmt::print("{:.0f}\n", bytes_per_second(*tokenizer, strings, std::stoi(argv[3])));
      return 0;
    }
    for (const std::string& text : strings) {
      fmt::print("[{}]\n", fmt::join(tokenizer->encode(text, option != "--plain"), ","));
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
