// A DNS server on loopback, on the loop of the test: answers what it was told, late, wrongly or never.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace holter::transport {

class FakeDnsServer {
 public:
  static constexpr int kNoError = 0;
  static constexpr int kServerFailure = 2;
  static constexpr int kNoSuchName = 3;
  static constexpr uint16_t kTypeA = 1;
  static constexpr uint16_t kTypeAaaa = 28;

  // How a question is answered.
  struct Reply {
    std::vector<std::string> addresses;
    int code = kNoError;
    Duration delay{};
  };

  explicit FakeDnsServer(boost::asio::io_context& io)
      : io_(io), socket_(io, boost::asio::ip::udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    Receive();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

  // By name and type; what is not here is never answered.
  std::map<std::pair<std::string, uint16_t>, Reply> replies;
  int queries = 0;

 private:
  using Endpoint = boost::asio::ip::udp::endpoint;

  void Receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](boost::system::error_code error, size_t size) {
                                 if (error) {
                                   return;
                                 }
                                 Answer(std::string(buffer_.data(), size), from_);
                                 Receive();
                               });
  }

  void Answer(const std::string& query, const Endpoint& to) {
    ++queries;
    std::string name;
    size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      name += name.empty() ? "" : ".";
      name += query.substr(at + 1, static_cast<size_t>(query[at]));
      at += static_cast<size_t>(query[at]) + 1;
    }
    const size_t question_end = at + 5;
    const auto type =
        static_cast<uint16_t>(static_cast<uint8_t>(query[at + 1]) << 8 | static_cast<uint8_t>(query[at + 2]));
    const auto found = replies.find({name, type});
    if (found == replies.end()) {
      return;
    }
    const Reply& reply = found->second;
    std::string answer = query.substr(0, 2);
    answer += static_cast<char>(0x81);
    answer += static_cast<char>(0x80 | reply.code);
    answer += Number(1) + Number(static_cast<uint16_t>(reply.addresses.size())) + Number(0) + Number(0);
    answer += query.substr(12, question_end - 12);
    for (const std::string& text : reply.addresses) {
      const std::string bytes = Bytes(text);
      answer += "\xc0\x0c" + Number(type) + Number(1) + Number(0) + Number(60) +
                Number(static_cast<uint16_t>(bytes.size())) + bytes;
    }
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, reply.delay);
    timer->async_wait([this, timer, answer, to](boost::system::error_code) {
      boost::system::error_code ignored;
      socket_.send_to(boost::asio::buffer(answer), to, 0, ignored);
    });
  }

  static std::string Number(uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }
  static std::string Bytes(const std::string& text) {
    const auto address = boost::asio::ip::make_address(text);
    if (address.is_v4()) {
      const auto bytes = address.to_v4().to_bytes();
      return std::string(bytes.begin(), bytes.end());
    }
    const auto bytes = address.to_v6().to_bytes();
    return std::string(bytes.begin(), bytes.end());
  }

  boost::asio::io_context& io_;
  boost::asio::ip::udp::socket socket_;
  Endpoint from_;
  std::array<char, 1500> buffer_{};
};

}  // namespace holter::transport
