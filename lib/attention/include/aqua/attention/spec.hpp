// Attention variants as people write them: NAME[:key=value[,key=value…]][@LAYERS].
//
//   exact                         aqua:k=0.75                  aqua-h2o:k=0.5,recent=0.1,heavy=0.1
//   quant:bits=4,per=channel      aqua:k=0.5@0-3               aqua:plan=plan.json
//
// LAYERS are layers and ranges, from 0, separated by commas; on the others attention is exact.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::attention {

/// A parameter that a variant takes.
struct Parameter {
  enum class Kind {
    ratio,  ///< number in [low, high], in (low, high] when low_open
    whole,  ///< whole number in [low, high]
    word,   ///< one of `words`
    text,   ///< anything, such as a file name
  };
  std::string_view key;
  Kind kind = Kind::ratio;
  double low = 0.0;
  double high = 1.0;
  bool low_open = false;
  std::span<const std::string_view> words = {};
  std::string_view fallback = {};     ///< value when it is not given; empty text: none
  std::string_view description = {};  ///< "fraction of the dimensions used per query"

  /// "above 0 and at most 1", "one of token, channel", …
  std::string range() const;
};

/// A variant and its parameters. Equal specs have equal text.
struct VariantSpec {
  std::string name;
  std::map<std::string, std::string, std::less<>> values;  ///< every parameter, defaults included
  std::vector<LayerIndex> layers;  ///< where it applies, increasing; empty: everywhere
  std::string text;                ///< as written, without spaces around it

  double number(std::string_view key) const;  ///< of a ratio or whole number
  int64_t whole(std::string_view key) const;
  const std::string& word(std::string_view key) const;
  /// Absent when the parameter was not given and has no default.
  std::optional<std::string> given(std::string_view key) const;
  bool applies_to(LayerIndex layer) const;
};

/// UsageError that names the spec and lists what is known: for an unknown name, a key that the
/// variant does not have or that is given twice, a value out of range, layers that are none.
VariantSpec parse_spec(std::string_view text);

/// SPEC[;SPEC…]. UsageError for an empty one.
std::vector<VariantSpec> parse_specs(std::string_view text);

}  // namespace aqua::attention
