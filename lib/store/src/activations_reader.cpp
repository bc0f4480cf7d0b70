#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "aqua/core/checked.hpp"
#include "aqua/store/activations.hpp"
#include "facts.hpp"
#include "input_file.hpp"

namespace aqua::store {
namespace {

using capture::QkSink;
using capture::Site;

constexpr std::array all_sites{Site::pre_rope, Site::post_rope};

/// A float32 attribute that was stored as float64, at least `low`.
float read_float(const InputFile& file, const std::string& group, const char* name, double low) {
  const double value = file.double_attribute(group, name);
  if (!std::isfinite(static_cast<float>(value)) || value < low) {
    file.fail_at(fmt::format("{}@{}", group, name),
                 "expected a finite number of at least {}, found {}", low, value);
  }
  return static_cast<float>(value);
}

LogitRule read_rule(const InputFile& file, const std::string& group) {
  LogitRule rule;
  rule.scale = read_float(file, group, "scale", 0.0);
  if (const float softcap = read_float(file, group, "softcap", 0.0); softcap != 0.0F) {
    rule.softcap = softcap;
  }
  const int64_t window = file.int_attribute(group, "window");
  if (window < 0) {
    file.fail_at(group + "@window", "expected 0 (unlimited) or more, found {}", window);
  }
  if (window > 0) rule.window = window;
  return rule;
}

capture::StreamInfo read_stream(const InputFile& file) {
  capture::StreamInfo info;
  info.model = read_model(file);
  const std::string group = "/sequences";
  info.corpus = {
      file.string_attribute(group, "corpus_name"), file.string_attribute(group, "corpus_path"),
      file.string_attribute(group, "corpus_sha256"), file.int_attribute(group, "corpus_documents"),
      file.int_attribute(group, "corpus_tokens")};
  info.documents = file.read_strings("/documents", file.length("/documents"));

  const std::string documents_path = group + "/document";
  const int64_t tokens = file.length(documents_path);
  const auto documents = file.read<int32_t>(documents_path, std::array{tokens});
  for (const int32_t document : documents) {
    if (document < 0 || std::cmp_greater_equal(document, info.documents.size())) {
      file.fail_at(documents_path, "expected indices below {}, found {}", info.documents.size(),
                   document);
    }
  }

  const int64_t sequences = file.length(group + "/length");
  const auto lengths = file.read<int64_t>(group + "/length", std::array{sequences});
  const auto offsets = file.read<int64_t>(group + "/offset", std::array{sequences});
  const auto first_counted = file.read<int64_t>(group + "/first_counted", std::array{sequences});
  int64_t offset = 0;
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (offsets[s] != offset) {
      file.fail_at(group + "/offset", "expected {} at {}, found {}", offset, s, offsets[s]);
    }
    if (lengths[s] < 1 || lengths[s] > tokens - offset) {
      file.fail_at(group + "/length", "expected 1 to {} at {}, found {}", tokens - offset, s,
                   lengths[s]);
    }
    if (first_counted[s] < 0 || first_counted[s] > lengths[s]) {
      file.fail_at(group + "/first_counted", "expected 0 to {} at {}, found {}", lengths[s], s,
                   first_counted[s]);
    }
    const auto first = documents.begin() + offset;
    info.sequences.push_back({first_counted[s], {first, first + lengths[s]}});
    offset += lengths[s];
  }
  if (offset != tokens) {
    file.fail_at(documents_path, "expected {} tokens, the sum of the lengths, found {}", offset,
                 tokens);
  }
  return info;
}

class Reader final : public capture::QkSource {
 public:
  explicit Reader(const std::filesystem::path& path)
      : file_(open_format(path, activations_format)), info_(read_stream(file_)) {
    for (const SequenceInfo& sequence : info_.sequences) {
      offsets_.push_back(tokens_);
      tokens_ += sequence.length();
      longest_ = std::max(longest_, sequence.length());
    }
    layers_ = read_layers(file_, info_.model.layers);
    // Every layer must hold what the first one does.
    for (const Site site : all_sites) {
      if (file_.has(site_path(layers_.front(), site))) sites_.insert(site);
    }
    if (sites_.empty()) {
      file_.fail_at(layer_path(layers_.front()), "expected pre_rope or post_rope, found neither");
    }
    values_ = file_.has(site_path(layers_.front(), Site::post_rope) + "/v");
    for (const LayerIndex layer : layers_) check_layer(layer);
  }

  const capture::StreamInfo& info() const override { return info_; }
  std::vector<LayerIndex> layers() const override { return layers_; }

