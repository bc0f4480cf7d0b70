// Text to token ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace aqua::text {

/// Token ids, and where in the text each token begins.
struct Encoding {
  std::vector<int32_t> ids;  ///< [T]
  /// [T] byte offset into the text, never falling. Tokens that stand for no text (what the
  /// post-processor adds) begin where the next token does, or at the end of the text. So the first
  /// n tokens cover the text's first starts[n] bytes, and all of them cover all of it; what a
  /// normalizer removes belongs to the token before it. Exact for byte-level tokenizers; where a
  /// normalizer rewrites a stretch of text, its tokens begin at the start of that stretch.
  std::vector<int64_t> starts;
};

/// Implementations are immutable and safe to use from several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Tokens of UTF-8 text (at most 1 GiB). With `add_special_tokens`, what the tokenizer's
  /// post-processor adds (typically a begin-of-text token). FormatError with the byte offset when
  /// the text is not valid UTF-8.
  virtual Encoding encode_with_starts(std::string_view utf8, bool add_special_tokens) const = 0;
  /// The ids alone.
  std::vector<int32_t> encode(std::string_view utf8, bool add_special_tokens) const {
    return encode_with_starts(utf8, add_special_tokens).ids;
  }
  /// One more than the largest id, added tokens included.
  virtual int64_t vocabulary_size() const = 0;
};

/// Reads one of
/// - a Hugging Face tokenizer.json;
/// - SentencePiece's tokenizer.model, with the conventions of the slow tokenizers of transformers
///   (LlamaTokenizer, GemmaTokenizer) and tokenizer_config.json beside it: a begin-of-text token
///   unless that says otherwise, control pieces found in the text, and, unless it says "legacy":
///   false, a prefix space behind each of them;
/// - what a GGUF file carries: byte-level BPE ("gpt2") or SentencePiece ("llama");
/// - a model folder: its tokenizer.json, or its tokenizer.model when it has no tokenizer.json.
/// A tokenizer.json gives the ids that the `tokenizers` package 0.23 gives for Tokenizer.encode
/// without truncation and padding: those two entries of the file are not applied. FormatError names
/// the file, the component and its type when something in it is malformed or not supported: never a
/// wrong tokenisation.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace aqua::text
