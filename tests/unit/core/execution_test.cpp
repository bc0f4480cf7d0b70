#include "aqua/core/execution.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <fstream>
#include <numeric>

namespace aqua {
namespace {

using testing::MatchesRegex;
using testing::StrEq;
using testing::ThrowsMessage;

class Pools : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, Pools, testing::Values(1, 2, 5));

TEST_P(Pools, RunEveryIndexOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.size(), GetParam());
  for (const int64_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
    pool.for_each(count, [&](int64_t i, int) { ++runs[static_cast<std::size_t>(i)]; });
    for (const auto& run : runs) EXPECT_EQ(run.load(), 1);
  }
}

TEST_P(Pools, GiveAWorkerOneBodyAtATime) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> busy(static_cast<std::size_t>(GetParam()));
  std::atomic<bool> clash{false};
  pool.for_each(2000, [&](int64_t, int worker) {
    auto& mine = busy.at(static_cast<std::size_t>(worker));
    if (mine.fetch_add(1) != 0) clash = true;
    mine.fetch_sub(1);
  });
  EXPECT_FALSE(clash);
}

TEST_P(Pools, SeeWhatTheirBodiesWrote) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> plain(50,
                               -1);  // not atomic: for_each must order the writes before its return
    pool.for_each(50, [&](int64_t i, int) { plain[static_cast<std::size_t>(i)] = i; });
    EXPECT_EQ(std::accumulate(plain.begin(), plain.end(), int64_t{0}), 49 * 50 / 2);
  }
}

TEST_P(Pools, RethrowTheExceptionOfTheLowestIndex) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 50; ++round) {
    std::atomic<int64_t> ran{0};
    // Indices are handed out in order, so 10 is always started before any later one can fail.
    EXPECT_THAT(
        [&] {
          pool.for_each(100000, [&](int64_t i, int) {
            ++ran;
            if (i >= 10) fail<NumericalError>("index {}", i);
          });
        },
        ThrowsMessage<NumericalError>(StrEq("index 10")));
    EXPECT_LE(ran.load(), 11 + GetParam());  // nothing new starts after a failure
  }
  int64_t after = 0;
  pool.for_each(1, [&](int64_t, int) { ++after; });
  EXPECT_EQ(after, 1) << "a pool works on after an exception";
}

TEST_P(Pools, StopWhenCancelled) {
  ThreadPool pool(GetParam());
  CancelToken cancel;
  std::atomic<int64_t> ran{0};
  EXPECT_THAT(
      [&] {
        pool.for_each(
            100000,
            [&](int64_t i, int) {
              ++ran;
              if (i == 5) cancel.request();
            },
            &cancel);
      },
      ThrowsMessage<Interrupted>(StrEq("interrupted")));
  EXPECT_LT(ran.load(), 100000);
}

TEST(ThreadPool, NeedsAThread) {
  EXPECT_THAT([] { ThreadPool pool(0); },
              ThrowsMessage<UsageError>(StrEq("threads: expected at least 1, found 0")));
}

// Threads that cannot be started end in a message, not in std::terminate.
TEST(ThreadPool, SaysWhenTheSystemStartsNoMore) {
#ifdef AQUA_SANITIZED
  GTEST_SKIP() << "sanitizers need the address space that this test limits";
#else
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  ::getrlimit(RLIMIT_AS, &before);
  const rlimit small{static_cast<rlim_t>(pages * 4096 + (int64_t{256} << 20)), before.rlim_max};
  ::setrlimit(RLIMIT_AS, &small);
  EXPECT_THAT([] { ThreadPool pool(5000); },
              ThrowsMessage<UsageError>(MatchesRegex(
                  "threads: expected at most [0-9]+ on this system, found 5000 \\(.*\\)")));
  ::setrlimit(RLIMIT_AS, &before);
#endif
}

TEST(CancelToken, ThrowsOnceRequested) {
  CancelToken cancel;
  EXPECT_NO_THROW(cancel.check());
  cancel.request();
  EXPECT_TRUE(cancel.requested());
  EXPECT_THROW(cancel.check(), Interrupted);
}

}  // namespace
}  // namespace aqua
