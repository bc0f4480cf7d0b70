#include "aqua/report/perplexity.hpp"

#include <fmt/format.h>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "csv.hpp"
#include "provenance_json.hpp"

namespace aqua::report {

std::string perplexity_text(const PerplexityReport& report) {
  std::string out =
      fmt::format("Perplexity of {} with exact attention\n\n", printable(report.model.name));
  Table table({{"corpus", Align::left},
               {"documents", Align::right},
               {"predicted\ntokens", Align::right},
               {"perplexity", Align::right},
               {"bits per\nbyte", Align::right},
               {"nats per\ntoken", Align::right}});
  for (const analysis::PerplexityResult& result : report.corpora) {
    table.add_row({printable(result.corpus.name), grouped(result.corpus.documents),
                   grouped(result.predicted_tokens), fixed(result.perplexity, 3),
                   fixed(result.bits_per_byte, 4), fixed(result.nats_per_token, 4)});
  }
  out += table.render();
  out += "\nWhat the numbers are\n";
  out += wrap(
      "nats per token: mean of -ln p(token | tokens before it in its window), over the predicted "
      "tokens. perplexity: its exponential; comparable only between models with the same "
      "tokenizer. "
      "bits per byte: the total in bits over the UTF-8 bytes of the text; comparable between "
      "tokenizers and languages.",
      80, 2);
  return out;
}

std::string perplexity_json(const PerplexityReport& report) {
  Json corpora = Json::array();
  for (const analysis::PerplexityResult& result : report.corpora) {
    corpora.push_back({{"corpus", to_json(result.corpus)},
                       {"predicted_tokens", result.predicted_tokens},
                       {"nats_per_token", number(result.nats_per_token)},
                       {"perplexity", number(result.perplexity)},
                       {"bits_per_byte", number(result.bits_per_byte)}});
  }
  Json root = {{"schema", "aqua-perplexity"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(report.model);
  root["attention"] = "exact";
  root["corpora"] = std::move(corpora);
  return dump_line(root);
}

std::string perplexity_csv(const PerplexityReport& report) {
  std::string out =
      "corpus,documents,tokens,predicted_tokens,nats_per_token,perplexity,bits_per_byte\n";
  for (const analysis::PerplexityResult& result : report.corpora) {
    out += csv_line({csv_field(result.corpus.name), fmt::format("{}", result.corpus.documents),
                     fmt::format("{}", result.corpus.tokens),
                     fmt::format("{}", result.predicted_tokens), csv_number(result.nats_per_token),
                     csv_number(result.perplexity), csv_number(result.bits_per_byte)});
  }
  return out;
}

}  // namespace aqua::report
