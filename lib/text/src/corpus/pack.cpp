#include <algorithm>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::text {
namespace {

// The tokens of all documents end to end, as far as they are wanted.
struct Stream {
  std::vector<int32_t> ids;
  std::vector<int32_t> document;  // index into documents
  std::vector<int64_t> bytes;     // that each token covers
  std::vector<std::string> documents;

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
};

void check(const PackOptions& options) {
  if (options.sequence_length < 2) {
    fail<UsageError>("sequence length: expected at least 2 tokens, found {}",
                     options.sequence_length);
  }
  if (options.stride < 0 || options.stride > options.sequence_length) {
    fail<UsageError>("stride: expected 1 to {} tokens, the sequence length, or 0, found {}",
                     options.sequence_length, options.stride);
  }
  if (options.max_tokens < 0 || options.max_tokens == 1) {
    fail<UsageError>("maximum of tokens: expected at least 2, or 0 for all, found {}",
                     options.max_tokens);
  }
}

void append(const Document& document, const Encoding& encoding, int64_t limit, Stream& stream) {
  const auto tokens = static_cast<int64_t>(encoding.ids.size());
  const int64_t wanted = std::min(tokens, limit - stream.size());
  if (wanted == 0) return;
  const auto index = static_cast<int32_t>(stream.documents.size());
  stream.documents.push_back(document.id);
  int64_t covered = 0;
  for (int64_t i = 0; i < wanted; ++i) {
    const int64_t end =
        i + 1 < tokens ? encoding.starts[i + 1] : static_cast<int64_t>(document.text.size());
    stream.ids.push_back(encoding.ids[i]);
    stream.document.push_back(index);
    stream.bytes.push_back(end - std::exchange(covered, end));
  }
}

void check_ids(const Corpus& corpus, const Document& document, const Encoding& encoding,
               int64_t vocabulary) {
  for (const int32_t id : encoding.ids) {
    if (id < 0 || id >= vocabulary) {
      fail<FormatError>(
          "{}: document \"{}\": expected token ids below {}, the model's vocabulary, found {}",
          corpus.path.string(), document.id, vocabulary, id);
    }
  }
}

// Tokenises batches of documents in parallel until there are `limit` tokens.
Stream tokenize(const Corpus& corpus, const Tokenizer& tokenizer, int64_t limit, int64_t vocabulary,
                const Execution& execution) {
  constexpr int64_t batch_bytes_per_worker = 1 << 18;
  const int64_t batch_bytes = batch_bytes_per_worker * execution.pool.size();
  const auto count = static_cast<int64_t>(corpus.documents.size());
  execution.progress.begin("tokenise " + corpus.name, count, "documents");
  Stream stream;
  for (int64_t first = 0; first < count && stream.size() < limit;) {
    int64_t end = first;
    for (int64_t bytes = 0; end < count && bytes < batch_bytes; ++end) {
      bytes += static_cast<int64_t>(corpus.documents[end].text.size());
    }
    std::vector<Encoding> encodings(end - first);
    execution.for_each(end - first, [&](int64_t i, int) {
      const Document& document = corpus.documents[first + i];
      encodings[i] = tokenizer.encode_with_starts(document.text, true);
      check_ids(corpus, document, encodings[i], vocabulary);
      execution.progress.advance(1);
    });
    for (int64_t i = first; i < end; ++i) {
      append(corpus.documents[i], encodings[i - first], limit, stream);
    }
    first = end;
  }
  execution.progress.end();
  return stream;
}

// The window of tokens begin … end−1, of which those from first_counted on are new.
void add_window(const Stream& stream, int64_t begin, int64_t end, int64_t first_counted,
                PackedCorpus& packed) {
  packed.ids.emplace_back(stream.ids.begin() + begin, stream.ids.begin() + end);
  packed.sequences.push_back(
      {.first_counted = first_counted,
       .document = {stream.document.begin() + begin, stream.document.begin() + end}});
  for (int64_t i = begin + first_counted; i < end; ++i) {
    packed.bytes += stream.bytes[i];
    if (i > begin) packed.predicted_bytes += stream.bytes[i];
  }
  packed.facts.tokens += end - begin - first_counted;
}

}  // namespace

PackedCorpus pack(const Corpus& corpus, const Tokenizer& tokenizer, const PackOptions& options,
                  int64_t vocabulary, const Execution& execution) {
  check(options);
  const int64_t stride = options.stride == 0 ? options.sequence_length : options.stride;
  const int64_t limit = options.max_tokens == 0 ? INT64_MAX : options.max_tokens;
  const Stream stream = tokenize(corpus, tokenizer, limit, vocabulary, execution);
  if (stream.size() < 2) {
    fail<FormatError>("{}: expected at least 2 tokens, found {}", corpus.path.string(),
                      stream.size());
  }
  PackedCorpus packed;
  packed.facts = {.name = corpus.name, .path = corpus.path.string(), .sha256 = corpus.sha256};
  int64_t counted = 0;    // tokens before this are in a window
  int64_t windows = 0;    // so far
  int32_t documents = 0;  // whose first token is in a window
  for (int64_t begin = 0; counted < stream.size(); begin += stride) {
    const int64_t end = std::min(begin + options.sequence_length, stream.size());
    if (end - begin < 2) break;
    const int32_t seen = stream.document[end - 1] + 1;
    if (windows % options.shard.count == options.shard.index - 1) {
      add_window(stream, begin, end, counted - begin, packed);
      packed.facts.documents += seen - documents;
    }
    ++windows;
    documents = seen;
    counted = end;
  }
  if (packed.sequences.empty()) {
    fail<UsageError>("shard {}/{}: {} has only {} windows of {} tokens", options.shard.index,
                     options.shard.count, corpus.path.string(), windows, options.sequence_length);
  }
  packed.documents.assign(stream.documents.begin(), stream.documents.begin() + documents);
  return packed;
}

}  // namespace aqua::text
