#include "observe/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "observe/metrics.h"
#include "tests/unit/observe/http_probe.h"
#include "tests/unit/observe/observe_fixture.h"

namespace holter::observe {
namespace {

using namespace std::chrono_literals;

std::string Gunzip(const std::string& data) {
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, 15 + 16), Z_OK);
  std::string out(size_t{1} << 20, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

// A body of `pieces` pieces of about 1 KiB.
BodySource Pieces(int pieces) {
  return [left = pieces](std::string& out) mutable {
    if (left == 0) {
      return false;
    }
    out += std::string(1023, static_cast<char>('a' + left % 26)) + "\n";
    --left;
    return true;
  };
}

std::string Joined(int pieces) {
  std::string all;
  for (auto source = Pieces(pieces); source(all);) {
  }
  return all;
}

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    options.operations = &metrics_;
    std::vector<HttpRoute> routes = {
        {"/fast", [](const HttpRequest&) { return HttpResponse{.body = "fast\n"}; }},
        {"/large", [](const HttpRequest&) { return HttpResponse{.content_type = "text/large", .body = Joined(20)}; }},
        {"/pieces",
         [](const HttpRequest&) { return HttpResponse{.content_type = "text/pieces", .pieces = Pieces(100)}; }},
        {"/throws", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); }},
        {"/breaks",
         [](const HttpRequest&) {
           return HttpResponse{.pieces = [n = 0](std::string& out) mutable -> bool {
             if (++n > 20) {
               throw std::runtime_error("secret");
             }
             out += std::string(4096, 'x');
             return true;
           }};
         }},
        {"/blocks",
         [this](const HttpRequest&) {
           return HttpResponse{.pieces = [this, done = false](std::string& out) mutable {
             if (!done) {
               blocked_.set_value();
               released_.wait();
               out += "done\n";
             }
             return !std::exchange(done, true);
           }};
         }},
        {"/later/",
         [](const HttpRequest& request) {
           const std::string asked = std::string(request.path) + "?" + std::string(request.query);
           return HttpResponse{
               .later =
                   [asked] {
                     if (asked.find("throw") != std::string::npos) throw std::runtime_error("secret");
                     return HttpResponse{.status = 203, .fields = {{"Cache-Control", "max-age=1"}}, .body = asked};
                   },
               .lane = HttpLane::kPage};
         }},
        {"/endless", [](const HttpRequest&) {
           return HttpResponse{.pieces = [](std::string& out) {
             out += std::string(65536, 'x');
             return true;
           }};
         }}};
    auto server = HttpServer::Start(options, std::move(routes));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::unique_ptr<HttpProbe> Connect() { return std::make_unique<HttpProbe>(server_->port()); }
  HttpAnswer Fetch(const std::string& path, const std::string& more = "") {
    auto probe = Connect();
    EXPECT_TRUE(probe->Get(path, more));
    return probe->Read().value_or(HttpAnswer{});
  }
  void TearDown() override {
    if (!release_told_) {
      Release();
    }
    if (server_ != nullptr) {
      server_->Shutdown(5s);
    }
  }
  void Release() {
    release_told_ = true;
    release_.set_value();
  }

  StillClock clock_;
  Metrics metrics_{{.clock = &clock_, .version = "test"}};
  std::promise<void> blocked_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  bool release_told_ = false;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, PortZeroIsBoundAndTold) {
  Start();
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(HttpServerTest, MalformedAndTakenAddressesAreErrors) {
  for (const char* listen : {"", "127.0.0.1", "host:80", "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:x", "::1:80x"}) {
    const auto server = HttpServer::Start({.listen = listen}, {});
    EXPECT_TRUE(HasReason(server.status(), "HTTP_LISTEN_MALFORMED")) << listen << ": " << server.status();
  }
  Start();
  const auto second = HttpServer::Start({.listen = "192.0.2.1:80"}, {});
  EXPECT_TRUE(HasReason(second.status(), "HTTP_LISTEN_FAILED")) << second.status();
}

TEST_F(HttpServerTest, AnswersAreWhole) {
  Start();
  const HttpAnswer answer = Fetch("/fast?query=1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "fast\n");
  EXPECT_EQ(answer.fields.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.fields.at("cache-control"), "no-store");
  EXPECT_FALSE(answer.fields.contains("content-encoding"));
}

TEST_F(HttpServerTest, OneConnectionServesManyRequests) {
  Start();
  auto probe = Connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(probe->Get(i == 1 ? "/pieces" : "/fast"));
    const auto answer = probe->Read();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->body, i == 1 ? Joined(100) : "fast\n");
  }
  // Two at once are answered in order.
  ASSERT_TRUE(probe->Send("GET /fast HTTP/1.1\r\nHost: t\r\n\r\nGET /nothing HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 200);
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 404);
}

TEST_F(HttpServerTest, CloseIsHonoured) {
  Start();
  auto probe = Connect();
  ASSERT_TRUE(probe->Get("/fast", "Connection: close\r\n"));
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 200);
  EXPECT_TRUE(probe->Ended());
}

