#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

/// Alibaba Cloud's official SDK for Node.js, which performs calls for us.
namespace natgw::test::sdk {

using nlohmann::json;

/// What the SDK made of a call, see driver.js.
struct outcome {
  json told;

  bool ok() const {
    return told.at("ok").get<bool>();
  }
  /// The refusal's Code; the text of what went wrong in the SDK itself; empty
  /// for a success.
  std::string code() const;
  /// The API's own words.
  std::string message() const;
  int status() const {
    return told.value("status", 0);
  }
  /// The SDK's model of the answer, by the API's names.
  const json& body() const {
    return told.at("body");
  }
};

/// The one process of Node.js that all tests talk to; started when it is
/// needed first. It finds the SDK beside driver.js or by NODE_PATH.
class driver {
public:
  static driver& shared();

  ~driver();

  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  /// Performs a call and waits for its outcome. The SDK gives up on a silent
  /// server itself.
  outcome perform(const json& call);

private:
  driver();

  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::test::sdk
