// SHA-256, for provenance.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "aqua/core/execution.hpp"

namespace aqua {

/// An incremental SHA-256.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// Lower-case hexadecimal, 64 characters. Call once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of a file's bytes; FormatError when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path, const CancelToken& cancel);

}  // namespace aqua
