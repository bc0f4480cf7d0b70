// Texts, and how they become the token sequences that a model runs over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/core/sequence.hpp"
#include "aqua/text/tokenizer.hpp"

namespace aqua::text {

struct Document {
  std::string id;    ///< the record's "id", otherwise "1", "2", … in file order
  std::string text;  ///< valid UTF-8
};

struct Corpus {
  std::string name;  ///< label, e.g. "en"
  std::filesystem::path path;
  std::string sha256;
  std::vector<Document> documents;  ///< none empty
};

/// Reads plain text (documents separated by one or more blank lines) or, when the file name ends in
/// .jsonl, one JSON object a line with "text" and optionally "id". FormatError names file and line:
/// not UTF-8 (with byte offset), not JSON, no "text", ids that repeat, no document with text in it.
Corpus load_corpus(std::string name, const std::filesystem::path& path, const CancelToken& cancel);

struct PackOptions {
  int64_t sequence_length = 512;  ///< tokens in a window, >= 2
  int64_t stride = 0;      ///< tokens from one window's start to the next's; 0: sequence_length
  int64_t max_tokens = 0;  ///< stop after that many counted tokens; 0: all
};

/// Token windows of one corpus.
struct PackedCorpus {
  CorpusFacts facts;
  std::vector<std::string> documents;  ///< ids, by index
  std::vector<SequenceInfo> sequences;
  std::vector<std::vector<int32_t>> ids;  ///< [sequence][T]
  int64_t bytes = 0;  ///< UTF-8 bytes of the documents that the counted tokens cover
};

/// Packing: each document is tokenised by itself, special tokens included; the documents' tokens
/// are laid end to end, in file order; windows of `sequence_length` tokens are cut from that
/// stream, each starting `stride` after the one before. Tokens that an earlier window had are
/// context only (SequenceInfo::first_counted). The last window may be shorter; a last window with
/// fewer than 2 tokens is dropped. A window can hold several documents, and attention crosses their
/// borders, as in the training of most models. UsageError on impossible options; FormatError when a
/// token id is not below `vocabulary`.
PackedCorpus pack(const Corpus& corpus, const Tokenizer& tokenizer, const PackOptions& options,
                  int64_t vocabulary, const Execution& execution);

}  // namespace aqua::text
