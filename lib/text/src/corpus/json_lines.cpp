#include <fmt/format.h>

#include <unordered_map>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "corpus/lines.hpp"
#include "corpus/readers.hpp"

namespace aqua::text {
namespace {

std::string read_id(const nlohmann::json& record, const std::string& where, int64_t number) {
  const auto id = record.find("id");
  if (id == record.end() || id->is_null()) return fmt::to_string(number);
  if (id->is_string()) return id->get<std::string>();
  if (id->is_number_integer()) return id->dump();
  fail<FormatError>("{}: \"id\": expected a string or an integer, found {}", where,
                    formats::json_excerpt(*id));
}

}  // namespace

std::vector<Document> read_json_lines(std::string_view text, const std::string& path,
                                      const CancelToken& cancel) {
  std::vector<Document> documents;
  std::unordered_map<std::string, int64_t> line_of_id;
  int64_t count = 0;
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (is_blank(line->text)) continue;
    cancel.check();
    ++count;
    const std::string where = fmt::format("{}: line {}", path, line->number);
    const nlohmann::json record = formats::parse_json(line->text, where);
    auto content = formats::json_value<std::string>(record, "text", where);
    auto id = read_id(record, where, count);
    const auto [earlier, is_new] = line_of_id.emplace(id, line->number);
    if (!is_new) {
      fail<FormatError>("{}: the id \"{}\" appeared in line {} already", where, id,
                        earlier->second);
    }
    if (!is_white_space_only(content)) documents.push_back({std::move(id), std::move(content)});
  }
  return documents;
}

}  // namespace aqua::text
