// The ways an operation can fail. Library code throws these; only main() turns them into an exit
// status. A message is one sentence that names the file, the key, what was expected and what was
// found, for instance
//   model.safetensors: "model.layers.3.self_attn.k_proj.weight": expected shape [1024, 2048], found
//   [1024, 1024]
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace aqua {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The request itself is wrong: an option's value, a name that does not exist (exit status 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A file is missing, unreadable, truncated, malformed or inconsistent, or an output cannot be
/// written (exit status 3).
class FormatError : public Error {
 public:
  using Error::Error;
};

/// A computation failed: no convergence, a non-finite value (exit status 1).
class NumericalError : public Error {
 public:
  using Error::Error;
};

/// A check that the user asked for did not hold (exit status 4).
class CheckError : public Error {
 public:
  using Error::Error;
};

/// The user asked to stop (SIGINT, SIGTERM).
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

/// Throws E with a formatted message: fail<FormatError>("{}: empty file", path).
template <class E, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace aqua