TEST_F(HttpServerTest, OldClientsGetTheBodyUpToTheEnd) {
  Start();
  auto probe = Connect();
  ASSERT_TRUE(probe->Send("GET /pieces HTTP/1.0\r\n\r\n"));
  const auto answer = probe->Read();
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->fields.contains("transfer-encoding"));
  EXPECT_EQ(answer->body, Joined(100));
}

TEST_F(HttpServerTest, UnknownPathsListThoseThatExist) {
  Start();
  const HttpAnswer answer = Fetch("/nothing");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, testing::StartsWith("not found; there are:\n/fast\n/large\n"));
}

TEST_F(HttpServerTest, OnlyGetAndHead) {
  Start();
  for (const char* method : {"POST", "DELETE", "OPTIONS", "BREW"}) {
    auto probe = Connect();
    ASSERT_TRUE(probe->Send(std::string(method) + " /fast HTTP/1.1\r\nHost: t\r\n\r\n"));
    const auto answer = probe->Read();
    ASSERT_TRUE(answer) << method;
    EXPECT_EQ(answer->status, 405) << method;
    EXPECT_EQ(answer->fields.at("allow"), "GET, HEAD");
  }
}

TEST_F(HttpServerTest, HeadHasTheFieldsAndNoBody) {
  Start();
  auto probe = Connect();
  ASSERT_TRUE(probe->Send("HEAD /fast HTTP/1.1\r\nHost: t\r\n\r\n"));
  auto answer = probe->Read(/*head=*/true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->fields.at("content-length"), "5");
  // What follows on the same connection proves that there was no body.
  ASSERT_TRUE(probe->Send("HEAD /pieces HTTP/1.1\r\nHost: t\r\n\r\n"));
  answer = probe->Read(/*head=*/true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->fields.at("content-type"), "text/pieces");
  ASSERT_TRUE(probe->Get("/fast"));
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).body, "fast\n");
}

