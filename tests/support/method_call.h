// A call of any method of the API with a request that is made of its description, so that a test walks all of them.
#pragma once

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "holter/v1/preset_service.pb.h"
#include "holter/v1/session_service.pb.h"

namespace holter::testing {

inline std::vector<const google::protobuf::MethodDescriptor*> MethodsOfTheApi() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const auto* const file :
       {v1::GetSessionRequest::descriptor()->file(), v1::GetPresetRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

// Whether what it answers belongs to tenants; the rest is for everybody who is somebody.
inline bool IsOfTenants(const google::protobuf::MethodDescriptor& method) {
  return method.service()->name() != "PresetService";
}

// Whether a viewer may call it.
inline bool OnlyReads(const google::protobuf::MethodDescriptor& method) {
  for (const char* const prefix : {"Get", "List", "Watch", "BatchGet", "Tap"}) {
    if (method.name().starts_with(prefix)) return true;
  }
  return false;
}

// Has every field that names something name something of `tenant`.
inline void NameEverything(google::protobuf::Message& message, const std::string& tenant) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string session = fmt::format("tenants/{}/sessions/s", tenant);
      if (field->name() == "parent") reflection.SetString(&message, field, fmt::format("tenants/{}", tenant));
      if (field->name() == "name" && !field->is_repeated()) reflection.SetString(&message, field, session);
      if (field->name() == "names" && field->is_repeated()) reflection.AddString(&message, field, session);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               (field->message_type()->name() == "Session" || field->message_type()->name().ends_with("Request"))) {
      NameEverything(
          field->is_repeated() ? *reflection.AddMessage(&message, field) : *reflection.MutableMessage(&message, field),
          tenant);
    }
  }
}

inline grpc::ByteBuffer BytesOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

// The request of `method` whose names are of `tenant`; without a tenant, one without fields.
inline grpc::ByteBuffer RequestOf(const google::protobuf::MethodDescriptor& method, const std::string& tenant = "") {
  const std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
  if (!tenant.empty()) NameEverything(*request, tenant);
  return BytesOf(request->SerializeAsString());
}

// Sends it to "/package.Service/Method" and reads until the end.
inline grpc::Status CallPath(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
                             const std::string& path, const grpc::ByteBuffer& request) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  const auto step = [&](auto&& begin) {
    begin(&queue);
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::Status status;
  grpc::ByteBuffer response;
  const bool sent = step([&](void* tag) { call->StartCall(tag); }) &&
                    step([&](void* tag) { call->WriteLast(request, grpc::WriteOptions(), tag); });
  while (sent && step([&](void* tag) { call->Read(&response, tag); })) {
  }
  step([&](void* tag) { call->Finish(&status, tag); });
  queue.Shutdown();
  return status;
}

inline grpc::Status CallMethod(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
                               const google::protobuf::MethodDescriptor& method, const grpc::ByteBuffer& request) {
  return CallPath(channel, context, fmt::format("/{}/{}", method.service()->full_name(), method.name()), request);
}

}  // namespace holter::testing
