// Which documents of several texts correspond.

#include <algorithm>
#include <set>
#include <unordered_map>

#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"

namespace aqua::analysis {
namespace {

bool is_number(const std::string& id) {
  return !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
}

// Index by id of the documents with counted tokens.
using Ids = std::unordered_map<std::string, int32_t>;

Ids ids_of(const capture::StreamInfo& info, bool with_numbers) {
  std::set<int32_t> counted;
  for (const SequenceInfo& sequence : info.sequences) {
    counted.insert(sequence.document.begin() + sequence.first_counted, sequence.document.end());
  }
  Ids ids;
  for (const int32_t document : counted) {
    const std::string& id = info.documents[document];
    if (with_numbers || !is_number(id)) ids.emplace(id, document);
  }
  return ids;
}

std::size_t shared(const Ids& a, const Ids& b) {
  return std::ranges::count_if(a, [&](const auto& entry) { return b.contains(entry.first); });
}

// The corpora that share at least two ids with the first that shares any.
std::vector<std::size_t> find_group(std::span<const Ids> ids) {
  for (std::size_t a = 0; a < ids.size(); ++a) {
    std::vector<std::size_t> group{a};
    for (std::size_t b = a + 1; b < ids.size(); ++b) {
      if (shared(ids[a], ids[b]) >= 2) group.push_back(b);
    }
    if (group.size() >= 2) return group;
  }
  return {};
}

}  // namespace

Alignment align_documents(std::span<const capture::StreamInfo> corpora,
                          std::span<const std::size_t> among) {
  std::vector<Ids> ids;
  for (const capture::StreamInfo& info : corpora) ids.push_back(ids_of(info, !among.empty()));
  Alignment alignment;
  alignment.corpora.assign(among.begin(), among.end());
  if (among.empty()) alignment.corpora = find_group(ids);
  if (alignment.corpora.size() < 2) return {};

  alignment.documents.resize(alignment.corpora.size());
  // In the order of the first corpus: by its documents' numbers.
  std::vector<std::pair<int32_t, std::string>> order;
  for (const auto& [id, document] : ids[alignment.corpora.front()])
    order.emplace_back(document, id);
  std::ranges::sort(order);
  for (const auto& [document, id] : order) {
    const bool common =
        std::ranges::all_of(alignment.corpora, [&](std::size_t c) { return ids[c].contains(id); });
    if (!common) continue;
    for (std::size_t i = 0; i < alignment.corpora.size(); ++i) {
      alignment.documents[i].push_back(ids[alignment.corpora[i]].at(id));
    }
  }
  if (alignment.documents.front().size() >= 2) return alignment;
  if (among.empty()) return {};
  std::string names;
  for (const std::size_t c : among) {
    names += (names.empty() ? "" : ", ") + corpora[c].corpus.name;
  }
  fail<UsageError>("aligned corpora {}: expected at least 2 documents of the same id, found {}",
                   names, alignment.documents.front().size());
}

}  // namespace aqua::analysis
