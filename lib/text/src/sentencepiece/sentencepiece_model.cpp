#include "sentencepiece/sentencepiece_model.hpp"

#include <sentencepiece_processor.h>

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

class SentencePieceModel final : public Model {
 public:
  SentencePieceModel(SentencePieceFile model, PrefixSpace prefix, const std::string& file)
      : first_(load_processor(model, file)) {
    if (prefix == PrefixSpace::start_of_text && model.add_prefix) {
      SentencePieceFile bare = model;
      bare.add_prefix = false;
      later_ = load_processor(bare, file);
    }
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
        const Processor& processor = piece.begin > 0 && later_ ? *later_ : *first_;
        encode_text(processor, pieces, piece, output);
      }
    }
  }
  std::optional<int32_t> id_of(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  int64_t vocabulary_size() const override { return static_cast<int64_t>(ids_.size()); }

 private:
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

  std::unique_ptr<Processor> first_;  // with the model's own prefix
  std::unique_ptr<Processor> later_;  // without; null: the same
  Vocabulary ids_;
};

}  // namespace

std::unique_ptr<Model> make_sentencepiece_model(SentencePieceFile model, PrefixSpace prefix,
                                                const std::string& file) {
  return std::make_unique<SentencePieceModel>(std::move(model), prefix, file);
}

}  // namespace aqua::text
