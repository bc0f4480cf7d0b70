// The parts that all JSON results share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

using Json = nlohmann::ordered_json;

Json to_json(const CorpusFacts& corpus);
Json to_json(const capture::ModelFacts& model);
/// The options are an object; `corpora` is left to the result, which says what each was used for.
Json to_json(const Provenance& provenance);
/// null when not finite.
Json number(double value);
/// One line with a newline; bytes that are not UTF-8 are replaced, so that the output is valid.
std::string dump_line(const Json& json);

}  // namespace aqua::report
