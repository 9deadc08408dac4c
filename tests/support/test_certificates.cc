#include "tests/support/test_certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace holter::testing {
namespace {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using Bio = std::unique_ptr<BIO, BioFree>;

void Require(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(what);
  }
}

std::string Content(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string ToPem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1, "certificate to PEM");
  return Content(bio);
}

std::string ToPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key to PEM");
  return Content(bio);
}

void AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  Require(extension != nullptr, "certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Without issuer and signature.
Certificate Draft(EVP_PKEY* key, const std::string& subject, const TestCertificateSpec& spec) {
  static std::atomic<long> serial{1};
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), spec.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.valid_until.count());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

struct TestAuthority::Keys {
  Key key;
  Certificate certificate;
};

TestAuthority::TestAuthority() : keys_(new Keys{Key(EVP_EC_gen("P-256")), nullptr}) {
  keys_->certificate = Draft(keys_->key.get(), "Holter Test Authority", {});
  X509* const own = keys_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  AddExtension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  Require(X509_sign(own, keys_->key.get(), EVP_sha256()) > 0, "sign the authority");
  certificate_ = ToPem(own);
}

TestAuthority::~TestAuthority() = default;

TestIdentity TestAuthority::Issue(const TestCertificateSpec& spec) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = Draft(key.get(), spec.names.empty() ? "peer" : spec.names.front(), spec);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(keys_->certificate.get()));
  std::string alternatives;
  for (const std::string& name : spec.names) {
    alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const std::string& uri : spec.uris) {
    alternatives += (alternatives.empty() ? "URI:" : ",URI:") + uri;
  }
  for (const std::string& address : spec.addresses) {
    alternatives += (alternatives.empty() ? "IP:" : ",IP:") + address;
  }
  if (!alternatives.empty()) {
    AddExtension(certificate.get(), keys_->certificate.get(), NID_subject_alt_name, alternatives);
  }
  Require(X509_sign(certificate.get(), keys_->key.get(), EVP_sha256()) > 0, "sign the certificate");
  return {.certificate = ToPem(certificate.get()), .key = ToPem(key.get())};
}

}  // namespace holter::testing
