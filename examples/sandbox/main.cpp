// SPDX-License-Identifier: MIT
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

#include "sandbox/server.hpp"
#include "sandbox/temporary_directory.hpp"

namespace {

struct Arguments {
  sandbox::Options options;
  std::string env_file;
  std::string ca_out;
  std::string answer;
};

void add_options(CLI::App& app, Arguments& arguments) {
  auto& options = arguments.options;
  app.add_option("--issuer-port", options.issuer_port, "Port of the token issuer; 0 picks a free one")
      ->check(CLI::Range(0, 65535));
  app.add_option("--api-port", options.api_port, "Port of the API; 0 picks a free one")->check(CLI::Range(0, 65535));
  app.add_option("--client-id", options.client_id, "The client that gets tokens (" + options.client_id + ")");
  app.add_option("--client-secret", options.client_secret, "Its secret (" + options.client_secret + ")");
  app.add_option_function<int>(
         "--token-lifetime", [&options](int seconds) { options.token_lifetime = std::chrono::seconds(seconds); },
         "Seconds until a token expires (86400)")
      ->check(CLI::Range(1, 1'000'000'000));
  app.add_flag("--http", options.plain_http, "Plain HTTP instead of HTTPS");
  app.add_option("--env-file", arguments.env_file, "Write what a client needs to this file, for `. FILE` in a shell");
  app.add_option("--answer", arguments.answer,
                 "While this file exists, answer every API request with it: an HTTP status on the first line, then "
                 "headers, a blank line and the body. It is read anew for each request");
  app.add_option("--ca-out", arguments.ca_out, "Copy the certificate of the sandbox's authority to this file");
}

// In single quotes nothing is special to a shell but the single quote itself.
std::string shell_quoted(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string environment(const sandbox::Options& options, const sandbox::Sandbox& running) {
  return "MOVIO_CLIENT_ID=" + shell_quoted(options.client_id) +
         "\nMOVIO_CLIENT_SECRET=" + shell_quoted(options.client_secret) +
         "\nMOVIO_ISSUER_URL=" + shell_quoted(running.issuer_url()) +
         "\nMOVIO_API_URL=" + shell_quoted(running.api_url()) + "\nMOVIO_CA_FILE=" + shell_quoted(running.ca_file()) +
         "\n";
}

// The file that tells clients about the running sandbox; it goes with it.
class EnvironmentFile {
 public:
  EnvironmentFile(std::string path, const std::string& content) : path_(std::move(path)) {
    if (!path_.empty()) sandbox::write_private_file(path_, content);
  }
  ~EnvironmentFile() {
    if (!path_.empty()) std::remove(path_.c_str());
  }
  EnvironmentFile(const EnvironmentFile&) = delete;
  EnvironmentFile& operator=(const EnvironmentFile&) = delete;

 private:
  std::string path_;
};

void copy_file(const std::string& from, const std::string& to) {
  std::ostringstream content;
  content << std::ifstream(from).rdbuf();
  sandbox::write_private_file(to, content.str());
}

void print_guide(const Arguments& arguments, const sandbox::Sandbox& running) {
  std::cout << "Token issuer:   " << running.issuer_url() << "\nExhibitor API:  " << running.api_url()
            << "\nCA certificate: " << running.ca_file() << '\n';
  if (arguments.env_file.empty()) {
    std::cout << "For a client (the secret is the one of --client-secret):\n  export MOVIO_CLIENT_ID="
              << shell_quoted(arguments.options.client_id) << " MOVIO_ISSUER_URL=" << running.issuer_url()
              << " MOVIO_API_URL=" << running.api_url() << " MOVIO_CA_FILE=" << shell_quoted(running.ca_file()) << '\n';
  } else {
    std::cout << "For a client:   set -a; . " << shell_quoted(arguments.env_file) << "; set +a\n";
  }
  std::cout << "Counters:       curl --cacert " << shell_quoted(running.ca_file()) << ' ' << running.api_url()
            << "/sandbox/counters\nStop it with Ctrl-C." << std::endl;
}

// Blocked in this thread before any other starts, so that all inherit it and sigwait() alone takes them.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Answers as a file says; false when there is none. The lines of its head end in LF.
bool answer_from(const std::string& file, httplib::Response& response) {
  std::ifstream in(file, std::ios::binary);
  if (!(in >> response.status)) return false;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line) && !line.empty()) {
    const auto colon = std::min(line.find(':'), line.size());
    const auto value = std::min(line.find_first_not_of(": ", colon), line.size());
    response.set_header(line.substr(0, colon), line.substr(value));
  }
  std::ostringstream body;
  body << in.rdbuf();
  response.body = body.str();
  return true;
}

void run(const Arguments& arguments) {
  const sigset_t signals = block_end_signals();
  sandbox::Sandbox running(arguments.options);
  if (!arguments.answer.empty()) {
    running.intercept_api([&arguments](const httplib::Request& /*request*/, httplib::Response& response) {
      return answer_from(arguments.answer, response);
    });
  }
  if (!arguments.ca_out.empty()) copy_file(running.ca_file(), arguments.ca_out);
  const EnvironmentFile file(arguments.env_file, environment(arguments.options, running));
  print_guide(arguments, running);
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A local stand-in of Movio's token issuer and Exhibitor API; all data is gone when it ends.",
               "exhibitor-sandbox");
  Arguments arguments;
  add_options(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "exhibitor-sandbox: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
