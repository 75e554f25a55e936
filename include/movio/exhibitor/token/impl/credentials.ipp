// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "../credentials.hpp"
#include "../detail/credential_check.hpp"
#include "../detail/credential_files.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE CredentialSource credentials(std::string client_id, Secret client_secret) {
  return [result = detail::checked({std::move(client_id), std::move(client_secret)}, "given to the program")] {
    return result;
  };
}

MOVIO_EXHIBITOR_INLINE CredentialSource credentials_from_environment() {
  return [result = detail::read_environment()] { return result; };
}

MOVIO_EXHIBITOR_INLINE CredentialSource credentials_from_directory(std::string path, FileAccess access) {
  return detail::reading_source(
      [access](const std::string& name) { return detail::read_credentials_directory(name, access); }, std::move(path));
}

MOVIO_EXHIBITOR_INLINE CredentialSource credentials_from_file(std::string path, FileAccess access) {
  return detail::reading_source(
      [access](const std::string& name) { return detail::read_credentials_file(name, access); }, std::move(path));
}

}  // namespace v0_1
}  // namespace movio::exhibitor
