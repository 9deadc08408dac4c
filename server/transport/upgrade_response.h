// Reads the head of the answer to the upgrade as it arrives, beside Beast, which would first wait for a whole body that
// may never come or never end, and would only then say which status it was.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace holter::transport {

// Includes Beast; only for the streams' own files.
class UpgradeResponse {
 public:
  static constexpr size_t kLargestHead = size_t{16} << 10;

  UpgradeResponse() { parser_.header_limit(kLargestHead); }

  // Call with everything that is read, until done or failed.
  void Feed(std::string_view bytes) {
    pending_.append(bytes);
    boost::beast::error_code error;
    const size_t used = parser_.put(boost::asio::const_buffer(pending_.data(), pending_.size()), error);
    pending_.erase(0, used);
    const bool malformed = error && error != boost::beast::http::error::need_more;
    failed_ = failed_ || malformed || pending_.size() > kLargestHead;
  }

  bool done() const { return parser_.is_header_done(); }
  bool failed() const { return failed_; }
  int status() const { return static_cast<int>(parser_.get().result_int()); }
  // What followed the head; WebSocket frames if the status is 101.
  std::string_view surplus() const { return pending_; }

  std::optional<std::string_view> Header(std::string_view name) const {
    const auto found = parser_.get().find(boost::beast::string_view(name.data(), name.size()));
    if (found == parser_.get().end()) {
      return std::nullopt;
    }
    return std::string_view(found->value().data(), found->value().size());
  }

 private:
  boost::beast::http::response_parser<boost::beast::http::empty_body> parser_;
  std::string pending_;
  bool failed_ = false;
};

}  // namespace holter::transport
