#include <fmt/format.h>

#include <algorithm>

#include "aqua/report/describe.hpp"
#include "facts.hpp"

namespace aqua::report {
namespace {

Value known(const std::optional<double>& value) { return value ? Value(*value) : Value(); }
Value known(const std::string& text) { return text.empty() ? Value() : Value(text); }

Section choice_section(const projection::Plan& plan) {
  const projection::PlanChoice& choice = plan.choice;
  return {.key = "choice",
          .title = "Choice",
          .facts = {{"basis", "basis", known(choice.basis)},
                    {"selection", "selection", known(choice.selection)},
                    {"objective", "objective", known(choice.objective)},
                    {"method", "method", known(choice.method)},
                    {"budget", "budget (mean k/d)", known(choice.budget)},
                    {"loss_limit", "loss limit", known(choice.loss_limit)},
                    {"loss", "loss on its text", choice.loss},
                    {"kept", "kept dimensions", plan.kept()},
                    {"mean_k_ratio", "mean k/d", plan.mean_k_ratio()}}};
}

Section layers_section(const projection::Plan& plan) {
  Section section{.key = "layers",
                  .title = "Kept dimensions",
                  .columns = {{"layer", "layer"},
                              {"mean_k_ratio", "mean k/d"},
                              {"least", "least k"},
                              {"most", "most k"},
                              {.key = "k",
                               .label = "k by KV head",
                               .align = Align::left,
                               .in_text = plan.heads.kv_heads <= 8}}};
  for (std::size_t layer = 0; layer < plan.k.size(); ++layer) {
    const std::vector<int64_t>& k = plan.k[layer];
    int64_t sum = 0;
    for (const int64_t head : k) sum += head;
    const double all = static_cast<double>(plan.heads.head_dim * plan.heads.kv_heads);
    section.rows.push_back({static_cast<int64_t>(layer), static_cast<double>(sum) / all,
                            *std::ranges::min_element(k), *std::ranges::max_element(k), k});
  }
  return section;
}

}  // namespace

Summary describe_plan(const std::filesystem::path& path, const store::PlanFile& file) {
  return {.schema = "aqua-inspect-plan",
          .title = fmt::format("{}: plan of kept dimensions", printable(path.string())),
          .sections = {model_section(file.model), choice_section(file.plan),
                       layers_section(file.plan), provenance_section(file.provenance),
                       options_section(file.provenance), corpora_section(file.provenance.corpora)}};
}

}  // namespace aqua::report
