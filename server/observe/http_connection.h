// One client of HttpServer, apart from it so that Beast is included in one place.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "observe/http_server.h"

namespace holter::observe {

class HttpConnection;

// What a connection needs of its server. Called on the thread of the sockets, CountException on any.
class HttpHost {
 public:
  virtual ~HttpHost() = default;

  virtual const HttpServerOptions& options() const = 0;
  // No request is to be taken any more.
  virtual bool draining() const = 0;
  // The answer to a GET.
  virtual HttpResponse Answer(const HttpRequest& request) = 0;
  // Room for one more answer that takes time; what was taken is to be left.
  virtual bool TakeSlowPlace(HttpLane lane) = 0;
  virtual void LeaveSlowPlace(HttpLane lane) = 0;
  // Runs `work` on the thread of the lane.
  virtual void RunSlow(HttpLane lane, std::function<void()> work) = 0;
  virtual void CountException() = 0;
  // The connection has been closed.
  virtual void Forget(const std::shared_ptr<HttpConnection>& connection) = 0;
};

// Every method on the thread of the sockets.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;

  // Begins to serve.
  virtual void ReadNext() = 0;
  // Waits for a request.
  virtual bool idle() const = 0;
  // Since when it waits for a request or for the rest of one; kNever while it answers.
  virtual TimePoint waiting_since() const = 0;
  // Ends every pending operation with an error; Forget follows, not from within.
  virtual void Close() = 0;
};

// `host` outlives the connection.
std::shared_ptr<HttpConnection> MakeHttpConnection(HttpHost& host, boost::asio::ip::tcp::socket socket);

}  // namespace holter::observe
