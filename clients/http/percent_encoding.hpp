#pragma once

#include <string>
#include <string_view>

namespace natgw::http {

/// Keeps the unreserved characters of RFC 3986, `A-Z a-z 0-9 - _ . ~`; every
/// other byte becomes %XX in upper case, a blank too. So the cloud's signature
/// schemes prescribe it, and so no name leaves its segment of a path.
std::string percent_encode(std::string_view x);

/// Appends the encoded text.
void percent_encode(std::string& out, std::string_view x);

} // namespace natgw::http
