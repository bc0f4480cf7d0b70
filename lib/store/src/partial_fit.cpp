#include "aqua/store/partial_fit.hpp"

#include <array>
#include <cmath>

#include "facts.hpp"
#include "head_data.hpp"

namespace aqua::store {
namespace {

const std::string hidden_path = "/hidden";
constexpr std::string_view partial_format = "aqua-partial-calibration";

}  // namespace

void write_partial_fit(const std::filesystem::path& path, const PartialFitView& partial) {
  OutputFile file(path);
  write_format(file, partial_format);
  file.attribute(root_group, "fingerprint", partial.fingerprint);
  file.attribute(root_group, "corpus", partial.corpus);
  file.attribute(root_group, "next_layer", int64_t{partial.next_layer.value});
  const ConstMatrixView<float>& hidden = partial.hidden;
  file.attribute(root_group, "tokens", hidden.rows());
  file.attribute(root_group, "hidden_size", hidden.cols());
  file.group("/layers");
  for (const auto& [key, heads] : partial.statistics) {
    std::vector<const projection::HeadStatistics*> pointers;
    for (const projection::HeadStatistics& head : heads) pointers.push_back(&head);
    write_statistics(file, site_path(key.first, key.second), pointers, partial.heads);
  }
  // One row of heads a token: the writer for tokens serves.
  file.heads_dataset(hidden_path, hidden.rows(), 1, hidden.cols());
  file.write_heads(
      hidden_path, 0,
      HeadsView<const float>(hidden.data(), hidden.rows(), 1, hidden.cols(), hidden.stride()));
  file.commit();
}

std::string read_partial_fingerprint(const std::filesystem::path& path) {
  return open_format(path, partial_format).string_attribute(root_group, "fingerprint");
}

PartialFit read_partial_fit(const std::filesystem::path& path, const HeadLayout& heads,
                            int64_t layers) {
  const InputFile file = open_format(path, partial_format);
  PartialFit partial;
  partial.fingerprint = file.string_attribute(root_group, "fingerprint");
  partial.corpus = file.int_attribute(root_group, "corpus");
  const int64_t next = file.int_attribute(root_group, "next_layer");
  if (partial.corpus < 0 || next < 1 || next >= layers) {
    file.fail_at("/@next_layer", "expected a layer from 1 to {}, found {}", layers - 1, next);
  }
  partial.next_layer = {static_cast<int32_t>(next)};
  const int64_t tokens = file.int_attribute(root_group, "tokens");
  const int64_t width = file.int_attribute(root_group, "hidden_size");
  const std::array shape{tokens, int64_t{1}, width};
  file.check<float>(hidden_path, shape);
  partial.hidden = Matrix<float>(tokens, width);
  file.read_rows(hidden_path, 0, tokens,
                 std::span(partial.hidden.data(), static_cast<std::size_t>(partial.hidden.size())));
  if (file.members("/layers").empty()) return partial;
  for (const LayerIndex layer : read_layers(file, layers)) {
    for (const capture::Site site : {capture::Site::pre_rope, capture::Site::post_rope}) {
      const std::string group = site_path(layer, site);
      if (file.has(group)) {
        partial.statistics.emplace(SiteKey{layer, site}, read_statistics(file, group, heads));
      }
    }
  }
  return partial;
}

}  // namespace aqua::store
