#include <fmt/format.h>

#include "aqua/report/describe.hpp"
#include "facts.hpp"

namespace aqua::report {

Summary describe_activations(const std::filesystem::path& path, const capture::QkSource& source,
                             const Provenance& provenance) {
  const capture::StreamInfo& info = source.info();
  int64_t tokens = 0;
  int64_t longest = 0;
  for (const SequenceInfo& sequence : info.sequences) {
    tokens += sequence.length();
    longest = std::max(longest, sequence.length());
  }
  std::vector<int64_t> layers;
  for (const LayerIndex layer : source.layers()) layers.push_back(layer.value);
  Section content{.key = "content",
                  .title = "Content",
                  .facts = {{"layers", "layers", layers},
                            {"sequences", "sequences", static_cast<int64_t>(info.sequences.size())},
                            {"longest_sequence", "longest sequence", longest},
                            {"stored_tokens", "stored tokens", tokens},
                            {"counted_tokens", "counted tokens", info.corpus.tokens},
                            {"documents", "documents", info.corpus.documents}}};
  return {
      .schema = "aqua-inspect-activations",
      .title = fmt::format("{}: captured activations", printable(path.string())),
      .sections = {std::move(content), model_section(info.model), provenance_section(provenance),
                   options_section(provenance), corpora_section({&info.corpus, 1})}};
}

}  // namespace aqua::report
