// The options that several subcommands share, each group a struct that a subcommand's options hold
// as a member, and the function that adds the group to its app.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/text/corpus.hpp"

namespace CLI {
class App;
}

namespace aqua::tools {

/// Cores that this process may use.
int available_threads();

/// --json, --quiet, --config
struct CommonOptions {
  bool json = false;
  bool quiet = false;
  std::string config;     ///< TOML file, empty: none
  std::string command;    ///< set by main: "analyze retention"
  std::string effective;  ///< set by main: the effective options as a JSON object, for provenance
};
void add_common_options(CLI::App& app, CommonOptions& options);

/// --threads, --seed
struct ComputeOptions {
  int threads = available_threads();
  uint64_t seed = 0;
};
void add_compute_options(CLI::App& app, ComputeOptions& options);

/// -m, --compute, --memory-limit, -c, --max-tokens, --sequence-length, --stride, --layers
struct InputOptions {
  std::string model;                 ///< folder, or the name of a bundled model
  std::string compute = "float32";   ///< a name of model::Compute
  int64_t memory_limit = 0;          ///< bytes for hidden states; 0: no limit
  std::vector<std::string> corpora;  ///< NAME=PATH, or the name of a bundled corpus
  int64_t max_tokens = 0;
  int64_t sequence_length = 0;  ///< 0: 512, or the model's limit when that is lower
  int64_t stride = 0;
  std::string layers;         ///< "0,2,5-8"; empty: all
  std::string shard = "1/1";  ///< --shard, where a subcommand has it
};
/// -m and how the model is run: --compute, --memory-limit
void add_model_option(CLI::App& app, InputOptions& options);
/// `default_corpora` are bundled ones.
void add_corpus_options(CLI::App& app, InputOptions& options,
                        std::vector<std::string> default_corpora);
void add_layers_option(CLI::App& app, InputOptions& options);
/// --shard
void add_shard_option(CLI::App& app, InputOptions& options);

/// --site with the names of capture::Site and, if allowed, "both"; `site` holds the default.
void add_site_option(CLI::App& app, std::string& site, bool allow_both);
std::set<capture::Site> sites_of(const std::string& site);

/// --k-ratios and --bootstrap
void add_ratio_option(CLI::App& app, std::vector<double>& k_ratios);
void add_bootstrap_option(CLI::App& app, int64_t& replicates);
/// --pair-queries
void add_pair_queries_option(CLI::App& app, int64_t& pair_queries);
/// --csv FILE|-
void add_csv_option(CLI::App& app, std::string& csv);

/// What can be known to be wrong with these before anything is loaded: k_ratios outside (0, 1], a
/// CSV file that cannot be written, CSV and JSON both on stdout (UsageError, FormatError).
void check_ratios(const std::vector<double>& k_ratios);
void check_csv(const CommonOptions& common, const std::string& csv);

/// What every analysis takes that runs a model over texts for long, besides what it measures.
struct AnalysisOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;
  std::string resume;  ///< folder of finished parts; empty: none
  std::string csv;     ///< file or "-"; empty: none
};
/// --resume, which says what `parts` it keeps.
void add_resume_option(CLI::App& app, std::string& resume, const std::string& parts);
/// --resume, --csv, those of ComputeOptions and of CommonOptions.
void add_analysis_options(CLI::App& app, AnalysisOptions& options, const std::string& parts);

/// -o
void add_output_option(CLI::App& app, std::string& output, const std::string& description);

}  // namespace aqua::tools
