// The only place that sees libsentencepiece.
#pragma once

#include <memory>

#include "models/model.hpp"
#include "sentencepiece/model_file.hpp"

namespace aqua::text {

/// Which stretches of text (those between added tokens) get the model's space in front.
enum class PrefixSpace { every_stretch, start_of_text };

/// A model that has libsentencepiece encode each piece of text, normalization included.
/// FormatError, naming `file`, when the library refuses the model.
std::unique_ptr<Model> make_sentencepiece_model(SentencePieceFile model, PrefixSpace prefix,
                                                const std::string& file);

}  // namespace aqua::text
