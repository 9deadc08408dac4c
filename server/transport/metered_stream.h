// A thin layer between Beast and the socket or TLS stream: sees every byte that passes, also those of frames that Beast
// handles itself, and mends faults of Beast 1.81, each named where it is mended.
#pragma once

#include <algorithm>
#include <boost/asio/associator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/handler_cont_helpers.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

namespace holter::transport {

// Sees what was read before Beast does.
class StreamTap {
 public:
  virtual ~StreamTap() = default;
  virtual void OnBytesRead(const char* data, size_t size) = 0;
};

// A handler with something to do before it; has the executor, allocator and cancellation slot of the handler in it.
template <typename Step, typename Handler>
struct LayerHandler {
  void operator()(boost::system::error_code error, size_t size) { step(handler, error, size); }

  friend bool asio_handler_is_continuation(LayerHandler* self) {
    return boost_asio_handler_cont_helpers::is_continuation(self->handler);
  }

  Step step;
  Handler handler;
};

template <typename Next>
class MeteredStream {
 public:
  using next_layer_type = Next;
  using executor_type = typename Next::executor_type;

  // `tap` outlives every operation.
  template <typename... Args>
  explicit MeteredStream(StreamTap* tap, Args&&... args) : next_(std::forward<Args>(args)...), tap_(tap) {}

  executor_type get_executor() { return next_.get_executor(); }
  next_layer_type& next_layer() { return next_; }
  const next_layer_type& next_layer() const { return next_; }

  // Reads into the first segment only: one plain recv.
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    const boost::asio::mutable_buffer segment = FirstSegment(buffers);
    const boost::asio::mutable_buffer target(segment.data(), std::min(segment.size(), largest_read_));
    reading_ = true;
    next_.async_read_some(target, LayerHandler<ReadStep, std::decay_t<Handler>>{
                                      {this, static_cast<const char*>(target.data())}, std::forward<Handler>(handler)});
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    writing_ = true;
    next_.async_write_some(buffers, LayerHandler<WriteStep, std::decay_t<Handler>>{
                                        {this, boost::asio::buffer_size(buffers)}, std::forward<Handler>(handler)});
  }

  // Bytes that one read may take. Small during the upgrade: Beast fails the handshake when more than its 1536 bytes
  // follow a long response head in one read.
  void set_largest_read(size_t bytes) { largest_read_ = bytes; }
  // From now on a failed write is shown to Beast as done, and the end of the connection is learned from the read alone:
  // Beast stops reading at the first failed write and would lose the close frame that explains it.
  void HideWriteErrors() { hide_write_errors_ = true; }

  bool reading() const { return reading_; }
  bool writing() const { return writing_; }
  size_t TakeBytesWritten() { return std::exchange(bytes_written_, 0); }

 private:
  struct ReadStep {
    template <typename Handler>
    void operator()(Handler& handler, boost::system::error_code error, size_t size) {
      stream->reading_ = false;
      if (!error) {
        stream->tap_->OnBytesRead(data, size);
      }
      handler(error, size);
    }

    MeteredStream* stream;
    const char* data;
  };

  struct WriteStep {
    template <typename Handler>
    void operator()(Handler& handler, boost::system::error_code error, size_t size) {
      stream->writing_ = false;
      stream->bytes_written_ += size;
      const bool ours = error == boost::asio::error::operation_aborted || error == boost::asio::error::bad_descriptor;
      if (error && !ours && stream->hide_write_errors_) {
        handler(boost::system::error_code(), requested);
      } else {
        handler(error, size);
      }
    }

    MeteredStream* stream;
    size_t requested;
  };

  template <typename Buffers>
  static boost::asio::mutable_buffer FirstSegment(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const boost::asio::mutable_buffer segment = *it;
      if (segment.size() > 0) {
        return segment;
      }
    }
    return {};
  }

  Next next_;
  StreamTap* const tap_;
  size_t largest_read_ = std::numeric_limits<size_t>::max();
  size_t bytes_written_ = 0;
  bool hide_write_errors_ = false;
  bool reading_ = false;
  bool writing_ = false;
};

// Beast calls this when the close frames are exchanged or the connection has failed. Beast's own waits without limit
// for the peer's FIN, while its read, and with it the cause, waits too; here the read ends at once, and Connection
// lingers under its own deadline.
template <typename Next, typename Handler>
void async_teardown(boost::beast::role_type, MeteredStream<Next>& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::system::error_code()));
}

}  // namespace holter::transport

template <template <typename, typename> class Associator, typename Step, typename Handler, typename Default>
struct boost::asio::associator<Associator, holter::transport::LayerHandler<Step, Handler>, Default>
    : Associator<Handler, Default> {
  static auto get(const holter::transport::LayerHandler<Step, Handler>& layer) noexcept {
    return Associator<Handler, Default>::get(layer.handler);
  }
  static auto get(const holter::transport::LayerHandler<Step, Handler>& layer, const Default& fallback) noexcept {
    return Associator<Handler, Default>::get(layer.handler, fallback);
  }
};
