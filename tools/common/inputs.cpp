#include "common/inputs.hpp"

#include <fmt/format.h>

#include <set>

#include "aqua/core/error.hpp"
#include "common/data_folder.hpp"

namespace aqua::tools {
namespace {

std::string names_of(const std::map<std::string, std::filesystem::path>& bundled) {
  std::string names;
  for (const auto& [name, path] : bundled) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? fmt::format("none in {}", data_folder().string()) : names;
}

NamedPath resolve_corpus(const std::string& request) {
  const std::size_t equals = request.find('=');
  if (equals == std::string::npos) {
    const auto bundled = bundled_corpora();
    const auto found = bundled.find(request);
    if (found == bundled.end()) {
      fail<UsageError>(
          "--corpus: \"{}\" is not a bundled corpus ({}); a file is given as NAME=PATH", request,
          names_of(bundled));
    }
    return {request, found->second};
  }
  NamedPath corpus{request.substr(0, equals), request.substr(equals + 1)};
  if (corpus.name.empty() || corpus.path.empty()) {
    fail<UsageError>("--corpus: expected NAME=PATH, found \"{}\"", request);
  }
  return corpus;
}

}  // namespace

std::vector<NamedPath> resolve_corpora(std::span<const std::string> requests) {
  std::vector<NamedPath> corpora;
  std::set<std::string> names;
  for (const std::string& request : requests) {
    corpora.push_back(resolve_corpus(request));
    if (!names.insert(corpora.back().name).second) {
      fail<UsageError>(
          "--corpus: the name \"{}\" is used twice; names label results, so give each "
          "corpus its own",
          corpora.back().name);
    }
  }
  return corpora;
}

std::filesystem::path resolve_model(const std::string& request) {
  if (!std::filesystem::exists(request)) {
    const auto bundled = bundled_models();
    if (const auto found = bundled.find(request); found != bundled.end()) return found->second;
    if (request.find('/') == std::string::npos) {
      fail<FormatError>("{}: there is no such model folder, nor a bundled model of that name ({})",
                        request, names_of(bundled));
    }
  }
  return request;
}

std::filesystem::path default_output(const std::string& model_request, const std::string& suffix) {
  std::filesystem::path folder =
      std::filesystem::absolute(resolve_model(model_request)).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "model/"
  return folder.filename().string() + suffix;
}

}  // namespace aqua::tools
