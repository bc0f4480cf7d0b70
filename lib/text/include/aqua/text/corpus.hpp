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
  std::string id;    ///< the record's "id", otherwise its number in the file: "1", "2", …
  std::string text;  ///< valid UTF-8, with some character that is not white space
};

struct Corpus {
  std::string name;  ///< label, e.g. "en"
  std::filesystem::path path;
  std::string sha256;
  std::vector<Document> documents;  ///< at least one
};

/// Reads a UTF-8 file, with or without byte order mark, with lines that end in LF or CRLF.
/// - Plain text: documents are separated by blank lines (nothing but spaces and tabs). A document's
///   text is its lines, joined by LF.
/// - A file name that ends in .jsonl: one JSON object a line with "text", a string, and optionally
///   "id", a string or integer. Blank lines are skipped.
/// Documents of nothing but white space are skipped; they count in the numbers that are ids.
/// FormatError names file and line: not UTF-8 (with byte offset), not JSON, no "text", an id that
/// repeats, no document with text in it.
Corpus load_corpus(std::string name, const std::filesystem::path& path, const CancelToken& cancel);

/// A corpus in two: `held_out` has round-half-up(share·documents) of them, at least one and not
/// all, drawn without replacement with Random(seed, document_split); both keep the file's order,
/// name, path and digest. UsageError unless 0 < share < 1; FormatError with fewer than two
/// documents.
struct SplitCorpus {
  Corpus rest;
  Corpus held_out;
};
SplitCorpus split(Corpus corpus, double share, uint64_t seed);

/// The windows i − 1, i − 1 + n, i − 1 + 2n, … of a packed corpus: shard i of n. Windows are cut
/// first, so that the n shards together hold each window of the whole once, and no other.
struct Shard {
  int64_t index = 1;  ///< i, from 1
  int64_t count = 1;  ///< n; 1: everything
};
/// "2/8". UsageError unless 1 <= i <= n.
Shard shard_from_text(std::string_view text);

struct PackOptions {
  int64_t sequence_length = 512;  ///< tokens in a window, >= 2
  int64_t stride = 0;      ///< tokens from one window's start to the next's; 0: sequence_length
  int64_t max_tokens = 0;  ///< stop after that many counted tokens, >= 2; 0: all
  Shard shard = {};        ///< which of the windows to take
};

/// Token windows of one corpus.
struct PackedCorpus {
  CorpusFacts facts;                   ///< documents and tokens: the counted ones
  std::vector<std::string> documents;  ///< ids of the documents with counted tokens, by index
  std::vector<SequenceInfo> sequences;
  std::vector<std::vector<int32_t>> ids;  ///< [sequence][T]
  /// UTF-8 bytes of the documents that the counted tokens cover. All bytes of a document whose
  /// tokens are all counted; of the one that is cut after its first n tokens, those before where
  /// its token n + 1 begins (Encoding::starts). Separators between documents belong to none.
  int64_t bytes = 0;
  /// The part of `bytes` that the predicted tokens cover: counted tokens that are not the first of
  /// their window. What bits per byte must divide by, as only those tokens have a probability.
  int64_t predicted_bytes = 0;
};

/// Packing: each document is tokenised by itself, special tokens included; the documents' tokens
/// are laid end to end, in file order; windows of `sequence_length` tokens are cut from that
/// stream, each starting `stride` after the one before. Tokens that an earlier window had are
/// context only (SequenceInfo::first_counted). The last window may be shorter; a last window with
/// fewer than 2 tokens is dropped. A window can hold several documents, and attention crosses their
/// borders, as in the training of most models. Documents are tokenised in parallel, only as many as
/// are needed; the result does not depend on the number of threads. UsageError on impossible
/// options (a stride above the sequence length would skip tokens) and when there are fewer windows
/// than the shard's number. A shard counts the documents whose first token it counts, so that the
/// documents, tokens and bytes of all shards add up to those of the whole. FormatError when a token
/// id is not below `vocabulary`, or when there are fewer than 2 tokens.
PackedCorpus pack(const Corpus& corpus, const Tokenizer& tokenizer, const PackOptions& options,
                  int64_t vocabulary, const Execution& execution);

}  // namespace aqua::text
