#pragma once

#include <string>
#include <string_view>

namespace natgw::aliyun {

/// The encoding that both signature schemes prescribe: `A-Z a-z 0-9 - _ . ~`
/// stay, every other byte becomes %XX in upper case, a blank too.
std::string percent_encode(std::string_view x);

/// Appends the encoded text.
void percent_encode(std::string& out, std::string_view x);

} // namespace natgw::aliyun
