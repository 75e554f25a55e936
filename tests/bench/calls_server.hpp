// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "../support/nginx.hpp"

/// What the benchmarks of calls and of bulk uploads talk to.
namespace bench {

namespace ex = movio::exhibitor;

/// Where a call goes, and what it carries. All ways send the same bytes.
struct Target {
  std::string url;
  std::string ca_file;
  std::string token = std::string(900, 't');  ///< A JWT's size.
};

/// nginx as issuer and API, in plain HTTP, in HTTP/1.1 with TLS, and in HTTP/2. It reads bodies to their end, and
/// answers every call alike.
class Server {
 public:
  [[nodiscard]] Target target(const std::string& protocol) const {
    const bool plain = protocol == "http";
    const int port = plain ? http_ : protocol == "https" ? https_ : h2_;
    return {(plain ? "http://127.0.0.1:" : "https://127.0.0.1:") + std::to_string(port), sandbox_.ca_file()};
  }
  [[nodiscard]] int connections() { return nginx_.connections(); }

 private:
  [[nodiscard]] std::string listens(int port, const char* how) const {
    return "server { listen 127.0.0.1:" + std::to_string(port) + how + "; ssl_certificate " +
           sandbox_.certificate_file() + "; ssl_certificate_key " + sandbox_.key_file() +
           "; default_type application/json;\n  client_body_buffer_size 4m; http2_max_concurrent_streams 128;\n"
           "  location /oauth/token { return 200 '{\"token_type\":\"Bearer\",\"expires_in\":86400,\"access_token\":\"" +
           target("http").token +
           "\"}'; }\n  location / { if ($request_method = GET) { return 200 '{\"total\":1,\"updated_count\":1}'; }\n"
           "    proxy_pass http://answer; proxy_http_version 1.1; proxy_pass_request_body off;\n"
           "    proxy_set_header Content-Length \"\"; proxy_set_header Connection \"\"; } }\n";
  }
  [[nodiscard]] std::string servers() const {
    const std::string answer = "127.0.0.1:" + std::to_string(answer_);
    return "upstream answer { server " + answer + "; keepalive 16; }\nserver { listen " + answer +
           "; default_type application/json; return 202 '{\"created_count\":1}'; }\n" + listens(http_, "") +
           listens(https_, " ssl") + listens(h2_, " ssl http2");
  }

  const sandbox::Sandbox sandbox_;  ///< For its certificates.
  const int http_ = integration::closed_port();
  const int https_ = integration::closed_port();
  const int h2_ = integration::closed_port();
  const int answer_ = integration::closed_port();
  integration::Nginx nginx_{servers()};
};

}  // namespace bench
