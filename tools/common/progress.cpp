#include "common/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>

#include "aqua/report/numbers.hpp"
#include "aqua/report/text_layout.hpp"

namespace aqua::tools {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Counts, and says at intervals what there is to show. Derived classes only draw.
class CountingProgress : public StagedProgress {
 public:
  explicit CountingProgress(double interval_s) : interval_s_(interval_s) {}

  void set_stage(std::string stage) override {
    const std::lock_guard lock(mutex_);
    stage_ = std::move(stage);
  }
  void begin(std::string_view task, int64_t total, std::string_view unit) override {
    const std::lock_guard lock(mutex_);
    task_ =
        report::printable(stage_.empty() ? std::string(task) : fmt::format("{} {}", stage_, task));
    unit_ = unit;
    total_ = total;
    done_ = 0;
    start_ = drawn_ = Clock::now();
    draw_begin();
  }
  void advance(int64_t units) override {
    const std::lock_guard lock(mutex_);
    done_ += units;
    if (seconds_since(drawn_) < interval_s_) return;
    drawn_ = Clock::now();
    draw();
  }
  void end() override {
    const std::lock_guard lock(mutex_);
    draw_end();
  }

 protected:
  virtual void draw_begin() = 0;
  virtual void draw() = 0;
  virtual void draw_end() = 0;

  const std::string& task() const { return task_; }
  std::string amount() const {
    return total_ > 0 ? fmt::format("{} {}", report::grouped(total_), unit_) : unit_;
  }
  double share() const {
    return total_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_))
                      : 0.0;
  }
  double elapsed() const { return seconds_since(start_); }
  /// "45 %, 1,234 tokens/s, about 12.0 s left"; without a total, what is done and the rate.
  std::string figures() const {
    const double rate = static_cast<double>(done_) / std::max(elapsed(), 1e-3);
    const std::string speed =
        fmt::format("{} {}/s", report::grouped(static_cast<int64_t>(rate)), unit_);
    if (total_ <= 0) return fmt::format("{} {}, {}", report::grouped(done_), unit_, speed);
    std::string text = fmt::format("{:.0f} %, {}", 100.0 * share(), speed);
    if (done_ > 0) {
      text += fmt::format(", about {} left",
                          report::duration(elapsed() * (1.0 - share()) / std::max(share(), 1e-9)));
    }
    return text;
  }

 private:
  const double interval_s_;
  std::mutex mutex_;
  std::string stage_;
  std::string task_;
  std::string unit_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  Clock::time_point start_;
  Clock::time_point drawn_;
};

class LineProgress final : public CountingProgress {
 public:
  LineProgress() : CountingProgress(5.0) {}

 protected:
  void draw_begin() override { fmt::print(stderr, "{}: {}\n", task(), amount()); }
  void draw() override { fmt::print(stderr, "{}: {}\n", task(), figures()); }
  void draw_end() override {
    fmt::print(stderr, "{}: done in {}\n", task(), report::duration(elapsed()));
  }
};

class TerminalProgress final : public CountingProgress {
 public:
  TerminalProgress() : CountingProgress(0.1) {}
  /// A task that failed leaves its line; what is written next must not stand in it.
  ~TerminalProgress() override {
    if (open_) std::fputc('\n', stderr);
  }

 protected:
  void draw_begin() override {
    open_ = true;
    draw();
  }
  void draw() override {
    constexpr int bar_width = 20;
    const int filled = static_cast<int>(share() * bar_width);
    show(fmt::format("{} [{:#<{}}{:.<{}}] {}", task(), "", filled, "", bar_width - filled,
                     figures()),
         fmt::format("{:3.0f} %", 100.0 * share()));
  }
  void draw_end() override {
    const std::string time = fmt::format("done in {}", report::duration(elapsed()));
    show(fmt::format("{}: {}, {}", task(), amount(), time), time);
    std::fputc('\n', stderr);
    open_ = false;
  }

 private:
  static std::size_t columns() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
  }
  /// A line that is too long would wrap and could not be redrawn.
  static void show(const std::string& line, const std::string& shorter) {
    const bool fits = report::display_width(line) <= columns();
    fmt::print(stderr, "\r\x1b[K{}", fits ? line : shorter);
    std::fflush(stderr);
  }

  bool open_ = false;
};

class SilentProgress final : public StagedProgress {
 public:
  void set_stage(std::string) override {}
  void begin(std::string_view, int64_t, std::string_view) override {}
  void advance(int64_t) override {}
  void end() override {}
};

}  // namespace

std::unique_ptr<StagedProgress> make_progress(bool quiet) {
  if (quiet) return std::make_unique<SilentProgress>();
  if (::isatty(STDERR_FILENO) != 0) return std::make_unique<TerminalProgress>();
  return std::make_unique<LineProgress>();
}

}  // namespace aqua::tools
