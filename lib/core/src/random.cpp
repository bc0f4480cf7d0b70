#include "aqua/core/random.hpp"

#include <cmath>
#include <numbers>

namespace aqua {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

Random::Random(uint64_t seed, Purpose purpose, uint64_t index)
    : engine_(mix(mix(mix(seed) ^ static_cast<uint64_t>(purpose)) ^ index)) {}

double Random::uniform() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

uint64_t Random::below(uint64_t n) {
  // Rejects the few values that would make the low remainders likelier.
  const uint64_t reject_below = (0 - n) % n;
  uint64_t value = bits();
  while (value < reject_below) value = bits();
  return value % n;
}

}  // namespace aqua
