// A TCP socket that is counted while it is open.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <utility>

namespace holter::transport {

using Tcp = boost::asio::ip::tcp;
// Not the polymorphic executor: it would cost memory and indirect calls in every operation.
using TcpSocket = boost::asio::basic_stream_socket<Tcp, boost::asio::io_context::executor_type>;

// Base of what lives on one loop and is kept alive by its handlers.
template <typename T>
using LoopCounted = boost::intrusive_ref_counter<T, boost::thread_unsafe_counter>;

// How many sockets of a loop are open. Outlives the loop's factory when handlers do.
struct OpenFileCounter : LoopCounted<OpenFileCounter> {
  size_t open = 0;
};

// Counts one socket until it is destroyed or given up.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(boost::intrusive_ptr<OpenFileCounter> counter) : counter_(std::move(counter)) { ++counter_->open; }
  OpenFile(OpenFile&& other) noexcept : counter_(std::move(other.counter_)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    Reset();
    counter_ = std::move(other.counter_);
    return *this;
  }
  ~OpenFile() { Reset(); }

  void Reset() {
    if (counter_ != nullptr) {
      --counter_->open;
      counter_.reset();
    }
  }

 private:
  boost::intrusive_ptr<OpenFileCounter> counter_;
};

// An open socket and its place in the count.
struct CountedSocket {
  TcpSocket socket;
  OpenFile file;
};

}  // namespace holter::transport
