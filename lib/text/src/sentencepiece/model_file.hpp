// SentencePiece's model file, a serialized ModelProto (sentencepiece_model.proto): what of it
// matters for encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::text {

struct SentencePieceFile {
  /// Values of ModelProto.SentencePiece.Type, except for the first one all as in GGUF's token
  /// types.
  enum class Type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
  enum class Kind { unigram = 1, bpe = 2 };
  struct Piece {
    std::string text;
    float score = 0;
    Type type = Type::normal;
  };

  std::vector<Piece> pieces;  ///< by id
  Kind kind = Kind::unigram;
  bool byte_fallback = false;
  bool suffix_spaces = false;  ///< "treat_whitespace_as_suffix"
  std::string charsmap;        ///< normalization, see CharacterMap; empty: none
  bool add_prefix = true;      ///< "add_dummy_prefix": a space before the text
  bool remove_extra_spaces = true;
  bool escape_spaces = true;
  std::string begin_piece = "<s>";
  std::string end_piece = "</s>";

  /// The id of the piece, −1: none has this text.
  int64_t id_of(std::string_view text) const;
};

/// Reads and checks a file, which messages call `file`. FormatError when it is malformed, or when
/// libsentencepiece could not be trusted with it: it takes a model at its word, and stops the
/// program or reads beyond its tables when that is wrong.
SentencePieceFile read_sentencepiece_file(std::string_view bytes, const std::string& file);

/// The serialized ModelProto with nothing but these settings.
std::string write_sentencepiece_file(const SentencePieceFile& file);

}  // namespace aqua::text