TEST_F(HttpServerTest, AnswersMayBeMadeLaterWithAStatusOfTheirOwn) {
  Start();
  const HttpAnswer answer = Fetch("/later/a/b?c=%20");
  EXPECT_EQ(answer.status, 203);
  EXPECT_EQ(answer.body, "/later/a/b?c=%20");
  EXPECT_EQ(answer.fields.at("cache-control"), "max-age=1");
  EXPECT_EQ(Fetch("/later/throw").status, 500);
  EXPECT_EQ(Fetch("/later/").status, 404) << "only what is below it";
  EXPECT_EQ(ParseSamples(metrics_.Text()).at("holter_exceptions_total{room=\"observe\"}"), 1);
  auto probe = Connect();
  ASSERT_TRUE(probe->Send("HEAD /later/a HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_EQ(probe->Read(/*head=*/true).value_or(HttpAnswer{}).fields["content-length"], "9");
}

TEST_F(HttpServerTest, ALaneDoesNotWaitForAnother) {
  Start({.max_slow_responses = 1});
  auto scrape = Connect();
  ASSERT_TRUE(scrape->Get("/blocks"));
  blocked_.get_future().wait();
  EXPECT_EQ(Fetch("/pieces").status, 503) << "its lane has no place left";
  EXPECT_EQ(Fetch("/later/a").status, 203);
  Release();
  EXPECT_EQ(scrape->Read().value_or(HttpAnswer{}).body, "done\n");
  EXPECT_EQ(Fetch("/later/a").status, 203) << "each place is given back";
}

TEST_F(HttpServerTest, NothingIsSniffed) {
  Start();
  for (const char* path : {"/fast", "/nothing", "/throws", "/later/a"}) {
    EXPECT_EQ(Fetch(path).fields["x-content-type-options"], "nosniff") << path;
  }
}

TEST_F(HttpServerTest, GzipWhenTheClientTakesIt) {
  Start();
  for (const char* path : {"/large", "/pieces"}) {
    const HttpAnswer plain = Fetch(path, "Accept-Encoding: gzip;q=0\r\n");
    EXPECT_FALSE(plain.fields.contains("content-encoding"));
    const HttpAnswer packed = Fetch(path, "Accept-Encoding: deflate, gzip\r\n");
    EXPECT_EQ(packed.fields.at("content-encoding"), "gzip");
    EXPECT_LT(packed.body.size(), plain.body.size() / 5);
    EXPECT_EQ(Gunzip(packed.body), plain.body);
    EXPECT_EQ(packed.fields.at("vary"), "Accept-Encoding");
    EXPECT_EQ(packed.fields.at("content-type"), plain.fields.at("content-type"));
  }
  EXPECT_FALSE(Fetch("/fast", "Accept-Encoding: gzip\r\n").fields.contains("content-encoding"))
      << "too small to repay it";
}

TEST_F(HttpServerTest, LargeHeadersAndBodiesAreRefused) {
  Start();
  auto probe = Connect();
  probe->Get("/fast", "X: " + std::string(9000, 'x') + "\r\n");
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 431);
  EXPECT_TRUE(probe->Ended());
  probe = Connect();
  probe->Send("GET /fast HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 413);
  EXPECT_TRUE(probe->Ended());
  probe = Connect();
  probe->Send("\x16\x03\x01 not http\r\n\r\n");
  EXPECT_EQ(probe->Read().value_or(HttpAnswer{}).status, 400);
  EXPECT_TRUE(probe->Ended());
}

TEST_F(HttpServerTest, ARequestThatDripsIsCutOff) {
  Start({.header_timeout = 100ms, .idle_timeout = 100s});
  auto probe = Connect();
  ASSERT_TRUE(probe->Send("GET /fa"));
  EXPECT_TRUE(probe->Ended());
}

TEST_F(HttpServerTest, AnIdleConnectionIsCutOff) {
  Start({.header_timeout = 100s, .idle_timeout = 100ms});
  auto probe = Connect();
  ASSERT_TRUE(probe->Get("/fast"));
  ASSERT_TRUE(probe->Read());
  EXPECT_TRUE(probe->Ended());
}

TEST_F(HttpServerTest, AConnectionThatNeverAsksIsCutOff) {
  Start({.header_timeout = 100ms, .idle_timeout = 100s});
  auto probe = Connect();
  EXPECT_TRUE(probe->Ended());
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsCutOff) {
  Start({.response_timeout = 200ms});
  HttpProbe probe(server_->port(), 4096);
  ASSERT_TRUE(probe.Get("/endless"));
  // The body has no end, so only the deadline can end it.
  EXPECT_FALSE(probe.Read());
}

TEST_F(HttpServerTest, ConnectionsAreLimited) {
  Start({.max_connections = 2});
  auto first = Connect();
  auto second = Connect();
  ASSERT_TRUE(first->Get("/fast"));
  ASSERT_TRUE(first->Read());
  ASSERT_TRUE(second->Get("/fast"));
  ASSERT_TRUE(second->Read());
  auto third = Connect();
  ASSERT_TRUE(third->Get("/fast"));
  EXPECT_TRUE(third->Read());
  EXPECT_TRUE(first->Ended()) << "it had waited longest";
  ASSERT_TRUE(second->Get("/fast"));
  EXPECT_TRUE(second->Read());
}

TEST_F(HttpServerTest, ThoseThatDoNotReadDoNotKeepOthersOut) {
  Start({.max_connections = 2, .response_timeout = 100s});
  HttpProbe first(server_->port(), 4096);
  HttpProbe second(server_->port(), 4096);
  ASSERT_TRUE(first.Get("/endless"));
  ASSERT_TRUE(second.Get("/endless"));
  // Whoever makes a piece just now waits for nobody: it is refused until both wait for their clients.
  const auto is_served = [this] {
    auto third = Connect();
    return third->Get("/fast") && third->Read().has_value();
  };
  while (!is_served()) std::this_thread::yield();
}

TEST_F(HttpServerTest, ThoseThatSayNothingDoNotKeepOthersOut) {
  Start({.max_connections = 4, .header_timeout = 100s});
  std::vector<std::unique_ptr<HttpProbe>> slow;
  for (int i = 0; i < 12; ++i) {
    slow.push_back(Connect());
    if (i % 2 == 0) {
      slow.back()->Send("GET /fa");
    }
    EXPECT_EQ(Fetch("/fast").body, "fast\n");
  }
}

TEST_F(HttpServerTest, WhatIsBeingAnsweredIsNotEndedForOthers) {
  Start({.max_connections = 1});
  auto slow = Connect();
  ASSERT_TRUE(slow->Get("/blocks"));
  blocked_.get_future().wait();
  EXPECT_TRUE(Connect()->Ended());
  Release();
  EXPECT_EQ(slow->Read().value_or(HttpAnswer{}).body, "done\n");
}

TEST_F(HttpServerTest, ExceptionsEndOneAnswerAndAreCounted) {
  Start();
  const HttpAnswer answer = Fetch("/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal error\n");
  auto probe = Connect();
  ASSERT_TRUE(probe->Get("/breaks"));
  EXPECT_FALSE(probe->Read()) << "a body that is cut must not look whole";
  EXPECT_EQ(Fetch("/fast").body, "fast\n");
  EXPECT_EQ(ParseSamples(metrics_.Text()).at("holter_exceptions_total{room=\"observe\"}"), 2);
}

TEST_F(HttpServerTest, FastAnswersDoNotWaitForSlowOnes) {
  Start();
  auto slow = Connect();
  ASSERT_TRUE(slow->Get("/blocks"));
  blocked_.get_future().wait();
  EXPECT_EQ(Fetch("/fast").body, "fast\n");
  Release();
  EXPECT_EQ(slow->Read().value_or(HttpAnswer{}).body, "done\n");
}

TEST_F(HttpServerTest, SlowAnswersAreLimited) {
  Start({.max_slow_responses = 1});
  auto slow = Connect();
  ASSERT_TRUE(slow->Get("/blocks"));
  blocked_.get_future().wait();
  EXPECT_EQ(Fetch("/pieces").status, 503);
  Release();
  ASSERT_TRUE(slow->Read());
  EXPECT_EQ(Fetch("/pieces").status, 200);
}

TEST_F(HttpServerTest, ShutdownLetsAnAnswerEndAndClosesIdleConnections) {
  Start();
  auto idle = Connect();
  ASSERT_TRUE(idle->Get("/fast"));
  ASSERT_TRUE(idle->Read());
  auto slow = Connect();
  ASSERT_TRUE(slow->Get("/blocks"));
  blocked_.get_future().wait();
  auto stopped = std::async(std::launch::async, [this] { server_->Shutdown(10s); });
  EXPECT_TRUE(idle->Ended());
  Release();
  EXPECT_EQ(slow->Read().value_or(HttpAnswer{}).body, "done\n");
  slow.reset();
  stopped.get();
  EXPECT_FALSE(HttpProbe(server_->port()).connected());
}

TEST_F(HttpServerTest, ShutdownCutsOffWhatDoesNotEnd) {
  Start();
  HttpProbe probe(server_->port(), 4096);
  ASSERT_TRUE(probe.Get("/endless"));
  ASSERT_TRUE(probe.Begun());
  const auto begin = std::chrono::steady_clock::now();
  server_->Shutdown(100ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 100ms) << "an answer that is being written has until the deadline";
  EXPECT_LT(took, 3s);
}

}  // namespace
}  // namespace holter::observe
