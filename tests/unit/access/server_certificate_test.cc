#include "access/server_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/error.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_certificates.h"

namespace holter::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServerCertificateTest : public ::testing::Test {
 protected:
  void SetUp() override { Write(authority_.Issue()); }

  void Write(const holter::testing::TestIdentity& identity) const {
    files_.Write("cert.pem", identity.certificate);
    files_.Write("key.pem", identity.key);
    files_.Write("ca.pem", authority_.certificate());
  }
  CertificateFiles Files() const {
    return {.chain = files_ / "cert.pem", .key = files_ / "key.pem", .authorities = files_ / "ca.pem"};
  }
  // The file that is complained about.
  std::string Blamed() const {
    const auto read = ReadCertificate(Files());
    EXPECT_TRUE(HasReason(read.status(), "TLS_FILES_INVALID")) << read.status();
    const ErrorDetails details = DetailsOf(read.status());
    return details.metadata.empty() ? "" : std::filesystem::path(details.metadata.front().second).filename().string();
  }

  holter::testing::TestAuthority authority_;
  holter::testing::TemporaryDirectory files_;
};

TEST_F(ServerCertificateTest, WhatFitsIsTakenAsItIs) {
  const auto read = ReadCertificate(Files());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->chain, files_.Read("cert.pem"));
  EXPECT_EQ(read->key.Reveal(), files_.Read("key.pem"));
  EXPECT_EQ(read->authorities, files_.Read("ca.pem"));
  // A chain, and no clients to be known.
  files_.Write("cert.pem", files_.Read("cert.pem") + authority_.certificate());
  EXPECT_TRUE(ReadCertificate({.chain = files_ / "cert.pem", .key = files_ / "key.pem"}).ok());
}

TEST_F(ServerCertificateTest, SaysWhenItEndsAlsoAfterAReload) {
  const auto ends_in = [](const ServerCertificate& certificate) {
    return certificate.texts()->expiry - SystemClock().WallNow();
  };
  Write(authority_.Issue({.valid_until = std::chrono::hours(5)}));
  const auto certificate = *ServerCertificate::Open(Files());
  EXPECT_NEAR(std::chrono::duration<double>(ends_in(*certificate)).count(), 5 * 3600, 60);
  Write(authority_.Issue({.valid_until = std::chrono::hours(50)}));
  ASSERT_TRUE(certificate->Reload().ok());
  EXPECT_NEAR(std::chrono::duration<double>(ends_in(*certificate)).count(), 50 * 3600, 60);
}

TEST_F(ServerCertificateTest, WhatDoesNotFitIsNamed) {
  files_.Write("key.pem", authority_.Issue().key);
  EXPECT_EQ(Blamed(), "key.pem") << "the key of another certificate";
  files_.Write("key.pem", "no key");
  EXPECT_EQ(Blamed(), "key.pem");
  Write(authority_.Issue());
  const std::string certificate = files_.Read("cert.pem");
  files_.Write("cert.pem", "");
  EXPECT_EQ(Blamed(), "cert.pem");
  files_.Write("cert.pem", certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(Blamed(), "cert.pem") << "a chain that is broken";
  files_.Write("cert.pem", certificate);
  files_.Write("ca.pem", "no authority");
  EXPECT_EQ(Blamed(), "ca.pem");
  std::filesystem::remove(files_ / "ca.pem");
  EXPECT_EQ(Blamed(), "ca.pem");
}

TEST_F(ServerCertificateTest, KeysAreNotRepeated) {
  const std::string key = authority_.Issue().key;
  files_.Write("key.pem", key.substr(0, key.size() / 2));
  const auto read = ReadCertificate(Files());
  EXPECT_THAT(read.status().ToString(absl::StatusToStringMode::kWithEverything), Not(HasSubstr(key.substr(40, 20))));
}

TEST_F(ServerCertificateTest, ABrokenReloadLeavesWhatWasBefore) {
  const auto certificate = *ServerCertificate::Open(Files());
  const std::string before = certificate->texts()->chain;
  files_.Write("cert.pem", authority_.Issue().certificate);  // the key is on its way
  EXPECT_FALSE(certificate->Reload().ok());
  EXPECT_EQ(certificate->texts()->chain, before);
  EXPECT_EQ(certificate->generation(), 1);
  Write(authority_.Issue());
  EXPECT_TRUE(certificate->Reload().ok());
  EXPECT_NE(certificate->texts()->chain, before);
  EXPECT_EQ(certificate->generation(), 2);
  EXPECT_TRUE(certificate->demands_client_certificate());
  EXPECT_THAT(certificate->Files(), ::testing::SizeIs(3));
}

}  // namespace
}  // namespace holter::access
