#include "sentencepiece/model_file.hpp"

#include <bit>
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "aqua/core/error.hpp"
#include "sentencepiece/wire.hpp"
#include "unicode/character_map.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

using FieldKind = WireField::Kind;

// Numbers of fields.
enum ModelField : uint32_t { kPieces = 1, kTrainer = 2, kNormalizer = 3 };
enum PieceField : uint32_t { kText = 1, kScore = 2, kType = 3 };
enum TrainerField : uint32_t {
  kModelType = 3,
  kSuffixSpaces = 24,
  kByteFallback = 35,
  kBeginPiece = 46,
  kEndPiece = 47,
};
enum NormalizerField : uint32_t {
  kName = 1,
  kCharsmap = 2,
  kAddPrefix = 3,
  kRemoveExtraSpaces = 4,
  kEscapeSpaces = 5,
};

// A field of the kind that its number stands for.
const WireField& expect(const WireField& field, FieldKind kind, const std::string& context) {
  if (field.kind != kind) {
    fail<FormatError>("{}: field {} is of another type than a SentencePiece model's", context,
                      field.number);
  }
  return field;
}

SentencePieceFile::Piece read_piece(std::string_view message, const std::string& context) {
  SentencePieceFile::Piece piece;
  WireReader reader(message, context);
  while (const auto field = reader.next()) {
    if (field->number == kText) {
      piece.text = expect(*field, FieldKind::bytes, context).bytes;
    } else if (field->number == kScore) {
      piece.score = std::bit_cast<float>(
          static_cast<uint32_t>(expect(*field, FieldKind::fixed32, context).value));
    } else if (field->number == kType) {
      const uint64_t type = expect(*field, FieldKind::varint, context).value;
      if (type < 1 || type > 6) {
        fail<FormatError>("{}: expected a type from 1 to 6, found {}", context, type);
      }
      piece.type = static_cast<SentencePieceFile::Type>(type);
    }
  }
  if (piece.text.empty()) fail<FormatError>("{}: expected a text that is not empty", context);
  if (const auto invalid = find_invalid_utf8(piece.text)) {
    fail<FormatError>("{}: not valid UTF-8 at byte {}", context, *invalid);
  }
  if (piece.text.find('\0') != std::string::npos) {
    fail<FormatError>("{}: expected a text without zero bytes", context);
  }
  if (!std::isfinite(piece.score)) {
    fail<FormatError>("{}: expected a finite score, found {}", context, piece.score);
  }
  return piece;
}

void read_trainer(std::string_view message, const std::string& context, SentencePieceFile& file) {
  WireReader reader(message, context);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case kModelType: {
        const uint64_t type = expect(*field, FieldKind::varint, context).value;
        if (type != 1 && type != 2) {
          fail<FormatError>("{}: expected model_type 1 (unigram) or 2 (BPE), found {}", context,
                            type);
        }
        file.kind = static_cast<SentencePieceFile::Kind>(type);
        break;
      }
      case kSuffixSpaces:
        file.suffix_spaces = expect(*field, FieldKind::varint, context).value != 0;
        break;
      case kByteFallback:
        file.byte_fallback = expect(*field, FieldKind::varint, context).value != 0;
        break;
      case kBeginPiece:
        file.begin_piece = expect(*field, FieldKind::bytes, context).bytes;
        break;
      case kEndPiece:
        file.end_piece = expect(*field, FieldKind::bytes, context).bytes;
        break;
      default:
        break;
    }
  }
}

void read_normalizer(std::string_view message, const std::string& context,
                     SentencePieceFile& file) {
  WireReader reader(message, context);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case kCharsmap:
        file.charsmap = expect(*field, FieldKind::bytes, context).bytes;
        break;
      case kAddPrefix:
        file.add_prefix = expect(*field, FieldKind::varint, context).value != 0;
        break;
      case kRemoveExtraSpaces:
        file.remove_extra_spaces = expect(*field, FieldKind::varint, context).value != 0;
        break;
      case kEscapeSpaces:
        file.escape_spaces = expect(*field, FieldKind::varint, context).value != 0;
        break;
      default:
        break;
    }
  }
}

