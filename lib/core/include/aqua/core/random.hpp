// Random draws that do not depend on the thread count or on the C++ library: a standard engine, our
// own conversions, and one independent stream per (seed, purpose, index).
#pragma once

#include <cstdint>
#include <random>

namespace aqua {

/// A stream of draws. Equal (seed, purpose, index) give equal draws on every machine; draws for
/// different purposes or indices are independent. Give each unit of parallel work its own index.
class Random {
 public:
  /// What the draws are for; keeps two uses of one seed from sharing a stream.
  enum class Purpose : uint32_t {
    test,
    random_basis,
    bootstrap,
    pair_sampling,
    weights,
    haystack,
    document_split
  };

  Random(uint64_t seed, Purpose purpose, uint64_t index = 0);

  uint64_t bits() { return engine_(); }
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Standard normal (Box-Muller).
  double normal();
  /// Uniform in {0, …, n−1}, without modulo bias; n >= 1.
  uint64_t below(uint64_t n);

 private:
  std::mt19937_64 engine_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace aqua
