// Text on its way to becoming tokens: cut into pieces, some of which are already tokens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aqua::text {

/// A stretch of the current text. Never empty.
struct Piece {
  int64_t begin = 0;
  int64_t end = 0;
  int32_t token = -1;  ///< id, when the piece is an added token; steps leave such pieces alone

  bool is_token() const { return token >= 0; }
};

class Rewriter;

/// The pieces of one text, in order. Remembers for each byte of the current text where in the
/// original text it comes from.
class Pieces {
 public:
  /// One piece holding everything.
  explicit Pieces(std::string_view text);

  const std::string& text() const { return text_; }
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::string_view view(const Piece& piece) const {
    return std::string_view(text_).substr(piece.begin, piece.end - piece.begin);
  }
  /// Byte offset into the original text of the byte at `offset` of the current text.
  int64_t origin(int64_t offset) const { return origin_.empty() ? offset : origin_[offset]; }

  /// Replaces each text piece by parts of it: cut(view, parts) appends parts, with offsets relative
  /// to the piece. Parts that are empty vanish, and so does text in no part.
  template <class Cut>
  void split(const Cut& cut) {
    std::vector<Piece> result;
    result.reserve(pieces_.size());
    std::vector<Piece> parts;
    for (const Piece& piece : pieces_) {
      if (piece.is_token()) {
        result.push_back(piece);
        continue;
      }
      parts.clear();
      cut(view(piece), parts);
      for (const Piece& part : parts) {
        if (part.begin < part.end) {
          result.push_back({piece.begin + part.begin, piece.begin + part.end, part.token});
        }
      }
    }
    pieces_ = std::move(result);
  }

  /// Replaces the text of each text piece: edit(view, rewriter) must account for every byte.
  template <class Edit>
  void rewrite(const Edit& edit);

 private:
  friend class Rewriter;

  std::string text_;
  std::vector<int64_t> origin_;  ///< per byte of text_; empty: text_ is the original
  std::vector<Piece> pieces_;
};

/// Writes the new text of a piece while moving through the old one.
class Rewriter {
 public:
  /// Copies the next `count` bytes.
  void keep(std::size_t count) {
    output_.text_.append(source_.text_, at_, count);
    for (const std::size_t end = at_ + count; at_ < end; ++at_) output_.origin_.push_back(origin());
  }
  /// Puts `text` in the place of the next `count` bytes (0: inserts it). It counts as coming from
  /// the byte `anchor` bytes ahead.
  void replace(std::size_t count, std::string_view text, std::size_t anchor = 0) {
    output_.text_.append(text);
    output_.origin_.insert(output_.origin_.end(), text.size(), origin(anchor));
    at_ += count;
  }
  void drop(std::size_t count) { at_ += count; }
  /// Byte offset into the original text of the byte `ahead` bytes ahead; of the last byte when that
  /// is behind the end.
  int64_t origin(std::size_t ahead = 0) const {
    return source_.origin(std::min(at_ + ahead, source_.text_.size() - 1));
  }

 private:
  friend class Pieces;
  Rewriter(const Pieces& source, Pieces& output) : source_(source), output_(output) {}

  const Pieces& source_;
  Pieces& output_;
  std::size_t at_ = 0;
};

template <class Edit>
void Pieces::rewrite(const Edit& edit) {
  Pieces output{std::string_view()};
  output.text_.reserve(text_.size());
  output.origin_.reserve(text_.size());
  output.pieces_.reserve(pieces_.size());
  Rewriter rewriter(*this, output);
  for (const Piece& piece : pieces_) {
    const auto begin = static_cast<int64_t>(output.text_.size());
    rewriter.at_ = piece.begin;
    if (piece.is_token()) {
      rewriter.keep(piece.end - piece.begin);
    } else {
      edit(view(piece), rewriter);
    }
    const auto end = static_cast<int64_t>(output.text_.size());
    if (begin < end) output.pieces_.push_back({begin, end, piece.token});
  }
  *this = std::move(output);
}

}  // namespace aqua::text
