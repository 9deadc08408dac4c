#include "access/server_certificate.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>

#include "access/file_text.h"
#include "base/error.h"
#include "base/log.h"

namespace holter::access {
namespace {

struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct PrivateKeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using CertificatePtr = std::unique_ptr<X509, CertificateDeleter>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, PrivateKeyDeleter>;
using BioPtr = std::unique_ptr<BIO, BioDeleter>;

absl::Status FilesInvalid(const std::string& file, const std::string& what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "TLS_FILES_INVALID", what, {{"file", file}});
}

absl::Status Unfit(const std::string& file, std::string_view what) {
  return FilesInvalid(file, fmt::format("{}: {}", file, what));
}

BioPtr BioOf(const std::string& text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// The first certificate of a text, null if any of them is broken or there is none.
CertificatePtr FirstCertificate(const std::string& text) {
  const BioPtr bio = BioOf(text);
  CertificatePtr first(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  CertificatePtr next;
  if (first != nullptr) {
    do next.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    while (next != nullptr);
  }
  // Behind the last one there is no begin of another.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return ended ? std::move(first) : nullptr;
}

PrivateKeyPtr KeyOf(const std::string& text) {
  // Without this, OpenSSL asks for the password of an encrypted key on the terminal.
  const auto no_password = [](char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; };
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(BioOf(text).get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return key;
}

WallTime ExpiryOf(X509* certificate) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);  // always UTC
  return WallTime(std::chrono::seconds(timegm(&end)));
}

void WarnIfNotValidNow(X509* certificate, const std::string& file) {
  const bool begun = X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0;
  const bool ended = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
  if (!begun || ended) Log(LogLevel::kWarning, "the certificate of the listener is not valid now", {{"file", file}});
}

}  // namespace

absl::StatusOr<CertificateTexts> ReadCertificate(const CertificateFiles& files) {
  CertificateTexts texts;
  std::string key_text;
  for (const auto& [file, text] :
       {std::pair{&files.chain, &texts.chain}, {&files.key, &key_text}, {&files.authorities, &texts.authorities}}) {
    if (file->empty()) continue;
    absl::StatusOr<std::string> read = ReadFileText(*file);
    if (!read.ok()) return FilesInvalid(*file, std::string(read.status().message()));
    *text = *std::move(read);
  }
  const CertificatePtr certificate = FirstCertificate(texts.chain);
  if (certificate == nullptr) return Unfit(files.chain, "expected a chain of certificates in PEM");
  const PrivateKeyPtr key = KeyOf(key_text);
  if (key == nullptr) return Unfit(files.key, "expected a private key in PEM, not encrypted");
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) return Unfit(files.key, fmt::format("is not the key of the certificate in {}", files.chain));
  if (!files.authorities.empty() && FirstCertificate(texts.authorities) == nullptr) {
    return Unfit(files.authorities, "expected certificates of authorities in PEM");
  }
  WarnIfNotValidNow(certificate.get(), files.chain);
  texts.expiry = ExpiryOf(certificate.get());
  texts.key = Secret(std::move(key_text));
  return texts;
}

absl::StatusOr<std::unique_ptr<ServerCertificate>> ServerCertificate::Open(const CertificateFiles& files) {
  std::unique_ptr<ServerCertificate> opened(new ServerCertificate(files));
  if (absl::Status status = opened->Reload(); !status.ok()) return status;
  return opened;
}

std::shared_ptr<const CertificateTexts> ServerCertificate::texts() const {
  absl::MutexLock lock(&mutex_);
  return texts_;
}

std::vector<std::string> ServerCertificate::Files() const {
  std::vector<std::string> files = {files_.chain, files_.key};
  if (!files_.authorities.empty()) files.push_back(files_.authorities);
  return files;
}

absl::Status ServerCertificate::Reload() {
  absl::StatusOr<CertificateTexts> read = ReadCertificate(files_);
  if (!read.ok()) return read.status();
  auto texts = std::make_shared<const CertificateTexts>(*std::move(read));
  {
    absl::MutexLock lock(&mutex_);
    texts_ = std::move(texts);
  }
  ++generation_;
  return absl::OkStatus();
}

}  // namespace holter::access
