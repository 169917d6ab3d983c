#pragma once

#include <string>

#include "clients/aliyun/vpc_request.hpp"
#include "clients/http/curl_transport.hpp"
#include "clients/kube/api_server.hpp"
#include "config/model.hpp"
#include "core/annotations.hpp"

// What the settings mean to the classes below, for all who use those.

namespace natgw::cli {

/// The first part of the names of our entries.
inline constexpr const char* entry_prefix = "natgw";

/// Where the VPC OpenAPI is called, and how its calls are signed.
aliyun::vpc_endpoint endpoint_of(const config::settings& x);

core::annotation_rules rules_of(const config::settings& x);

/// For a transport to the API server: whom to trust and as whom to appear.
http::curl_options transport_to(const kube::api_server& server,
                                std::string user_agent);

} // namespace natgw::cli
