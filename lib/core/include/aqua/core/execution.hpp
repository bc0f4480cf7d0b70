// What long work is given to run with: worker threads, a place to report progress, a request to
// stop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua {

/// A request to stop, set once (also from a signal handler) and polled by long work.
class CancelToken {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  /// Throws Interrupted when a stop was requested.
  void check() const {
    if (requested()) throw Interrupted();
  }

 private:
  std::atomic<bool> requested_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");
};

/// Where long work says how far it is. Implementations are thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Starts a task of `total` units (0: unknown), e.g. begin("calibrate en", 12345, "tokens").
  virtual void begin(std::string_view task, int64_t total, std::string_view unit) = 0;
  virtual void advance(int64_t units) = 0;
  virtual void end() = 0;
};

/// Reports nothing.
class NoProgress final : public Progress {
 public:
  void begin(std::string_view, int64_t, std::string_view) override {}
  void advance(int64_t) override {}
  void end() override {}
};

/// A fixed set of worker threads. The calling thread is worker 0, so a pool of 1 starts no thread.
class ThreadPool {
 public:
  /// threads >= 1 and no more than the system can start (UsageError).
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Runs body(index, worker) for index in [0, count), handed out in increasing order to whichever
  /// worker is free; returns when all are done. `worker` is in [0, size()) and never runs two
  /// bodies at once, so it can index scratch memory. After a body throws, no new index is handed
  /// out, and the exception of the lowest index is rethrown here. `cancel`, if given, is checked
  /// before each index. Not reentrant: a body must not call for_each on the same pool.
  void for_each(int64_t count, const std::function<void(int64_t index, int worker)>& body,
                const CancelToken* cancel = nullptr);

 private:
  struct Job;
  void work(int worker);
  void stop();
  static void drain(Job& job, int worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  Job* job_ = nullptr;
  uint64_t generation_ = 0;
  int running_ = 0;
  bool stopping_ = false;
};

/// The three together, passed down by reference. Threads are never taken from a global.
struct Execution {
  ThreadPool& pool;
  Progress& progress;
  const CancelToken& cancel;

  void for_each(int64_t count, const std::function<void(int64_t index, int worker)>& body) const {
    pool.for_each(count, body, &cancel);
  }
};

}  // namespace aqua
