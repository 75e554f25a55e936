// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "integration.hpp"
#include "support.hpp"

namespace integration {

/// The servers of a configuration that puts HTTPS and HTTP/2 in front of a sandbox's API.
inline std::string servers_in_front_of(const sandbox::Sandbox& sandbox, int port) {
  return "upstream api { server 127.0.0.1:" + std::to_string(sandbox.api_port()) +
         "; keepalive 16; }\nserver {\n  listen 127.0.0.1:" + std::to_string(port) + " ssl http2;\n  ssl_certificate " +
         sandbox.certificate_file() + "; ssl_certificate_key " + sandbox.key_file() +
         ";\n  location / { proxy_pass https://api; proxy_http_version 1.1; proxy_set_header Connection \"\";\n"
         "    add_header X-Protocol $server_protocol always; }\n  location /unread { return 202 'ok'; }\n}\n";
}

/// Debian's nginx with the servers that it is given, and a count of its own of the connections made to it.
class Nginx {
 public:
  explicit Nginx(const std::string& servers) : status_port_(closed_port()) {
    start(directory_.write("nginx.conf", configuration(servers)));
    await_answer();
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx() { stop(); }

  /// The connections accepted so far, by nginx's own count; the one that asks for it is kept, and not counted.
  int connections() {
    const auto status = status_.send(request("GET", status_url()));
    if (!status) throw std::runtime_error("nginx does not tell its status");
    return std::stoi(status->body.substr(status->body.find("requests\n") + 9)) - 1;
  }

  /// Puts other processes to work; those that there were finish what they have, and take nothing more.
  void reload() const { ::kill(process_, SIGHUP); }

 private:
  [[nodiscard]] std::string status_url() const {
    return "http://127.0.0.1:" + std::to_string(status_port_) + "/status";
  }

  [[nodiscard]] std::string configuration(const std::string& servers) const {
    std::string paths;
    for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      paths += std::string(name) + "_temp_path " + directory_.path() + "; ";
    }
    return "daemon off; worker_processes 1; pid " + directory_.path("pid") + ";\n" +
           (::geteuid() == 0 ? "user root;\n" : "") + "events { worker_connections 1024; }\nhttp {\n" + paths +
           "\naccess_log off; client_max_body_size 64m; keepalive_requests 1000000;\n" + servers +
           "server { listen 127.0.0.1:" + std::to_string(status_port_) + "; location /status { stub_status; } }\n}\n";
  }

  void start(std::string file) {
    std::string log = directory_.path("error.log");
    std::string name = "nginx", log_option = "-e", file_option = "-c";
    const std::array<char*, 6> arguments{name.data(),        log_option.data(), log.data(),
                                         file_option.data(), file.data(),       nullptr};
    if (::posix_spawn(&process_, "/usr/sbin/nginx", nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("nginx is not installed");
    }
  }

  void await_answer() {
    for (int i = 0; i < 500; ++i) {
      if (status_.send(request("GET", status_url()))) return;
      if (::waitpid(process_, nullptr, WNOHANG) == process_) throw std::runtime_error("nginx did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stop();
    throw std::runtime_error("nginx did not answer in time");
  }

  void stop() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

  int status_port_;
  ex::CurlTransport status_;
  const support::TemporaryDirectory directory_;
  pid_t process_ = -1;
};

}  // namespace integration