void check_pieces(const SentencePieceFile& file, const std::string& name) {
  std::unordered_set<std::string_view> known;
  int64_t unknown = 0, bytes = 0, ordinary = 0;
  for (std::size_t id = 0; id < file.pieces.size(); ++id) {
    const SentencePieceFile::Piece& piece = file.pieces[id];
    if (!known.insert(piece.text).second) {
      fail<FormatError>("{}: piece {} appears twice: \"{}\"", name, id, piece.text);
    }
    using Type = SentencePieceFile::Type;
    if (piece.type == Type::unknown) ++unknown;
    if (piece.type == Type::byte) {
      if (++bytes; piece.text != fmt::format("<0x{:02X}>", bytes - 1)) {
        fail<FormatError>("{}: piece {}: expected the byte piece <0x{:02X}>, found \"{}\"", name,
                          id, bytes - 1, piece.text);
      }
    }
    if (piece.type == Type::normal || piece.type == Type::user_defined) ++ordinary;
  }
  if (unknown != 1) {
    fail<FormatError>("{}: expected one piece of type unknown, found {}", name, unknown);
  }
  if (bytes != (file.byte_fallback ? 256 : 0)) {
    fail<FormatError>("{}: expected {} byte pieces {} byte_fallback, found {}", name,
                      file.byte_fallback ? 256 : 0, file.byte_fallback ? "with" : "without", bytes);
  }
  if (ordinary == 0) fail<FormatError>("{}: expected a piece of type normal, found none", name);
}

}  // namespace

int64_t SentencePieceFile::id_of(std::string_view text) const {
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    if (pieces[id].text == text) return static_cast<int64_t>(id);
  }
  return -1;
}

SentencePieceFile read_sentencepiece_file(std::string_view bytes, const std::string& file) {
  SentencePieceFile result;
  WireReader reader(bytes, file + ": not a SentencePiece model");
  while (const auto field = reader.next()) {
    if (field->number < kPieces || field->number > kNormalizer) continue;
    const std::string where = fmt::format("{}: not a SentencePiece model", file);
    expect(*field, FieldKind::bytes, where);
    if (field->number == kPieces) {
      result.pieces.push_back(
          read_piece(field->bytes, fmt::format("{}: piece {}", file, result.pieces.size())));
    } else if (field->number == kTrainer) {
      read_trainer(field->bytes, file + ": trainer_spec", result);
    } else {
      read_normalizer(field->bytes, file + ": normalizer_spec", result);
    }
  }
  check_pieces(result, file);
  if (!result.charsmap.empty()) {
    CharacterMap(result.charsmap, file + ": normalizer_spec.precompiled_charsmap");
  }
  return result;
}

std::string write_sentencepiece_file(const SentencePieceFile& file) {
  std::string model;
  std::string part;
  for (const SentencePieceFile::Piece& piece : file.pieces) {
    part.clear();
    append_bytes_field(part, kText, piece.text);
    append_float_field(part, kScore, piece.score);
    append_varint_field(part, kType, static_cast<uint64_t>(piece.type));
    append_bytes_field(model, kPieces, part);
  }
  part.clear();
  append_varint_field(part, kModelType, static_cast<uint64_t>(file.kind));
  append_varint_field(part, kSuffixSpaces, file.suffix_spaces ? 1 : 0);
  append_varint_field(part, kByteFallback, file.byte_fallback ? 1 : 0);
  append_bytes_field(part, kBeginPiece, file.begin_piece);
  append_bytes_field(part, kEndPiece, file.end_piece);
  append_bytes_field(model, kTrainer, part);
  part.clear();
  append_bytes_field(part, kName, file.charsmap.empty() ? "identity" : "user_defined");
  append_bytes_field(part, kCharsmap, file.charsmap);
  append_varint_field(part, kAddPrefix, file.add_prefix ? 1 : 0);
  append_varint_field(part, kRemoveExtraSpaces, file.remove_extra_spaces ? 1 : 0);
  append_varint_field(part, kEscapeSpaces, file.escape_spaces ? 1 : 0);
  append_bytes_field(model, kNormalizer, part);
  return model;
}

}  // namespace aqua::text
