#include "holter/health.h"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <utility>

#include "absl/synchronization/notification.h"
#include "client/lib/connection.h"
#include "holter/status.h"

namespace holter::client {
namespace {

using google::protobuf::Empty;
using google::protobuf::UnknownField;

// The messages of grpc.health.v1 have one field each, which a message without fields keeps as an unknown one. An empty
// request asks for the server as a whole.
constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr int kStatusField = 1;
constexpr uint64_t kServing = 1;

bool SaysServing(const Empty& answer) {
  const google::protobuf::UnknownFieldSet& fields = answer.GetReflection()->GetUnknownFields(answer);
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.number() == kStatusField && field.type() == UnknownField::TYPE_VARINT) return field.varint() == kServing;
  }
  return false;
}

}  // namespace

absl::StatusOr<bool> IsServing(const ClientOptions& options) {
  const Connection connection(options);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + options.deadline);
  if (absl::Status status = connection.Prepare(context); !status.ok()) return status;
  grpc::TemplatedGenericStub<Empty, Empty> stub(connection.channel());
  const Empty request;
  Empty answer;
  grpc::Status status;
  absl::Notification answered;
  stub.UnaryCall(&context, kCheck, grpc::StubOptions(), &request, &answer, [&status, &answered](grpc::Status ended) {
    status = std::move(ended);
    answered.Notify();
  });
  answered.WaitForNotification();
  if (!status.ok()) return FromGrpc(status);
  return SaysServing(answer);
}

}  // namespace holter::client
