// What is declared about one session, compactly: 20,000 of them are kept. A record is one version and never changes; an
// update makes another.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/session_name.h"
#include "core/session_observer.h"
#include "core/session_spec.h"
#include "engine/session_cell.h"
#include "holter/v1/session.pb.h"
#include "registry/lease.h"
#include "registry/session_uid.h"
#include "registry/weak_interner.h"
#include "store/store.h"

namespace holter::registry {

// Who a session belongs to; shared by all that have the same.
struct SessionTraits {
  std::string tenant;
  std::string group;
  std::shared_ptr<const Lease> lease;                       // of the owner; null: nobody's
  std::vector<std::pair<std::string, std::string>> labels;  // in the order of keys
  std::string key;                                          // all of it as bytes

  std::string_view Key() const { return key; }
};

// A spec without its URL and parameters; shared by all sessions that have the same.
struct InternedSpec {
  std::string bytes;  // serialised holter.v1.SessionSpec
  std::shared_ptr<const core::SharedSpec> shared;

  std::string_view Key() const { return bytes; }
};

// What a session that names a preset or has parameters says of its own; most sessions have neither.
struct OwnWords : boost::intrusive_ref_counter<OwnWords> {
  std::string url;  // as declared: perhaps none, perhaps with ${name}
  std::map<std::string, std::string> parameters;
  std::shared_ptr<const core::ParameterList> compiled;

  friend bool operator==(const OwnWords& a, const OwnWords& b) {
    return a.url == b.url && a.parameters == b.parameters;
  }
};

// What a caller declares, checked, with all that can be shared already shared.
struct Declaration {
  std::string session;  // last part of the name
  std::string url;      // where it is dialled
  std::shared_ptr<const SessionTraits> traits;
  std::shared_ptr<const InternedSpec> spec;
  boost::intrusive_ptr<const OwnWords> own = nullptr;
  bool paused = false;  // last: a record keeps its origin in the padding behind

  std::string Name() const;
  const std::string& DeclaredUrl() const { return own ? own->url : url; }
  core::SessionSpec Spec() const {
    return {.url = url, .shared = spec->shared, .parameters = own ? own->compiled : nullptr, .paused = paused};
  }
  // Traits and specs are interned, so that equal means identical.
  friend bool operator==(const Declaration& a, const Declaration& b) {
    return a.session == b.session && a.url == b.url && a.traits == b.traits && a.spec == b.spec &&
           a.paused == b.paused && (a.own == b.own || (a.own && b.own && *a.own == *b.own));
  }
};

struct SessionRecord {
  core::SessionId id = 0;
  [[no_unique_address]] Declaration declaration;
  v1::Origin origin = v1::ORIGIN_API;
  Uid uid{};
  uint64_t revision = 0;  // of the declaration; grows with every change of any
  WallTime create_time{};
  WallTime update_time{};

  const std::string& tenant() const { return declaration.traits->tenant; }
  // Empty: nobody.
  std::string_view owner() const {
    return declaration.traits->lease != nullptr ? std::string_view(declaration.traits->lease->owner) : "";
  }
  std::string Name() const { return declaration.Name(); }
};
using RecordPtr = std::shared_ptr<const SessionRecord>;

// A session as its readers take it out of the table. `cell` is null for the moment between its commit and its begin.
struct LiveSession {
  RecordPtr record;
  engine::SessionHandle cell;
};

// "tenants/{tenant}/sessions/{session}" in the order of that text, without making it.
struct NameRef {
  std::string_view tenant;
  std::string_view session;
};
int CompareNames(const NameRef& a, const NameRef& b);
NameRef NameOf(const SessionRecord& record);
NameRef NameOf(const SessionName& name);

// All of a Session but its status.
void DeclarationToProto(const SessionRecord& record, v1::Session* out);
// The same for the store.
store::PutChange PutOf(const SessionRecord& record);

// The bytes by which specs are equal: deterministic, and without the URL and the values of parameters.
std::string SerializeSharedSpec(const v1::SessionSpec& spec);

std::string FormatEtag(uint64_t revision);
google::protobuf::Timestamp ToTimestamp(WallTime time);

}  // namespace holter::registry
