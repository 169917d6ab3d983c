#include "config/guard.hpp"

#include <cstddef>
#include <exception>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace natgw::config {

namespace {

constexpr int max_depth = 32;
constexpr size_t max_nodes = 200'000;
constexpr size_t max_aliases = 1'000;

/// Counts what the parser tells. Throws where a bound is passed, since that is
/// the only way to stop the parser.
class counter : public YAML::EventHandler {
public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      throw YAML::ParserException(mark, "only one document is allowed");
  }

  void OnDocumentEnd() override {
    // nop
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    count(mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    count(mark);
    if (++aliases_ > max_aliases)
      throw YAML::ParserException(mark, "too many aliases");
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count(mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&,
                       YAML::anchor_t, YAML::EmitterStyle::value) override {
    descend(mark);
  }

  void OnSequenceEnd() override {
    --depth_;
  }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    descend(mark);
  }

  void OnMapEnd() override {
    --depth_;
  }

private:
  void count(const YAML::Mark& mark) {
    if (++nodes_ > max_nodes)
      throw YAML::ParserException(mark, "too many values");
  }

  void descend(const YAML::Mark& mark) {
    count(mark);
    if (++depth_ > max_depth)
      throw YAML::ParserException(mark, "nested too deeply");
  }

  int documents_ = 0;
  int depth_ = 0;
  size_t nodes_ = 0;
  size_t aliases_ = 0;
};

} // namespace

std::optional<yaml_problem> guard_yaml(const std::string& text) {
  // The only exceptions of yaml-cpp that reach us end here.
  try {
    std::istringstream in{text};
    YAML::Parser parser{in};
    counter handler;
    while (parser.HandleNextDocument(handler)) {
      // Everything happens in the handler.
    }
  } catch (const YAML::Exception& err) {
    if (err.mark.is_null())
      return yaml_problem{0, 0, err.msg};
    return yaml_problem{err.mark.line + 1, err.mark.column + 1, err.msg};
  } catch (const std::exception& err) {
    return yaml_problem{0, 0, err.what()};
  }
  return std::nullopt;
}

} // namespace natgw::config
