// YAML to messages, guided by their descriptors.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>
#include <vector>

namespace holter::spec {

// Reads one document into messages and collects what is wrong with it. One thread.
class YamlReader {
 public:
  // `file` begins every complaint and outlives the reader.
  explicit YamlReader(std::string_view file);

  void ReadMessage(const YAML::Node& node, const std::string& path, google::protobuf::Message& out);

  // "feeds.yaml:7: sessions[0].spec.url: …". The first twenty are kept.
  void Complain(const YAML::Mark& mark, std::string_view path, std::string_view text);
  const std::vector<std::string>& complaints() const { return complaints_; }
  // Nothing more is read: there is too much, or too much is wrong.
  bool full() const;

 private:
  using Field = google::protobuf::FieldDescriptor;

  // False when what aliases blow up is beyond any file of sessions.
  bool Visit(const YAML::Node& node, const std::string& path);
  void ReadField(const YAML::Node& node, const std::string& path, const Field& field, google::protobuf::Message& out);
  void ReadList(const YAML::Node& node, const std::string& path, const Field& field, google::protobuf::Message& out);
  void ReadMap(const YAML::Node& node, const std::string& path, const Field& field, google::protobuf::Message& out);
  void ReadOne(const YAML::Node& node, const std::string& path, const Field& field, google::protobuf::Message& out);
  void ReadSubmessage(const YAML::Node& node, const std::string& path, google::protobuf::Message& out);
  void ReadValue(const YAML::Node& node, const std::string& path, int depth, google::protobuf::Value& out);
  void ReadStruct(const YAML::Node& node, const std::string& path, int depth, google::protobuf::Struct& out);
  // The name of an entry; false and a complaint when it is not a scalar.
  bool ReadKey(const YAML::Node& key, const std::string& path, std::string& out);
  // The text of a scalar in the words of `expected`; false and a complaint when there is none.
  bool ReadText(const YAML::Node& node, const std::string& path, std::string_view expected, std::string& out);

  const std::string_view file_;
  std::vector<std::string> complaints_;
  size_t visited_ = 0;
  size_t limit_;  // of visited_
  bool exhausted_ = false;
};

}  // namespace holter::spec
