#include "common/interrupt.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>

namespace aqua::tools {
namespace {

CancelToken token;
std::atomic<int> caught{0};
std::atomic<int64_t> caught_at_ms{0};

// Programs such as timeout send a signal to the process and to its group, so that it arrives twice
// at nearly the same time: only a later one is a second request.
constexpr int64_t same_request_ms = 300;

int64_t now_ms() {
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void on_signal(int signal) {
  int expected = 0;
  if (caught.compare_exchange_strong(expected, signal)) {
    caught_at_ms = now_ms();
    token.request();
  } else if (now_ms() - caught_at_ms > same_request_ms) {
    std::signal(signal, SIG_DFL);
    ::raise(signal);
  }
}

}  // namespace

const CancelToken& interrupt_token() { return token; }

void install_signal_handlers() {
  static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void end_by_signal() {
  const int signal = caught != 0 ? caught.load() : SIGINT;
  std::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(128 + signal);  // only when the signal is blocked
}

}  // namespace aqua::tools
