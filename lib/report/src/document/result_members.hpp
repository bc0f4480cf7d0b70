// Members that results share, read with messages that name file and key. All of them throw
// FormatError for what is missing or of another type.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/report/document.hpp"
#include "inputs.hpp"

namespace aqua::report::document {

using ResultJson = nlohmann::json;

/// object[key], not copied.
const ResultJson& member(const ResultJson& object, std::string_view key, std::string_view context);
/// The same, which must be a list or an object.
const ResultJson& list_member(const ResultJson& object, std::string_view key,
                              std::string_view context);
const ResultJson& object_member(const ResultJson& object, std::string_view key,
                                std::string_view context);

/// A number; NaN for null, as results write what is not defined.
double number_or_nan(const ResultJson& value, std::string_view context);
double number_member(const ResultJson& object, std::string_view key, std::string_view context);
std::string text_member(const ResultJson& object, std::string_view key, std::string_view context);
int64_t integer_member(const ResultJson& object, std::string_view key, std::string_view context);

/// {"value", "low", "high"} at a place of a cube with intervals.
void put_estimate(Cube& cube, std::size_t at, const ResultJson& estimate, std::string_view context);

struct EstimateNumbers {
  double value, low, high;  ///< NaN for null
};
EstimateNumbers estimate_of(const ResultJson& estimate, std::string_view context);
/// The cell of an estimate.
Cell estimate_cell(const EstimateNumbers& estimate);

/// "corpora"[i]: every item of a list with the context that messages about it start with.
struct ListItem {
  const ResultJson& json;
  std::string context;
};
std::vector<ListItem> items_of(const ResultJson& object, std::string_view key,
                               std::string_view context);

/// Its place in the list, which it joins at the end when it is new.
template <class T>
std::size_t place_of(std::vector<T>& list, const T& item) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == item) return i;
  }
  list.push_back(item);
  return list.size() - 1;
}

/// The model's name; empty when the result does not say.
std::string model_name(const Input& input);
/// "llama, 6 layers, 8 query heads, 4 KV heads, d = 64"
std::string model_text(const Input& input);

/// "en (216 documents, 23,465 tokens)" from the facts of a corpus.
std::string corpus_text(const ResultJson& corpus, std::string_view context);

/// "llama.h5" for the title of one of several sections of the same kind.
std::string file_name(const Input& input);
/// " (llama.h5)" when there are several inputs of a kind, so that titles differ.
std::string title_suffix(const Input& input, std::size_t inputs);
/// An id that is unique for the n-th section of a kind: "heads", "heads-2".
std::string numbered_id(std::string_view id, std::size_t index);

/// One section for each input of that schema; `index` counts them, `suffix` is their title_suffix.
using SectionMaker = Section (*)(const Input& input, std::size_t index, const std::string& suffix);
std::vector<Section> section_of_each(const Inputs& inputs, std::string_view schema,
                                     SectionMaker make);

}  // namespace aqua::report::document
