#include "commands/report.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <deque>
#include <filesystem>

#include "aqua/core/atomic_file.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/document.hpp"
#include "aqua/report/summary.hpp"
#include "common/interrupt.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

/// "html" or "md".
std::string chosen_format(const ReportCommandOptions& options) {
  if (options.format.empty()) {
    const fs::path extension = fs::path(options.output).extension();
    if (options.output.empty() || extension == ".html" || extension == ".htm") return "html";
    if (extension == ".md") return "md";
    fail<UsageError>("{}: no report format has this extension; choose html or md with --format",
                     options.output);
  }
  if (options.format == "html" || options.format == "md") return options.format;
  fail<UsageError>("--format: \"{}\" is not one of html, md", options.format);
}

void refuse_replacing_inputs(const ReportCommandOptions& options, const fs::path& output) {
  for (const std::string& input : options.inputs) {
    std::error_code error;
    if (fs::equivalent(input, output, error)) {
      fail<UsageError>("{}: the report would replace an input; choose another --output",
                       output.string());
    }
  }
}

/// All under temporary names first, so that the report appears with its pictures or not at all.
void write_all(const std::vector<std::pair<fs::path, std::string>>& files) {
  std::deque<AtomicFile> open;
  for (const auto& [path, text] : files) open.emplace_back(path).write(text);
  for (AtomicFile& file : open) file.commit();
}

/// The pictures' folder is made for them and does not outlive a failure when it is new.
int64_t write_markdown(const fs::path& output, const report::document::Document& document) {
  const std::string folder = output.stem().string() + "_assets";
  const fs::path pictures = output.parent_path() / folder;
  const report::document::Markdown markdown = to_markdown(document, folder);
  std::vector<std::pair<fs::path, std::string>> files;
  for (const auto& [name, svg] : markdown.pictures) files.emplace_back(pictures / name, svg);
  files.emplace_back(output, markdown.text);
  std::error_code error;
  const bool is_new = !files.empty() && fs::create_directory(pictures, error);
  if (error && !fs::is_directory(pictures)) {
    fail<FormatError>("{}: cannot be made: {}", pictures.string(), error.message());
  }
  try {
    write_all(files);
  } catch (...) {
    if (is_new) fs::remove(pictures, error);
    throw;
  }
  return static_cast<int64_t>(markdown.pictures.size());
}

}  // namespace

Command setup_report(CLI::App& parent) {
  auto options = std::make_shared<ReportCommandOptions>();
  CLI::App* app = parent.add_subcommand(
      "report", "Write a page with charts and tables from calibrations and results");
  app->add_option("inputs", options->inputs,
                  "calibration files, and results as aqua analyze ... --json prints them")
      ->option_text("CAL_OR_RESULT ...")
      ->required();
  app->add_option("-o,--output", options->output,
                  "file to write (default: report.html or report.md in the current folder)")
      ->option_text("FILE");
  app->add_option("--format", options->format,
                  "html: one page that needs no other file and no network; md: Markdown with SVG "
                  "pictures in FILE_assets/ (default: by the extension of --output, else html)")
      ->option_text("FORMAT");
  app->add_option("--title", options->title, "title (default: from the models' names)")
      ->option_text("TEXT");
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua analyze retention llama.aqua.h5 -m models/llama --json > retention.json\n"
      "  aqua report llama.aqua.h5 retention.json -o report.html");
  return {app, &options->common, [options] { run_report(*options); }};
}

void run_report(const ReportCommandOptions& options) {
  const std::string format = chosen_format(options);
  const fs::path output =
      options.output.empty() ? fs::path("report." + format) : fs::path(options.output);
  refuse_replacing_inputs(options, output);
  require_writable(output);
  const std::vector<fs::path> inputs(options.inputs.begin(), options.inputs.end());
  const report::document::Document document =
      report::document::build_document(inputs, {.title = options.title}, interrupt_token());
  int64_t pictures = 0;
  if (format == "md") {
    pictures = write_markdown(output, document);
  } else {
    write_text(output, to_html(document));
  }

  std::vector<std::string> sections;
  for (const report::document::Section& section : document.sections) {
    sections.push_back(section.title);
  }
  report::Summary result{
      .schema = "aqua-report",
      .title = document.title,
      .sections = {{.key = "output",
                    .title = "",
                    .facts = {{"file", "report", output.string()},
                              {"bytes", "size", static_cast<int64_t>(fs::file_size(output)),
                               report::Style::bytes},
                              {"format", "format", format},
                              {"pictures", "pictures beside it", pictures},
                              {"sections", "sections", sections}}}}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools
