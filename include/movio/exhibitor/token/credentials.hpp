#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "../core/result.hpp"
#include "../core/secret.hpp"
#include "../detail/json/document.hpp"
#include "../detail/os/descriptor.hpp"
#include "../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// What the issuer knows this program by.
struct ClientCredentials {
  std::string client_id;
  Secret client_secret;
};

/// Gives the credentials. Asked at every token exchange, so a rotated secret needs no restart; on the transport's
/// thread, so it must be quick; never twice at the same time by one provider. Several providers that share a source may
/// ask it at the same time. What it throws becomes an `Error` of kind `credentials`.
using CredentialSource = std::function<Result<ClientCredentials>()>;

/// Which access to files with credentials is accepted.
enum class FileAccess {
  owner_and_group,  ///< Not that of every user: files that all can read or change are refused, and files in a directory
                    ///< where all can replace them (writable for all, without a sticky bit).
  any_user,         ///< All of that, too: for mounts whose modes cannot be set, where no other user can reach them. The
                    ///< files of Docker Compose's `secrets` have their mode on the host (Compose ignores `uid`, `gid`
                    ///< and `mode` of a secret that is a file), and a Windows drive has no modes under WSL unless it is
                    ///< mounted with `metadata`.
};

namespace detail {

/// A mounted secret holds two short lines; more than this is the wrong file.
inline constexpr std::size_t largest_secret_file = std::size_t{64} << 10U;

/// How often files are read again that change while they are read. A swap of directories is over in microseconds.
inline constexpr int credential_read_attempts = 5;

inline Error credentials_error(std::string message) { return make_error(ErrorKind::credentials, std::move(message)); }

/// What is wrong with a client id or secret; nullptr when nothing is. Never quotes it.
inline const char* credential_problem(std::string_view value) noexcept {
  if (value.empty()) return "is empty";
  for (const char c : value) {
    if (is_control(c)) {
      return "holds a control character, most likely a newline that `echo` put there; write it with printf '%s' "
             "instead";
    }
  }
  if (!is_utf8(value)) return "is not valid UTF-8";
  return value.substr(0, 3) == "\xEF\xBB\xBF" ? "begins with a byte-order mark; save it without one" : nullptr;
}

/// Credentials fit to be sent; `origin` says where they are from, for example "in /run/secrets/movio".
inline Result<ClientCredentials> checked(ClientCredentials credentials, std::string_view origin) {
  const auto error = [origin](const char* name, const char* problem) {
    return credentials_error("the " + std::string(name) + ' ' + std::string(origin) + ' ' + problem);
  };
  if (const char* problem = credential_problem(credentials.client_id)) return error("client_id", problem);
  if (const char* problem = credential_problem(credentials.client_secret.reveal()))
    return error("client_secret", problem);
  return credentials;
}

/// Asks any source, a user's own too. Never throws what the source throws: its text could hold anything.
inline Result<ClientCredentials> ask(const CredentialSource& source) {
  if (!source) return credentials_error("no credential source is set");
  try {
    auto credentials = source();
    return credentials ? checked(*std::move(credentials), "from the credential source") : credentials;
  } catch (...) {
    return credentials_error("the credential source threw an exception");
  }
}

/// A file with a secret in it, read once and held open: so long as it is, no other file can take its inode number.
class SecretFile {
 public:
  static Result<SecretFile> read(const std::string& path, FileAccess access = FileAccess::owner_and_group) {
    // Not blocking: opening a named pipe would wait for a writer. Not becoming anybody's terminal either.
    SecretFile file(path, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (!file.descriptor_) {
      const bool forbidden = errno == EACCES;
      return file.system_error("cannot be opened", forbidden ? "let this process's user or group read it"
                                                             : "put it there, or name the place where it is");
    }
    if (::fstat(file.descriptor_.get(), &file.status_) != 0)
      return file.system_error("cannot be examined", "try again");
    if (auto fit = file.check_status(); !fit) return std::move(fit).error();
    if (access == FileAccess::owner_and_group) {
      if (auto kept = file.check_access(); !kept) return std::move(kept).error();
    }
    if (auto done = file.read_content(); !done) return std::move(done).error();
    return file;
  }

  [[nodiscard]] const Secret& content() const noexcept { return content_; }

  /// Whether the path still names this file, and the file is as it was when it was read.
  [[nodiscard]] bool unchanged() const noexcept {
    struct stat now {};
    return ::stat(path_.c_str(), &now) == 0 && now.st_dev == status_.st_dev && now.st_ino == status_.st_ino &&
           now.st_size == status_.st_size && modified(now).tv_sec == modified(status_).tv_sec &&
           modified(now).tv_nsec == modified(status_).tv_nsec;
  }

 private:
  SecretFile(std::string path, Descriptor descriptor) : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  static const timespec& modified(const struct stat& status) noexcept {
#ifdef __APPLE__
    return status.st_mtimespec;
#else
    return status.st_mtim;
#endif
  }

  static constexpr const char* way_out = "FileAccess::any_user (exhibitor: --credentials-any-user) accepts it as it is";

  [[nodiscard]] Error error(const std::string& problem) const { return credentials_error(path_ + ' ' + problem); }
  [[nodiscard]] Error system_error(const char* what, const char* remedy) const {
    const std::string reason = system_error_text(errno);
    return error(std::string(what) + " (" + reason + "); " + remedy);
  }

  [[nodiscard]] Result<void> check_status() const {
    if (!S_ISREG(status_.st_mode)) return error("is not a regular file");
    if (static_cast<std::size_t>(status_.st_size) > largest_secret_file) {
      return error("is larger than 64 KiB, which no client secret is");
    }
    return {};
  }

  [[nodiscard]] Result<void> check_access() const {
    if ((status_.st_mode & (S_IROTH | S_IWOTH)) != 0) {
      const bool readable = (status_.st_mode & S_IROTH) != 0;
      return error(std::string(readable ? "can be read" : "can be changed") +
                   " by every user of the machine; mend it with `chmod o-rwx " + path_ +
                   "`, in Kubernetes with `defaultMode: 0440` in the secret volume, in a Docker swarm with `uid` and "
                   "`mode: 0400` at the service's secret, with Docker Compose by chown and chmod of the file on the "
                   "host, on a Windows drive under WSL by moving it to the Linux file system; " +
                   way_out);
    }
    const auto parent = std::filesystem::path(path_).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0)
      return system_error("is in a directory that cannot be examined", "try again");
    if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return {};
    return error("can be replaced by every user of the machine; mend it with `chmod o-w " + directory +
                 "`, in Kubernetes with `medium: Memory` in the emptyDir volume; " + way_out);
  }

  Result<void> read_content() {
    const auto size = static_cast<std::size_t>(status_.st_size);
    std::string buffer(size, '\0');
    std::size_t filled = 0;
    ssize_t count = 1;
    while (filled < size && count != 0) {
      count = ::read(descriptor_.get(), &buffer[filled], size - filled);
      if (count > 0) filled += static_cast<std::size_t>(count);
      if (count < 0 && errno != EINTR) break;
    }
    content_ = Secret(std::move(buffer));
    if (count < 0) return system_error("cannot be read", "try again");
    if (filled < size) return error("was cut short while it was read");
    return {};
  }

  std::string path_;
  Descriptor descriptor_;
  struct stat status_ {};
  Secret content_;
};

/// A file's text without the one newline, LF or CRLF, that an editor leaves at its end.
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
  // Kubernetes swaps both files at once by a symbolic link: if both are still there, they were so together.
  if (!id->unchanged() || !secret->unchanged()) return changing_error(path);
  return checked({std::string(without_newline(id->content().reveal())),
                  Secret(std::string(without_newline(secret->content().reveal())))},
                 "in " + path);
}

/// Takes a member's text out of an object, so that no copy of it stays behind; empty when it is not there or not text.
inline Secret take_member(nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  auto* text = found != object.end() ? found->get_ptr<nlohmann::json::string_t*>() : nullptr;
  if (text == nullptr) return {};
  Secret taken(*text);
  wipe(*text);
  return taken;
}

/// The wiping is best effort here: the JSON reader's own buffer is out of reach.
inline Result<ClientCredentials> read_credentials_file(const std::string& path, FileAccess access) {
  const auto file = SecretFile::read(path, access);
  if (!file) return file.error();
  auto json = parse_json(file->content().reveal(), path);
  if (!file->unchanged()) return changing_error(path);
  const char* const remedy = R"(; it must be {"client_id": "...", "client_secret": "..."})";
  if (!json) return credentials_error(json.error().message + remedy);
  const Secret id = take_member(*json, "client_id");
  Secret secret = take_member(*json, "client_secret");
  if (id.empty() || secret.empty()) return credentials_error(path + " lacks a client_id or client_secret" + remedy);
  return checked({std::string(id.reveal()), std::move(secret)}, "in " + path);
}

/// A source that reads at each call, and again when the reading fails: files may be caught in the middle of a change.
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

/// Always the same credentials.
inline CredentialSource credentials(std::string client_id, Secret client_secret) {
  return [result = detail::checked({std::move(client_id), std::move(client_secret)}, "given to the program")] {
    return result;
  };
}

/// `MOVIO_CLIENT_ID` and `MOVIO_CLIENT_SECRET`, read once, by this call: an environment never changes from outside.
/// Errors of the source: `credentials`, which names the variable that is missing or empty.
/// Thread-safety: as `std::getenv`: no other thread may change the environment during this call.
inline CredentialSource credentials_from_environment() {
  return [result = detail::read_environment()] { return result; };
}

/// The files `client_id` and `client_secret` of a directory such as a mounted secret, read at each call, both from one
/// generation; one newline at the end is cut. They may be readable by their group (Kubernetes makes them so); what
/// every user may do to them is up to `access`. Errors of the source: `credentials`.
inline CredentialSource credentials_from_directory(std::string path, FileAccess access = FileAccess::owner_and_group) {
  return detail::reading_source(
      [access](const std::string& name) { return detail::read_credentials_directory(name, access); }, std::move(path));
}

/// A JSON file, `{"client_id": "...", "client_secret": "..."}`, read at each call. It may be readable by its group;
/// what every user may do to it is up to `access`. Errors of the source: `credentials`.
inline CredentialSource credentials_from_file(std::string path, FileAccess access = FileAccess::owner_and_group) {
  return detail::reading_source(
      [access](const std::string& name) { return detail::read_credentials_file(name, access); }, std::move(path));
}

}  // namespace v0_1
}  // namespace movio::exhibitor
