// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <future>

namespace bench {

/// Keeps so many calls in flight until that many are done. `start(flight)` starts one, whose end calls `landed()`.
template <class Start>
class Flight {
 public:
  Flight(int calls, Start start) : to_begin_(calls), to_end_(calls), start_(start) {}

  void fly(int in_flight) {
    for (int i = 0; i < in_flight; ++i) begin_next();
    over_.get_future().get();
  }
  void landed() {
    begin_next();
    if (to_end_.fetch_sub(1) == 1) over_.set_value();
  }

 private:
  void begin_next() {
    if (to_begin_.fetch_sub(1) > 0) start_(*this);
  }

  std::atomic<int> to_begin_;
  std::atomic<int> to_end_;
  std::promise<void> over_;
  const Start start_;
};

}  // namespace bench
