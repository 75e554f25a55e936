// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "../../detail/json/value.hpp"
#include "credential_check.hpp"
#include "secret_file.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// How often files that change while being read are read again. A swap of directories takes microseconds.
inline constexpr int credential_read_attempts = 5;

/// A file's text without one newline, LF or CRLF, at its end.
inline std::string_view without_newline(std::string_view text) noexcept {
  if (text.empty() || text.back() != '\n') return text;
  text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

inline Error changing_error(const std::string& path) {
  return credentials_error(path + " keeps changing while it is read; try again");
}

inline Result<ClientCredentials> read_credentials_directory(const std::string& path, FileAccess access) {
  if (path.empty()) return credentials_error("the name of the credentials directory is empty");
  const auto id = SecretFile::read(path + "/client_id", access);
  if (!id) return id.error();
  const auto secret = SecretFile::read(path + "/client_secret", access);
  if (!secret) return secret.error();
  // Kubernetes swaps both files at once by a symbolic link: if both are unchanged, they belong together.
  if (!id->unchanged() || !secret->unchanged()) return changing_error(path);
  return checked({std::string(without_newline(id->content().reveal())),
                  Secret(std::string(without_newline(secret->content().reveal())))},
                 "in " + path);
}

inline Result<ClientCredentials> read_credentials_file(const std::string& path, FileAccess access) {
  const auto file = SecretFile::read(path, access);
  if (!file) return file.error();
  const auto json = parse_json(file->content().reveal(), path);
  if (!file->unchanged()) return changing_error(path);
  const char* const remedy = R"(; it must be {"client_id": "...", "client_secret": "..."})";
  if (!json) return credentials_error(json.error().message + remedy);
  const Secret id(string_member(*json, "client_id"));
  Secret secret(string_member(*json, "client_secret"));
  if (id.empty() || secret.empty()) return credentials_error(path + " lacks a client_id or client_secret" + remedy);
  return checked({std::string(id.reveal()), std::move(secret)}, "in " + path);
}

/// A source that reads at each call, and again after a failure: the files may be changing.
template <class Read>
CredentialSource reading_source(Read read, std::string path) {
  return [read, path = std::move(path)] {
    auto credentials = read(path);
    for (int i = 1; !credentials && i < credential_read_attempts; ++i) credentials = read(path);
    return credentials;
  };
}

inline Result<std::string> environment_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value != nullptr && *value != '\0') return std::string(value);
  return credentials_error("the environment variable " + std::string(name) + " is not set, or empty");
}

inline Result<ClientCredentials> read_environment() {
  auto id = environment_variable("MOVIO_CLIENT_ID");
  if (!id) return std::move(id).error();
  auto secret = environment_variable("MOVIO_CLIENT_SECRET");
  if (!secret) return std::move(secret).error();
  return checked({*std::move(id), Secret(*std::move(secret))}, "in the environment");
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
