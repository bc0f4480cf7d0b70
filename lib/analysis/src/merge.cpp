#include "aqua/analysis/merge.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "aqua/analysis/fit.hpp"
#include "aqua/core/checked.hpp"

namespace aqua::analysis {
namespace {

std::string sites_text(const store::Calibration& calibration) {
  std::string text;
  for (const capture::Site site : {capture::Site::pre_rope, capture::Site::post_rope}) {
    std::vector<int32_t> layers;
    for (const auto& [key, heads] : calibration.heads) {
      if (key.second == site) layers.push_back(key.first.value);
    }
    if (layers.empty()) continue;
    text += fmt::format("{}{} of layers {}", text.empty() ? "" : "; ", capture::name(site),
                        fmt::join(layers, ", "));
  }
  return text;
}

bool equal_factors(const projection::RFactor& a, const projection::RFactor& b) {
  const auto bytes = static_cast<std::size_t>(a.dim() * a.dim()) * sizeof(double);
  return a.count() == b.count() && std::memcmp(a.r().data(), b.r().data(), bytes) == 0;
}

bool equal_statistics(const store::Calibration& a, const store::Calibration& b) {
  for (const auto& [key, heads] : a.heads) {
    const auto& others = b.heads.at(key);
    for (std::size_t h = 0; h < heads.size(); ++h) {
      if (!equal_factors(heads[h].statistics.query, others[h].statistics.query) ||
          !equal_factors(heads[h].statistics.key, others[h].statistics.key)) {
        return false;
      }
    }
  }
  return true;
}

void check_parts(const std::vector<NamedCalibration>& parts) {
  if (parts.size() < 2)
    fail<UsageError>("expected at least two calibrations to merge, found {}", parts.size());
  const NamedCalibration& first = parts.front();
  const auto keys = [](const store::Calibration& calibration) {
    std::vector<store::SiteKey> result;
    for (const auto& [key, heads] : calibration.heads) result.push_back(key);
    return result;
  };
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto& [file, calibration] = parts[i];
    if (keys(calibration) != keys(first.calibration)) {
      fail<UsageError>("{}: expected the layers and sites of {} ({}), found {}", file, first.file,
                       sites_text(first.calibration), sites_text(calibration));
    }
    if (calibration.model.rope_layout != first.calibration.model.rope_layout) {
      fail<UsageError>("{}: expected the rotary layout of {}, {}, found {}", file, first.file,
                       capture::name(first.calibration.model.rope_layout),
                       capture::name(calibration.model.rope_layout));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (equal_statistics(parts[j].calibration, calibration)) {
        fail<UsageError>("{} and {} hold the same statistics: their text would count twice",
                         parts[j].file, file);
      }
    }
  }
}

void add_corpus(std::vector<CorpusFacts>& corpora, const CorpusFacts& corpus,
                const std::string& file) {
  const auto same = std::ranges::find_if(corpora, [&](const CorpusFacts& other) {
    return other.name == corpus.name && other.sha256 == corpus.sha256;
  });
  if (same == corpora.end()) {
    corpora.push_back(corpus);
    return;
  }
  same->documents = checked_add(same->documents, corpus.documents, file);
  same->tokens = checked_add(same->tokens, corpus.tokens, file);
}

}  // namespace

store::Calibration merge(std::vector<NamedCalibration> parts, Provenance provenance,
                         const Execution& execution) {
  check_parts(parts);
  std::map<store::SiteKey, std::vector<projection::HeadStatistics>> total;
  provenance.corpora.clear();
  for (NamedCalibration& part : parts) {
    for (const CorpusFacts& corpus : part.calibration.provenance.corpora) {
      add_corpus(provenance.corpora, corpus, part.file);
    }
    for (auto& [key, heads] : part.calibration.heads) {
      auto& sum = total[key];
      for (std::size_t h = 0; h < heads.size(); ++h) {
        if (h == sum.size()) sum.emplace_back(heads[h].aqua.dim());
        const projection::HeadStatistics& statistics = heads[h].statistics;
        checked_add(sum[h].query.count(), statistics.query.count(), part.file);
        checked_add(sum[h].key.count(), statistics.key.count(), part.file);
        sum[h].merge(statistics);
      }
    }
  }
  return {.model = parts.front().calibration.model,
          .provenance = std::move(provenance),
          .heads = solve(std::move(total), execution)};
}

}  // namespace aqua::analysis
