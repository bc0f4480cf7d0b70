// What the tests of the text module share.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/error.hpp"
#include "json_node.hpp"
#include "pieces.hpp"
#include "step.hpp"
#include "temporary_folder.hpp"

namespace aqua::text::test {

/// The message of the FormatError that `action` throws; fails the test when it throws none.
template <class Action>
std::string format_error(const Action& action) {
  try {
    action();
  } catch (const FormatError& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected a FormatError";
  return {};
}

inline std::vector<std::string> texts(const Pieces& pieces) {
  std::vector<std::string> result;
  for (const Piece& piece : pieces.pieces()) result.emplace_back(pieces.view(piece));
  return result;
}

/// The pieces that a step made by `make` from this JSON leaves of a text.
template <class Make>
std::vector<std::string> apply_step(const Make& make, std::string_view config,
                                    std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(config);
  Pieces pieces(text);
  make(JsonNode(json, "t.json"))->apply(pieces);
  return texts(pieces);
}

/// A tokenizer.json whose model knows the letters a, b, c and ab.
inline nlohmann::json small_tokenizer() {
  return nlohmann::json::parse(R"({
    "version": "1.0",
    "added_tokens": [],
    "normalizer": null,
    "pre_tokenizer": null,
    "post_processor": null,
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges": [["a", "b"]]}
  })");
}

}  // namespace aqua::text::test
