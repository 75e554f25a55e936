// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <locale>
#include <sstream>
#include <string_view>
#include <utility>

#include <movio/exhibitor/redis_token_store.hpp>
#include <movio/exhibitor/stores/detail/redis_address.hpp>

#include "output.hpp"

namespace cli {
namespace {

ex::Error usage(std::string message) { return failure(ex::ErrorKind::invalid_argument, std::move(message)); }

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

ex::Result<void> set_region(Settings& settings, const std::string& text, const std::string& origin) {
  const auto region = ex::parse_region(text);
  if (!region) return usage(origin + ": " + region.error().message);
  settings.endpoints = ex::endpoints(*region);
  settings.region = *region == ex::Region::eu ? "eu" : "us";
  return {};
}

ex::Result<void> set_region_of_environment(Settings& settings) {
  const std::string region = environment("MOVIO_REGION");
  if (!region.empty()) return set_region(settings, region, "MOVIO_REGION");
  return usage(
      "which region? Give --region eu or --region us, or set MOVIO_REGION, or give --issuer-url and --api-url");
}

ex::Result<void> choose_endpoints(Settings& settings, const Options& options) {
  const bool url_given = options.issuer_url || options.api_url;
  if (options.region && url_given) return usage("give either --region or the two URLs, not both");
  if (options.region) return set_region(settings, *options.region, "--region");
  const std::string issuer_url = options.issuer_url.value_or(environment("MOVIO_ISSUER_URL"));
  const std::string api_url = options.api_url.value_or(environment("MOVIO_API_URL"));
  if (!url_given && issuer_url.empty() && api_url.empty()) return set_region_of_environment(settings);
  if (!url_given && !environment("MOVIO_REGION").empty()) {
    return usage("set either MOVIO_REGION, or MOVIO_ISSUER_URL and MOVIO_API_URL, not both; or give --region");
  }
  if (issuer_url.empty() || api_url.empty()) {
    return usage("--issuer-url and --api-url must be given together, or MOVIO_ISSUER_URL and MOVIO_API_URL set");
  }
  settings.endpoints = {issuer_url, api_url};
  settings.region = url_given ? "none (URLs given)" : "none (URLs of the environment)";
  return {};
}

ex::Result<void> check_endpoints(const ex::Endpoints& endpoints) {
  auto usable = ex::check(endpoints);
  const auto is_plain = [](const std::string& url) { return url.compare(0, 7, "http://") == 0; };
  if (!usable && !endpoints.allow_loopback_http && (is_plain(endpoints.issuer_url) || is_plain(endpoints.api_url))) {
    return usage("the URLs must be https; plain http is accepted only for a loopback host, with --allow-http");
  }
  return usable;
}

ex::Result<void> choose_credentials(Settings& settings, const Options& options) {
  if (options.credentials_file && options.credentials_dir) {
    return usage("give either --credentials-file or --credentials-dir, not both");
  }
  const bool from_files = options.credentials_file || options.credentials_dir;
  if (options.credentials_any_user && !from_files) {
    return usage("--credentials-any-user is about --credentials-file or --credentials-dir, and neither is given");
  }
  const auto access = options.credentials_any_user ? ex::FileAccess::any_user : ex::FileAccess::owner_and_group;
  if (options.credentials_file) {
    settings.credentials = ex::credentials_from_file(*options.credentials_file, access);
    settings.credentials_origin = *options.credentials_file;
  } else if (options.credentials_dir) {
    settings.credentials = ex::credentials_from_directory(*options.credentials_dir, access);
    settings.credentials_origin = *options.credentials_dir;
  } else {
    settings.credentials = ex::credentials_from_environment();
    settings.credentials_origin = "the environment";
  }
  if (options.credentials_any_user) settings.credentials_origin += " (which any user may read or change)";
  return {};
}

ex::Result<std::chrono::milliseconds> parse_timeout(const std::string& text) {
  constexpr double longest = 1e8;  // three years, and far from where a clock's numbers end
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  double seconds = 0;
  const bool whole = (in >> std::noskipws >> seconds) && in.peek() == std::istringstream::traits_type::eof();
  if (!whole || !std::isfinite(seconds) || seconds <= 0)
    return usage("--timeout must be a number of seconds, more than 0");
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(std::min(seconds, longest)));
}

ex::Result<void> choose_timeouts(ex::ClientOptions& client, const Options& options) {
  if (options.timeout) {
    const auto timeout = parse_timeout(*options.timeout);
    if (!timeout) return timeout.error();
    client.timeout = *timeout;
  }
  client.curl.timeout = client.timeout;
  // A little more than the call has, so that it is always the call that runs out of time, and one kind of error.
  client.token.timeout =
      std::min<std::chrono::milliseconds>(client.token.timeout, client.timeout + std::chrono::seconds(1));
  return {};
}

/// Tells of events, and the first time of a store that fails: the program goes on, but asks the issuer at each run.
ex::EventHook token_events(bool verbose) {
  const auto told = std::make_shared<std::atomic<bool>>(false);
  return [told, print = verbose ? event_printer() : nullptr](const ex::Event& event) {
    if (event.kind == ex::EventKind::store_failed && !told->exchange(true)) {
      note("goes on without the token store: " + event.error->message);
    }
    if (print) print(event);
  };
}

ex::Result<void> choose_client(ex::ClientOptions& client, const Options& options) {
  if (options.client_auth == "post") {
    client.token.client_authentication = ex::ClientAuthentication::post;
  } else if (options.client_auth && options.client_auth != "basic") {
    return usage("--client-auth must be basic or post");
  }
  client.curl.ca_file = options.ca_file.value_or("");
  client.token.scope = options.scope.value_or("");
  client.token.on_event = token_events(options.verbose);
  if (options.verbose) client.on_event = event_printer();
  return choose_timeouts(client, options);
}

/// The password of the Redis server, from the environment or a file that it names: arguments can be read by others.
ex::Result<ex::Secret> redis_password() {
  const std::string file = environment("MOVIO_REDIS_PASSWORD_FILE");
  if (file.empty()) return ex::Secret(environment("MOVIO_REDIS_PASSWORD"));
  return ex::password_from_file(file);
}

ex::Result<void> use_redis(Settings& settings, const std::string& url, const Options& options) {
  const auto address = ex::detail::parse_redis_url(url);
  if (!address) return usage("the token store: " + address.error().message);
  const auto password = redis_password();
  if (!password) return password.error();
  ex::RedisOptions redis;
  redis.url = url;
  redis.password = *password;
  redis.ca_file = options.ca_file.value_or("");
  settings.token_store = "the Redis at " + address->name;
  settings.client.token.store = ex::sealed(std::make_shared<ex::RedisTokenStore>(std::move(redis)));
  return {};
}

void use_files(Settings& settings, const std::string& directory) {
  settings.token_files = std::make_shared<ex::FileTokenStore>(directory);
  settings.token_store = settings.token_files->directory();
  settings.client.token.store = ex::sealed(settings.token_files);
}

ex::Result<void> choose_token_store(Settings& settings, const Options& options) {
  constexpr std::string_view in_directory = "file:";
  std::string name = options.token_store.value_or(environment("MOVIO_TOKEN_STORE"));
  if (name.empty() && !options.token_store) name = "file";
  const auto begins_with = [&name](std::string_view text) { return name.compare(0, text.size(), text) == 0; };
  if (name == "none") return {};
  if (begins_with("redis:") || begins_with("rediss:")) return use_redis(settings, name, options);
  if (name != "file" && (!begins_with(in_directory) || name == in_directory))
    return usage("the token store must be none, file, file:DIR, redis://... or rediss://...");
  use_files(settings, name == "file" ? std::string() : name.substr(in_directory.size()));
  return {};
}

/// A variable that is not set in a shell script makes an empty value, and what it stood for would be left out silently.
ex::Result<void> check_not_empty(const Options& options) {
  for (const auto& [name, value] : {std::pair("--ca-file", &options.ca_file),
                                    {"--credentials-file", &options.credentials_file},
                                    {"--credentials-dir", &options.credentials_dir},
                                    {"--journal", &options.journal},
                                    {"--rejects", &options.rejects}}) {
    if (*value && (*value)->empty()) return usage(std::string(name) + " was given an empty name");
  }
  return {};
}

}  // namespace

ex::Result<Settings> settings_of(const Options& options) {
  Settings settings;
  if (auto done = check_not_empty(options); !done) return done.error();
  if (auto done = choose_endpoints(settings, options); !done) return done.error();
  settings.endpoints.allow_loopback_http = options.allow_http;
  if (auto done = check_endpoints(settings.endpoints); !done) return done.error();
  if (auto done = choose_credentials(settings, options); !done) return done.error();
  if (auto done = choose_token_store(settings, options); !done) return done.error();
  if (auto done = choose_client(settings.client, options); !done) return done.error();
  return settings;
}

ex::Result<ex::TokenIdentity> identity_of(const Settings& settings) {
  auto credentials = settings.credentials();
  if (!credentials) return credentials.error();
  return ex::TokenIdentity{settings.endpoints.issuer_url, settings.endpoints.api_url, settings.client.token.scope,
                           *std::move(credentials)};
}

}  // namespace cli
