#include "sentencepiece/sentencepiece_model.hpp"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "aqua/core/error.hpp"
#include "models/bpe.hpp"

namespace aqua::text {
namespace {

using Processor = sentencepiece::SentencePieceProcessor;

std::unique_ptr<Processor> load_processor(const SentencePieceFile& model, const std::string& file) {
  auto processor = std::make_unique<Processor>();
  const auto status = processor->LoadFromSerializedProto(write_sentencepiece_file(model));
  if (!status.ok()) {
    fail<FormatError>("{}: libsentencepiece refuses the model: {}", file, status.message());
  }
  return processor;
}

constexpr std::string_view kSpace = "\u2581";  // what a space is inside the model

// Whether a text can be cut before a space: no piece goes on with one, and nothing but pieces looks
// across. (Unigram models could be cut, too, but add up probabilities in single precision, so that
// rounding, which settles ties, would depend on the cuts.)
bool can_cut_before_spaces(const SentencePieceFile& model) {
  if (model.kind != SentencePieceFile::Kind::bpe || !model.charsmap.empty() ||
      model.remove_extra_spaces || !model.escape_spaces || model.suffix_spaces) {
    return false;
  }
  bool has_space = false;
  for (const SentencePieceFile::Piece& piece : model.pieces) {
    const std::string_view text = piece.text;
    has_space = has_space || text == kSpace;
    for (std::size_t at = text.find(kSpace); at != text.npos; at = text.find(kSpace, at + 1)) {
      if (at > 0 && !text.substr(0, at).ends_with(kSpace)) return false;
    }
  }
  return has_space;
}

// Bytes up to a place where the text can be cut: the first one at some distance, or the end.
std::size_t stretch_length(std::string_view text) {
  constexpr std::size_t least = 4096;
  for (std::size_t at = text.find(' ', least); at != text.npos; at = text.find(' ', at + 1)) {
    const std::string_view before = text.substr(0, at);
    if (!before.ends_with(' ') && !before.ends_with(kSpace)) return at;
  }
  return text.size();
}

class SentencePieceModel final : public Model {
 public:
  SentencePieceModel(SentencePieceFile model, PrefixSpace prefix, const std::string& file)
      : with_prefix_(load_processor(model, file)),
        every_stretch_(prefix == PrefixSpace::every_stretch),
        cuts_(can_cut_before_spaces(model)) {
    SentencePieceFile bare = model;
    bare.add_prefix = false;
    without_prefix_ = load_processor(bare, file);
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
      ids_.emplace(std::move(model.pieces[id].text), static_cast<int32_t>(id));
    }
  }

  void encode(const Pieces& pieces, Encoding& output) const override {
    for (const Piece& piece : pieces.pieces()) {
      if (piece.is_token()) {
        output.ids.push_back(piece.token);
        output.starts.push_back(pieces.origin(piece.begin));
      } else {
        encode_stretches(pieces, piece, output);
      }
    }
  }
  std::optional<int32_t> id_of(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  int64_t vocabulary_size() const override { return static_cast<int64_t>(ids_.size()); }

 private:
  // The library's time and memory for BPE grow faster than the text, so it gets it in parts.
  void encode_stretches(const Pieces& pieces, const Piece& piece, Encoding& output) const {
    for (int64_t begin = piece.begin; begin < piece.end;) {
      const std::string_view rest = pieces.view({begin, piece.end});
      const auto length = static_cast<int64_t>(cuts_ ? stretch_length(rest) : rest.size());
      const bool prefixed = begin == 0 || (every_stretch_ && begin == piece.begin);
      encode_text(prefixed ? *with_prefix_ : *without_prefix_, pieces, {begin, begin + length},
                  output);
      begin += length;
    }
  }
  static void encode_text(const Processor& processor, const Pieces& pieces, const Piece& piece,
                          Encoding& output) {
    const std::string_view text = pieces.view(piece);
    sentencepiece::ImmutableSentencePieceText result;
    const auto status = processor.Encode({text.data(), text.size()}, result.mutable_proto());
    if (!status.ok()) {
      fail<FormatError>("the text to tokenise: libsentencepiece: {}", status.message());
    }
    for (std::size_t i = 0; i < result.pieces_size(); ++i) {
      const auto found = result.pieces(static_cast<int>(i));
      output.ids.push_back(static_cast<int32_t>(found.id()));
      // What it dropped at the end of the text, its last tokens may begin behind.
      const int64_t last = piece.end - piece.begin - 1;
      output.starts.push_back(
          pieces.origin(piece.begin + std::min(static_cast<int64_t>(found.begin()), last)));
    }
  }

  std::unique_ptr<Processor> with_prefix_;  // as the model has it, perhaps none
  std::unique_ptr<Processor> without_prefix_;
  bool every_stretch_;
  bool cuts_;
  Vocabulary ids_;
};

}  // namespace

std::unique_ptr<Model> make_sentencepiece_model(SentencePieceFile model, PrefixSpace prefix,
                                                const std::string& file) {
  return std::make_unique<SentencePieceModel>(std::move(model), prefix, file);
}

}  // namespace aqua::text
