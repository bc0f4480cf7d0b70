#include <algorithm>
#include <map>
#include <mutex>

#include "aqua/store/activations.hpp"
#include "facts.hpp"
#include "output_file.hpp"

namespace aqua::store {
namespace {

using capture::QkEvent;
using capture::Site;

void write_stream(OutputFile& file, const capture::StreamInfo& info,
                  std::span<const int64_t> offsets) {
  file.dataset("/documents", info.documents);
  const std::string group = "/sequences";
  file.group(group);
  file.attribute(group, "corpus_name", info.corpus.name);
  file.attribute(group, "corpus_path", info.corpus.path);
  file.attribute(group, "corpus_sha256", info.corpus.sha256);
  file.attribute(group, "corpus_documents", info.corpus.documents);
  file.attribute(group, "corpus_tokens", info.corpus.tokens);

  std::vector<int32_t> documents;
  std::vector<int64_t> lengths;
  std::vector<int64_t> first_counted;
  for (const SequenceInfo& sequence : info.sequences) {
    documents.insert(documents.end(), sequence.document.begin(), sequence.document.end());
    lengths.push_back(sequence.length());
    first_counted.push_back(sequence.first_counted);
  }
  const std::vector<int64_t> tokens{static_cast<int64_t>(documents.size())};
  const std::vector<int64_t> sequences{static_cast<int64_t>(lengths.size())};
  file.dataset<int32_t>(group + "/document", tokens, documents);
  file.dataset<int64_t>(group + "/offset", sequences, offsets);
  file.dataset<int64_t>(group + "/length", sequences, lengths);
  file.dataset<int64_t>(group + "/first_counted", sequences, first_counted);
}

class Writer final : public ActivationsWriter {
 public:
  Writer(const std::filesystem::path& path, const Provenance& provenance,
         const ActivationsOptions& options)
      : file_(path), provenance_(provenance), options_(options) {
    if (options.sites.empty()) throw UsageError("capture: expected at least one site, found none");
  }

  std::set<Site> sites() const override { return options_.sites; }
  bool wants_values() const override {
    return options_.values && options_.sites.contains(Site::post_rope);
  }

  void begin(const capture::StreamInfo& info) override {
    if (begun_) {
      fail<UsageError>("{}: holds one corpus; found a second one, \"{}\"", file_.path().string(),
                       info.corpus.name);
    }
    begun_ = true;
    heads_ = info.model.heads;
    for (const SequenceInfo& sequence : info.sequences) {
      offsets_.push_back(tokens_);
      tokens_ += sequence.length();
    }
    write_format(file_, activations_format);
    write_model(file_, info.model);
    write_provenance(file_, provenance_);
    write_stream(file_, info, offsets_);
  }

  void begin_layer(LayerIndex layer) override {
    layer_ = {};
    for (const Site site : options_.sites) {
      const std::string group = site_path(layer, site);
      file_.heads_dataset(group + "/q", tokens_, heads_.query_heads, heads_.head_dim);
      file_.heads_dataset(group + "/k", tokens_, heads_.kv_heads, heads_.head_dim);
      if (keeps_values(site)) {
        file_.heads_dataset(group + "/v", tokens_, heads_.kv_heads, heads_.head_dim);
      }
    }
  }

  void consume(const QkEvent& event) override {
    note(event);
    const std::string group = site_path(event.layer, event.site);
    const int64_t first = offsets_.at(static_cast<std::size_t>(event.sequence));
    file_.write_heads(group + "/q", first, event.q);
    file_.write_heads(group + "/k", first, event.k);
    if (keeps_values(event.site)) file_.write_heads(group + "/v", first, event.v);
  }

  void end_layer(LayerIndex layer, const Execution&) override {
    for (const Site site : options_.sites) {
      const auto found = layer_.find(site);
      const int64_t events = found == layer_.end() ? 0 : found->second.events;
      if (std::cmp_not_equal(events, offsets_.size())) {
        throw Error(fmt::format("{}: expected {} events, received {}", site_path(layer, site),
                                offsets_.size(), events));
      }
      if (events > 0) write_rule(site_path(layer, site), found->second.rule);
    }
    ++layers_;
  }

  void commit() override {
    if (layers_ == 0) throw Error("an activations file needs at least one layer");
    file_.commit();
  }

 private:
  /// What the events of one site have said so far.
  struct SiteState {
    LogitRule rule;
    int64_t events = 0;
  };

  bool keeps_values(Site site) const { return options_.values && site == Site::post_rope; }

  /// Checks the event against the layout and the layer's other events, and counts it.
  void note(const QkEvent& event) {
    const auto fits = [&](HeadsView<const float> view, int64_t heads) {
      return view.heads() == heads && view.head_dim() == heads_.head_dim &&
             std::cmp_equal(view.tokens(), event.positions.size());
    };
    if (!fits(event.q, heads_.query_heads) || !fits(event.k, heads_.kv_heads) ||
        (keeps_values(event.site) && !fits(event.v, heads_.kv_heads))) {
      throw Error(fmt::format("{}: an event does not have the declared shape",
                              site_path(event.layer, event.site)));
    }
    const std::lock_guard lock(mutex_);
    SiteState& site = layer_[event.site];
    if (site.events > 0 && site.rule != event.rule) {
      throw Error(fmt::format("{}: events differ in how they make logits",
                              site_path(event.layer, event.site)));
    }
    site.rule = event.rule;
    ++site.events;
  }

  void write_rule(const std::string& group, const LogitRule& rule) {
    const bool limited = rule.window != std::numeric_limits<int64_t>::max();
    file_.attribute(group, "scale", static_cast<double>(rule.scale));
    file_.attribute(group, "softcap", static_cast<double>(rule.softcap.value_or(0.0F)));
    file_.attribute(group, "window", limited ? rule.window : int64_t{0});
  }

  OutputFile file_;
  Provenance provenance_;
  ActivationsOptions options_;
  HeadLayout heads_;
  std::vector<int64_t> offsets_;  // [sequence]
  int64_t tokens_ = 0;
  int64_t layers_ = 0;
  bool begun_ = false;
  std::mutex mutex_;
  std::map<Site, SiteState> layer_;  // of the current layer; guarded by mutex_ while events arrive
};

}  // namespace

std::unique_ptr<ActivationsWriter> make_activations_writer(const std::filesystem::path& path,
                                                           const Provenance& provenance,
                                                           const ActivationsOptions& options) {
  return std::make_unique<Writer>(path, provenance, options);
}

}  // namespace aqua::store
