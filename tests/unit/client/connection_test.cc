// Which targets may be spoken to in the clear.
#include "client/lib/connection.h"

#include <gtest/gtest.h>

namespace holter::client {
namespace {

TEST(ConnectionTest, LoopbackIsWhatCanOnlyBeThisMachine) {
  for (const char* target :
       {"127.0.0.1:7600", "127.9.8.7:1", "127.0.0.1", "localhost:7600", "localhost", "[::1]:7600", "dns:///localhost:1",
        "ipv4:127.0.0.1:7600", "ipv6:[::1]:7600", "unix:/run/holter.sock", "unix:///run/holter.sock"}) {
    EXPECT_TRUE(IsLoopbackTarget(target)) << target;
  }
  for (const char* target : {"", "127.example.org:7600", "127.0.0.1.example.org:7600", "localhost.example.org:7600",
                             "10.0.0.1:7600", "0.0.0.0:7600", "[::]:7600", "[2001:db8::1]:7600", "[::ffff:10.0.0.1]:1",
                             "128.0.0.1:1", "holter:7600", "dns://127.0.0.1/holter:1", "[::1", "2130706433:1"}) {
    EXPECT_FALSE(IsLoopbackTarget(target)) << target;
  }
}

}  // namespace
}  // namespace holter::client
