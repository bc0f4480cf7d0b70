#include "aqua/core/execution.hpp"

#include <limits>
#include <system_error>

namespace aqua {

struct ThreadPool::Job {
  int64_t count = 0;
  const std::function<void(int64_t, int)>* body = nullptr;
  const CancelToken* cancel = nullptr;
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  int64_t failed_index = std::numeric_limits<int64_t>::max();
  std::exception_ptr error;
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 1) fail<UsageError>("threads: expected at least 1, found {}", threads);
  try {
    for (int worker = 1; worker < threads; ++worker) {
      workers_.emplace_back([this, worker] { work(worker); });
    }
  } catch (const std::system_error& error) {
    const std::size_t started = workers_.size() + 1;
    stop();
    fail<UsageError>("threads: expected at most {} on this system, found {} ({})", started, threads,
                     error.what());
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : workers_) thread.join();
}

void ThreadPool::drain(Job& job, int worker) {
  while (!job.failed.load()) {
    const int64_t index = job.next.fetch_add(1);
    if (index >= job.count) return;
    try {
      if (job.cancel != nullptr) job.cancel->check();
      (*job.body)(index, worker);
    } catch (...) {
      job.failed.store(true);
      const std::lock_guard lock(job.mutex);
      if (index < job.failed_index) {
        job.failed_index = index;
        job.error = std::current_exception();
      }
    }
  }
}

void ThreadPool::work(int worker) {
  uint64_t seen = 0;
  while (true) {
    Job* job = nullptr;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      job = job_;
    }
    drain(*job, worker);
    {
      const std::lock_guard lock(mutex_);
      --running_;
    }
    done_.notify_one();
  }
}

void ThreadPool::for_each(int64_t count, const std::function<void(int64_t, int)>& body,
                          const CancelToken* cancel) {
  Job job;
  job.count = count;
  job.body = &body;
  job.cancel = cancel;
  if (!workers_.empty() && count > 1) {
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      ++generation_;
      running_ = static_cast<int>(workers_.size());
    }
    wake_.notify_all();
    drain(job, 0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
    job_ = nullptr;
  } else {
    drain(job, 0);
  }
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace aqua
