// SPDX-License-Identifier: MIT

// What the README's first program does, on libcurl and nlohmann_json alone and without any of the library's care: what
// its compile time is compared with.
#include <curl/curl.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

std::string line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

long send(const char* method, const std::string& url, const std::string& body, curl_slist* headers,
          std::string& answer) {
  CURL* const handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  long status = 0;
  if (curl_easy_perform(handle) == CURLE_OK) curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(handle);
  return status;
}

std::string token() {
  const nlohmann::json request{{"grant_type", "client_credentials"},
                               {"client_id", line_of("/run/secrets/movio/client_id")},
                               {"client_secret", line_of("/run/secrets/movio/client_secret")},
                               {"audience", "https://exhibitor-api.eu.eks.movio.co"}};
  std::string answer;
  curl_slist* const headers = curl_slist_append(nullptr, "Content-Type: application/json");
  const long status = send("POST", "https://auth-eu.eq.movio.co/oauth/token", request.dump(), headers, answer);
  curl_slist_free_all(headers);
  return status == 200 ? nlohmann::json::parse(answer).at("access_token").get<std::string>() : std::string();
}

}  // namespace

int main() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const nlohmann::json members{{{"member_id", "member1"}, {"gender", "UNSPECIFIED"}, {"status", "ACTIVATED"}}};
  curl_slist* headers = curl_slist_append(nullptr, ("Authorization: Bearer " + token()).c_str());
  headers = curl_slist_append(headers, "Content-Type: application/json");
  std::string answer;
  const long status = send("PUT", "https://exhibitor-api.eu.eks.movio.co/members", members.dump(), headers, answer);
  curl_slist_free_all(headers);
  if (status != 202) std::cerr << "HTTP " << status << '\n';
  return status == 202 ? EXIT_SUCCESS : EXIT_FAILURE;
}
