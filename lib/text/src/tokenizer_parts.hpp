// What the readers of other formats than tokenizer.json give.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "models/model.hpp"

namespace aqua::text {

/// A tokenizer as the tokenizer.json that would do the same, with a model that such a file need not
/// be able to describe.
struct TokenizerParts {
  nlohmann::json document;
  std::unique_ptr<Model> model;  ///< null: the document's
};

}  // namespace aqua::text
