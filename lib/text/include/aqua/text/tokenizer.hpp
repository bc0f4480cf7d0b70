// Text to token ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace aqua::text {

/// Implementations are immutable and safe to use from several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Token ids of UTF-8 text. With `add_special_tokens`, what the tokenizer's post-processor adds
  /// (typically a begin-of-text token). FormatError with the byte offset when the text is not valid
  /// UTF-8.
  virtual std::vector<int32_t> encode(std::string_view utf8, bool add_special_tokens) const = 0;
  /// One more than the largest id, added tokens included.
  virtual int64_t vocabulary_size() const = 0;
};

/// Reads a Hugging Face tokenizer.json, or the one in a model folder. FormatError names the file,
/// the component and its type when something in it is not supported: never a wrong tokenisation.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace aqua::text
