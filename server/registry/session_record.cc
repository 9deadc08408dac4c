#include "registry/session_record.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace holter::registry {
namespace {

template <class Message>
std::string SerializeDeterministic(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(WallTime time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(time.time_since_epoch().count());
}

std::string Declaration::Name() const { return fmt::format("tenants/{}/sessions/{}", traits->tenant, session); }

int CompareNames(const NameRef& a, const NameRef& b) {
  if (a.tenant == b.tenant) return a.session.compare(b.session);
  const auto [in_a, in_b] = std::mismatch(a.tenant.begin(), a.tenant.end(), b.tenant.begin(), b.tenant.end());
  // Where one tenant ends, the text of the name goes on with a slash, and a hyphen is less than that.
  const char next_a = in_a == a.tenant.end() ? '/' : *in_a;
  const char next_b = in_b == b.tenant.end() ? '/' : *in_b;
  return next_a - next_b;
}

NameRef NameOf(const SessionRecord& record) {
  return {.tenant = record.tenant(), .session = record.declaration.session};
}

NameRef NameOf(const SessionName& name) { return {.tenant = name.tenant, .session = name.session}; }

void DeclarationToProto(const SessionRecord& record, v1::Session* out) {
  const Declaration& declaration = record.declaration;
  out->set_name(declaration.Name());
  out->set_uid(FormatUid(record.uid));
  for (const auto& [key, value] : declaration.traits->labels) {
    (*out->mutable_labels())[key] = value;
  }
  out->set_group(declaration.traits->group);
  // Bytes that this process has written; they parse.
  out->mutable_spec()->ParseFromString(declaration.spec->bytes);
  out->mutable_spec()->set_url(declaration.DeclaredUrl());
  if (declaration.own) {
    for (const auto& [name, value] : declaration.own->parameters)
      (*out->mutable_spec()->mutable_parameters())[name] = value;
  }
  out->set_etag(FormatEtag(record.revision));
  *out->mutable_create_time() = ToTimestamp(record.create_time);
  *out->mutable_update_time() = ToTimestamp(record.update_time);
  out->set_origin(record.origin);
  if (declaration.paused) out->set_paused(true);
  if (const Lease* lease = declaration.traits->lease.get()) {
    out->set_owner(lease->owner);
    if (lease->expire_time.load() != Lease::kNoTerm) *out->mutable_expire_time() = ToTimestamp(lease->expire_time);
  }
}

store::PutChange PutOf(const SessionRecord& record) {
  v1::Session session;
  DeclarationToProto(record, &session);
  session.clear_expire_time();  // stored once for all sessions of the owner
  return {.session = {.name = record.Name(), .declaration = SerializeDeterministic(session)}};
}

std::string SerializeSharedSpec(const v1::SessionSpec& spec) {
  if (spec.url().empty() && spec.parameters().empty()) return SerializeDeterministic(spec);
  v1::SessionSpec rest = spec;
  rest.clear_url();
  // Their names shape the scope; their values are each session's own.
  for (auto& [name, value] : *rest.mutable_parameters()) value.clear();
  return SerializeDeterministic(rest);
}

std::string FormatEtag(uint64_t revision) { return fmt::format("{:x}", revision); }

}  // namespace holter::registry
