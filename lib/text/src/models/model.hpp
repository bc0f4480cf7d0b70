// Models: what turns the words of a text into tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/text/tokenizer.hpp"
#include "json_node.hpp"
#include "pieces.hpp"

namespace aqua::text {

/// Implementations are immutable and safe to use from several threads.
class Model {
 public:
  virtual ~Model() = default;
  /// Appends the tokens of all pieces; those that are tokens already as they are.
  virtual void encode(const Pieces& pieces, Encoding& output) const = 0;
  virtual std::optional<int32_t> id_of(std::string_view token) const = 0;
  /// Number of tokens; ids are 0 … size − 1.
  virtual int64_t vocabulary_size() const = 0;
};

/// The model that `config` describes; FormatError when it is malformed or not supported.
std::unique_ptr<Model> make_model(const JsonNode& config);
/// The types that it knows.
std::vector<std::string> model_types();

std::unique_ptr<Model> make_bpe(const JsonNode& config);
std::unique_ptr<Model> make_unigram(const JsonNode& config);

}  // namespace aqua::text
