// Certificates made at run time, for tests of TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace holter::testing {

// A certificate chain and its key, in PEM.
struct TestIdentity {
  std::string certificate;
  std::string key;
};

// What a certificate says.
struct TestCertificateSpec {
  std::vector<std::string> names{"localhost"};
  std::vector<std::string> addresses{"127.0.0.1"};
  std::vector<std::string> uris{};
  // From now.
  std::chrono::seconds valid_from = std::chrono::hours(-1);
  std::chrono::seconds valid_until = std::chrono::hours(24);
};

// A certificate authority of its own key.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // The authority's certificate in PEM.
  const std::string& certificate() const { return certificate_; }
  TestIdentity Issue(const TestCertificateSpec& spec = {}) const;

 private:
  struct Keys;
  const std::unique_ptr<Keys> keys_;
  std::string certificate_;
};

}  // namespace holter::testing
