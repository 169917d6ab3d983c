#include "emulator/vpc/token_memory.hpp"

namespace natgw::emulator {

void token_memory::forget(instant now) {
  while (!queue_.empty()) {
    const auto found = answers_.find(queue_.front());
    if (found != answers_.end()) {
      if (found->second.forgotten > now)
        return;
      answers_.erase(found);
    }
    queue_.pop_front();
  }
}

api_expected<const token_memory::answer*>
token_memory::recall(const std::string& account, const std::string& token,
                     uint64_t parameters_hash, instant now) {
  forget(now);
  const auto found = answers_.find(account + '\n' + token);
  // The queue is in order unless the retention was changed meanwhile.
  if (found == answers_.end() || found->second.forgotten <= now)
    return nullptr;
  const auto& x = found->second;
  if (x.parameters_hash != parameters_hash)
    return refuse(400, "IdempotentParameterMismatch",
                  "The request uses the same client token as a previous, but "
                  "non-identical request.");
  if (now < x.answered)
    return refuse(403, "LastTokenProcessing",
                  "The last token request is processing.");
  return &x;
}

void token_memory::remember(const std::string& account,
                            const std::string& token, answer x) {
  auto name = account + '\n' + token;
  answers_.insert_or_assign(name, std::move(x));
  queue_.push_back(std::move(name));
}

} // namespace natgw::emulator
