// The certificate that the gRPC listener shows, and the authorities of those that it wants to see.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "access/reloadable.h"
#include "base/clock.h"
#include "base/secret.h"

namespace holter::access {

// Where it lies, in PEM.
struct CertificateFiles {
  std::string chain;          // the certificate first
  std::string key;            // not encrypted
  std::string authorities{};  // of clients; empty: they show no certificate
};

// What the files held when they were read; certificate and key belong to each other.
struct CertificateTexts {
  std::string chain;
  Secret key;
  std::string authorities;
  WallTime expiry{};  // of the certificate that comes first
};

// FAILED_PRECONDITION, TLS_FILES_INVALID: a file cannot be read, is not what it should be, or key and certificate do
// not belong to each other. Messages name files, never their contents.
absl::StatusOr<CertificateTexts> ReadCertificate(const CertificateFiles& files);

class ServerCertificate final : public Reloadable {
 public:
  static absl::StatusOr<std::unique_ptr<ServerCertificate>> Open(const CertificateFiles& files);

  // Never null.
  std::shared_ptr<const CertificateTexts> texts() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Grows with every certificate that is taken over.
  uint64_t generation() const { return generation_; }
  // Whether clients have to show a certificate; does not change.
  bool demands_client_certificate() const { return !files_.authorities.empty(); }

  std::string_view what() const override { return "certificate"; }
  std::vector<std::string> Files() const override;
  absl::Status Reload() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit ServerCertificate(CertificateFiles files) : files_(std::move(files)) {}

  const CertificateFiles files_;
  std::atomic<uint64_t> generation_{0};
  mutable absl::Mutex mutex_;  // leaf
  std::shared_ptr<const CertificateTexts> texts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::access
