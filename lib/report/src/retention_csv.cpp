#include <fmt/format.h>

#include "aqua/report/retention.hpp"
#include "csv.hpp"
#include "estimates.hpp"
#include "retention_index.hpp"

namespace aqua::report {
namespace {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void start(const analysis::RetentionResult& result, const analysis::Setting& setting) {
    setting_ = {csv_field(result.corpus.name), csv_field(setting.basis),
                csv_number(setting.k_ratio),
                setting.plan.empty() ? fmt::format("{}", setting.k) : csv_field(setting.plan),
                std::string(analysis::name(setting.selection))};
  }
  void measure(const analysis::MeasureInfo& info, const analysis::MeasureResult& result,
               const std::vector<LayerIndex>& layers) {
    line(info, "model", "", "", result.model);
    for (std::size_t l = 0; l < result.layers.size(); ++l) {
      line(info, "layer", fmt::format("{}", layers[l].value), "", result.layers[l]);
    }
    for (std::size_t l = 0; l < result.heads.size(); ++l) {
      for (std::size_t h = 0; h < result.heads[l].size(); ++h) {
        line(info, "head", fmt::format("{}", layers[l].value), fmt::format("{}", h),
             {.value = result.heads[l][h], .low = {}, .high = {}});
      }
    }
    line(info, "worst", fmt::format("{}", result.worst_layer.value),
         fmt::format("{}", result.worst_head), {.value = result.worst, .low = {}, .high = {}});
  }

 private:
  void line(const analysis::MeasureInfo& info, std::string level, std::string layer,
            std::string head, const analysis::Estimate& estimate) {
    std::vector<std::string> fields = setting_;
    fields.insert(fields.end(),
                  {std::string(info.key), std::move(level), std::move(layer), std::move(head)});
    const std::vector<std::string> numbers = csv_estimate(estimate);
    fields.insert(fields.end(), numbers.begin(), numbers.end());
    out_ += csv_line(fields);
  }

  std::string& out_;
  std::vector<std::string> setting_;
};

}  // namespace

std::string retention_csv(const RetentionReport& report) {
  std::string out = "corpus,basis,k_ratio,k,selection,measure,level,layer,head,value,low,high\n";
  Writer writer(out);
  for (const analysis::RetentionResult& result : report.corpora) {
    for (std::size_t s = 0; s < result.settings.size(); ++s) {
      writer.start(result, result.settings[s]);
      for (const auto& [measure, value] : result.results[s]) {
        writer.measure(info_of(measure), value, result.layers);
      }
    }
  }
  return out;
}

}  // namespace aqua::report
