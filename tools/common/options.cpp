#include "common/options.hpp"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <limits>
#include <thread>

#include "aqua/core/error.hpp"
#include "aqua/model/compute.hpp"
#include "aqua/projection/selection.hpp"
#include "common/command.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

constexpr int max_threads = 1024;
const auto natural = CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max());

/// "500MB" (of 1000 kB) or "2GiB" (of 1024 MiB) to bytes.
CLI::Validator size_value() {
  return {[](std::string& text) {
            std::string bytes = text;
            try {
              if (CLI::AsSizeValue(true)(bytes).empty()) {
                text = bytes;
                return std::string();
              }
            } catch (const CLI::Error&) {  // says what units there are, at length
            }
            return fmt::format("expected a size such as 500MB or 2GiB, found {}", text);
          },
          "SIZE", "size"};
}

}  // namespace

std::string command_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  if (parent == nullptr) return "";
  const std::string before = command_name(*parent);
  return before.empty() ? app.get_name() : before + " " + app.get_name();
}

int available_threads() {
  // glibc counts the cores of the affinity mask.
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, max_threads);
}

void add_common_options(CLI::App& app, CommonOptions& options) {
  app.add_flag("--json", options.json, "write the result as JSON on stdout instead of text");
  app.add_flag("-q,--quiet", options.quiet, "no progress and no notes on stderr, only errors");
  app.add_option("--config", options.config,
                 "take options from this TOML file; what is given on the command line wins")
      ->option_text("FILE");
}

void add_compute_options(CLI::App& app, ComputeOptions& options) {
  app.add_option("--threads", options.threads, "worker threads (default: all available cores)")
      ->option_text("N")
      ->check(CLI::Range(1, max_threads));
  app.add_option("--seed", options.seed, "seed of everything that is drawn at random")
      ->option_text("N")
      ->check(CLI::Range(uint64_t{0}, uint64_t{std::numeric_limits<int64_t>::max()}))
      ->capture_default_str();
}

void add_model_option(CLI::App& app, InputOptions& options) {
  options.model = "aqua-tiny-bilingual";
  app.add_option(
         "-m,--model", options.model,
         "model: a Hugging Face folder (config.json, *.safetensors, tokenizer.json), or the "
         "name of a bundled model")
      ->option_text("MODEL")
      ->capture_default_str();
  app.add_option("--compute", options.compute,
                 "type of the model's products: float32, bfloat16 (about twice as fast where the "
                 "CPU has it, else float32), auto (bfloat16 for a BF16 checkpoint on such a CPU) "
                 "or reference (float32 by OpenBLAS)")
      ->option_text("TYPE")
      ->check(CLI::IsMember(model::compute_names()))
      ->capture_default_str();
  app.add_option("--memory-limit", options.memory_limit,
                 "memory for the hidden states of all tokens, such as 2GB; more than that is kept "
                 "in a temporary file; 0 for no limit")
      ->option_text("SIZE")
      ->transform(size_value())
      ->check(natural)
      ->capture_default_str();
}

void add_corpus_options(CLI::App& app, InputOptions& options,
                        std::vector<std::string> default_corpora) {
  options.corpora = std::move(default_corpora);
  app.add_option("-c,--corpus", options.corpora,
                 "text: NAME=PATH (UTF-8; documents separated by blank lines, or .jsonl with a "
                 "\"text\" in each line), or the name of a bundled corpus; may be repeated")
      ->option_text("NAME[=PATH]")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--max-tokens", options.max_tokens, "tokens to use of each corpus, 0 for all")
      ->option_text("N")
      ->check(natural)
      ->capture_default_str();
  app.add_option("--sequence-length", options.sequence_length,
                 "tokens in one sequence (default: 512, or the model's limit when that is lower)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{2}, std::numeric_limits<int64_t>::max()));
  app.add_option("--stride", options.stride,
                 "tokens from the start of one sequence to that of the next, 0 for the sequence "
                 "length; less makes sequences overlap, and what overlaps is context only")
      ->option_text("N")
      ->check(natural)
      ->capture_default_str();
}

void add_layers_option(CLI::App& app, InputOptions& options) {
  app.add_option("--layers", options.layers,
                 "layers to use, from 0, such as 0,2,5-8 (default: all that there are)")
      ->option_text("LIST");
}

void add_shard_option(CLI::App& app, InputOptions& options) {
  app.add_option("--shard", options.shard,
                 "i/n: take every n-th sequence of each corpus, from the i-th on; aqua merge "
                 "combines the n results into that of the whole")
      ->option_text("I/N")
      ->capture_default_str();
}

void add_site_option(CLI::App& app, std::string& site, bool allow_both) {
  std::vector<std::string> names{"pre_rope", "post_rope"};
  std::string description = "take vectors before or after rotary embedding: pre_rope, post_rope";
  if (allow_both) {
    names.emplace_back("both");
    description += " or both";
  }
  app.add_option("--site", site, description)
      ->option_text("SITE")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
}

std::set<capture::Site> sites_of(const std::string& site) {
  if (site == "both") return {capture::Site::pre_rope, capture::Site::post_rope};
  return {capture::site_from_name(site)};
}

void add_ratio_option(CLI::App& app, std::vector<double>& k_ratios) {
  app.add_option("--k-ratios", k_ratios,
                 "shares of the dimensions to keep, above 0 and up to 1, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
}

void add_bootstrap_option(CLI::App& app, int64_t& replicates) {
  app.add_option("--bootstrap", replicates,
                 "bootstrap replicates for the 95 % intervals, 0 for none")
      ->option_text("N")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}))
      ->capture_default_str();
}

void add_pair_queries_option(CLI::App& app, int64_t& pair_queries) {
  app.add_option("--pair-queries", pair_queries,
                 "query positions sampled in each sequence for what is measured over (query, key) "
                 "pairs, 0 for all")
      ->option_text("N")
      ->check(natural)
      ->capture_default_str();
}

void add_csv_option(CLI::App& app, std::string& csv) {
  app.add_option("--csv", csv, "write all numbers as CSV to FILE, or - for stdout")
      ->option_text("FILE|-");
}

void add_resume_option(CLI::App& app, std::string& resume, const std::string& parts) {
  app.add_option("--resume", resume,
                 "keep finished parts (" + parts +
                     ") in this folder, and take from it what an interrupted run finished")
      ->option_text("DIR");
}

void add_analysis_options(CLI::App& app, AnalysisOptions& options, const std::string& parts) {
  add_resume_option(app, options.resume, parts);
  add_csv_option(app, options.csv);
  add_compute_options(app, options.compute);
  add_common_options(app, options.common);
}

void check_ratios(const std::vector<double>& k_ratios) {
  for (const double ratio : k_ratios) {
    projection::kept_dimensions(ratio, 1);
    if (std::ranges::count(k_ratios, ratio) > 1) {
      fail<UsageError>("--k-ratios: {} is given twice", ratio);
    }
  }
}

void check_csv(const CommonOptions& common, const std::string& csv) {
  if (common.json && csv == "-") {
    fail<UsageError>("--csv - and --json both want standard output; give --csv a file name");
  }
  if (!csv.empty() && csv != "-") require_writable(csv);
}

void add_output_option(CLI::App& app, std::string& output, const std::string& description) {
  app.add_option("-o,--output", output, description)->option_text("FILE");
}

}  // namespace aqua::tools