  void run(std::span<QkSink* const> sinks, const Execution& execution) override {
    const Wanted wanted = wanted_by(sinks);
    std::vector<int32_t> positions(static_cast<std::size_t>(longest_));
    std::iota(positions.begin(), positions.end(), 0);
    std::vector<Buffers> workers(static_cast<std::size_t>(execution.pool.size()));

    for (QkSink* sink : sinks) sink->begin(info_);
    execution.progress.begin(fmt::format("replay {}", info_.corpus.name),
                             tokens_ * static_cast<int64_t>(layers_.size()), "tokens");
    for (const LayerIndex layer : layers_) {
      for (QkSink* sink : sinks) sink->begin_layer(layer);
      execution.for_each(static_cast<int64_t>(offsets_.size()), [&](int64_t sequence, int worker) {
        Buffers& buffers = workers[static_cast<std::size_t>(worker)];
        for (const Site site : wanted.sites) {
          emit(layer, site, sequence, wanted, positions, buffers, sinks);
        }
        execution.progress.advance(info_.sequences[static_cast<std::size_t>(sequence)].length());
      });
      for (QkSink* sink : sinks) sink->end_layer(layer, execution);
    }
    execution.progress.end();
    for (QkSink* sink : sinks) sink->end();
  }

 private:
  struct Wanted {
    std::set<Site> sites;
    bool values = false;
  };
  /// One event's vectors; each worker reuses its own.
  struct Buffers {
    std::vector<float> q, k, v;
  };

  void check_layer(LayerIndex layer) {
    const HeadLayout& heads = info_.model.heads;
    for (const Site site : sites_) {
      const std::string group = site_path(layer, site);
      rules_[{layer, site}] = read_rule(file_, group);
      file_.check<float>(group + "/q", std::array{tokens_, heads.query_heads, heads.head_dim});
      const std::array kv_shape{tokens_, heads.kv_heads, heads.head_dim};
      file_.check<float>(group + "/k", kv_shape);
      if (site == Site::post_rope && values_) file_.check<float>(group + "/v", kv_shape);
    }
  }

  Wanted wanted_by(std::span<QkSink* const> sinks) const {
    Wanted wanted;
    for (const QkSink* sink : sinks) {
      const std::set<Site> sites = sink->sites();
      wanted.sites.insert(sites.begin(), sites.end());
      wanted.values |= sink->wants_values() && sites.contains(Site::post_rope);
    }
    for (const Site site : wanted.sites) {
      if (!sites_.contains(site)) {
        fail<UsageError>("{}: holds no {} vectors: capture them with this site", file_.name(),
                         capture::name(site));
      }
    }
    if (wanted.values && !values_) {
      fail<UsageError>("{}: holds no value vectors (v): capture them with values", file_.name());
    }
    return wanted;
  }

  HeadsView<const float> read(const std::string& dataset, int64_t sequence, int64_t heads,
                              std::vector<float>& buffer) const {
    const auto index = static_cast<std::size_t>(sequence);
    const int64_t tokens = info_.sequences[index].length();
    const int64_t dim = info_.model.heads.head_dim;
    buffer.resize(static_cast<std::size_t>(tokens * heads * dim));
    file_.read_rows(dataset, offsets_[index], tokens, buffer);
    const auto odd = std::ranges::find_if_not(buffer, [](float x) { return std::isfinite(x); });
    if (odd != buffer.end()) {
      file_.fail_at(dataset, "expected finite numbers, found {} at token {}", *odd,
                    offsets_[index] + (odd - buffer.begin()) / (heads * dim));
    }
    return {buffer.data(), tokens, heads, dim};
  }

  void emit(LayerIndex layer, Site site, int64_t sequence, const Wanted& wanted,
            std::span<const int32_t> positions, Buffers& buffers,
            std::span<QkSink* const> sinks) const {
    const HeadLayout& heads = info_.model.heads;
    const std::string group = site_path(layer, site);
    capture::QkEvent event;
    event.layer = layer;
    event.site = site;
    event.sequence = sequence;
    event.rule = rules_.at({layer, site});
    event.q = read(group + "/q", sequence, heads.query_heads, buffers.q);
    event.k = read(group + "/k", sequence, heads.kv_heads, buffers.k);
    if (site == Site::post_rope && wanted.values) {
      event.v = read(group + "/v", sequence, heads.kv_heads, buffers.v);
    }
    event.positions = positions.first(static_cast<std::size_t>(event.q.tokens()));
    for (QkSink* sink : sinks) {
      if (sink->sites().contains(site)) sink->consume(event);
    }
  }

  InputFile file_;
  capture::StreamInfo info_;
  std::vector<LayerIndex> layers_;
  std::set<Site> sites_;
  bool values_ = false;
  std::map<std::pair<LayerIndex, Site>, LogitRule> rules_;
  std::vector<int64_t> offsets_;  // [sequence]
  int64_t tokens_ = 0;
  int64_t longest_ = 0;
};

}  // namespace

std::unique_ptr<capture::QkSource> open_activations(const std::filesystem::path& path) {
  return std::make_unique<Reader>(path);
}

Provenance read_activations_provenance(const std::filesystem::path& path) {
  return read_provenance(open_format(path, activations_format));
}

bool is_activations(const std::filesystem::path& path) {
  return has_format(path, activations_format);
}

}  // namespace aqua::store
