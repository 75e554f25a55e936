// SPDX-License-Identifier: MIT
#include "sandbox/http1.hpp"

#include <httplib.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "sandbox/encoding.hpp"
#include "sandbox/socket_stream.hpp"

namespace sandbox {
namespace {

using httplib::Request;
using httplib::Response;

constexpr std::size_t head_max_length = 64U << 10U;
// More than 5000 records of any sensible size need.
constexpr std::size_t body_max_length = 256U << 20U;

constexpr std::string_view token_symbols = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2

// The connection ended in the middle of a message.
struct EndOfConnection {};

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           token_symbols.find(c) != std::string_view::npos;
  });
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

bool equal_ignoring_case(const std::string& left, const char* right) { return strcasecmp(left.c_str(), right) == 0; }

std::size_t parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) throw InvalidRequest{400};
  if (size > body_max_length) throw InvalidRequest{413};
  return size;
}

// The next line without its end. What is left of the head's length limit becomes shorter by it.
std::string read_line(SocketStream& stream, std::size_t& left) {
  std::string line;
  for (char c = 0; c != '\n';) {
    if (stream.read(&c, 1) != 1) throw EndOfConnection{};
    if (left-- == 0) throw InvalidRequest{431};
    line += c;
  }
  line.pop_back();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

void read_content(SocketStream& stream, std::size_t size, std::string& body) {
  std::size_t at = body.size();
  body.resize(at + size);
  while (at < body.size()) {
    const auto got = stream.read(body.data() + at, body.size() - at);
    if (got <= 0) throw EndOfConnection{};
    at += static_cast<std::size_t>(got);
  }
}

void read_chunks(SocketStream& stream, std::string& body) {
  while (true) {
    std::size_t left = head_max_length;
    const std::string line = read_line(stream, left);
    const std::size_t size = parse_size(trimmed(std::string_view(line).substr(0, line.find(';'))), 16);
    if (size == 0) {
      while (!read_line(stream, left).empty()) {  // trailers mean nothing here
      }
      return;
    }
    if (body.size() + size > body_max_length) throw InvalidRequest{413};
    read_content(stream, size, body);
    if (!read_line(stream, left).empty()) throw InvalidRequest{400};
  }
}

void parse_query(std::string_view query, httplib::Params& params) {
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    const auto equals = std::min(field.find('='), field.size());
    const auto name = percent_decode(field.substr(0, equals), Plus::is_space);
    const auto value = percent_decode(field.substr(std::min(equals + 1, field.size())), Plus::is_space);
    if (name && value) params.emplace(*name, *value);
    query.remove_prefix(std::min(field.size() + 1, query.size()));
  }
}

void parse_request_line(const std::string& line, Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string::npos || last == first) throw InvalidRequest{400};
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const auto path_length = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, path_length);
  parse_query(std::string_view(request.target).substr(std::min(path_length + 1, request.target.size())),
              request.params);
  request.version = line.substr(last + 1);
  const bool known_version = request.version == "HTTP/1.1" || request.version == "HTTP/1.0";
  if (!is_token(request.method) || request.target.empty() || request.target.find(' ') != std::string::npos ||
      !known_version) {
    throw InvalidRequest{400};
  }
}

void read_head(SocketStream& stream, Request& request) {
  std::size_t left = head_max_length;
  parse_request_line(read_line(stream, left), request);
  for (std::string line = read_line(stream, left); !line.empty(); line = read_line(stream, left)) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || !is_token(line.substr(0, colon))) throw InvalidRequest{400};
    request.headers.emplace(line.substr(0, colon), trimmed(std::string_view(line).substr(colon + 1)));
  }
}

void read_body(SocketStream& stream, Request& request) {
  const bool has_length = request.headers.count("Content-Length") > 0;
  const bool has_coding = request.headers.count("Transfer-Encoding") > 0;
  if (!has_length && !has_coding) return;  // then there is no body (RFC 9112 section 6.3)
  if (has_length && (has_coding || request.headers.count("Content-Length") > 1)) throw InvalidRequest{400};
  const auto length = has_length ? parse_size(request.headers.find("Content-Length")->second, 10) : 0;
  if (has_coding && !equal_ignoring_case(request.headers.find("Transfer-Encoding")->second, "chunked")) {
    throw InvalidRequest{501};
  }
  const auto expect = request.headers.find("Expect");
  if (expect != request.headers.end() && equal_ignoring_case(expect->second, "100-continue")) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    stream.write(go_on.data(), go_on.size());
  }
  if (has_coding) return read_chunks(stream, request.body);
  read_content(stream, length, request.body);
}

template <typename Message>
bool says_close(const Message& message) {
  const auto found = message.headers.find("Connection");
  return found != message.headers.end() && equal_ignoring_case(found->second, "close");
}

}  // namespace

std::optional<Request> read_request(SocketStream& stream) {
  try {
    Request request;
    read_head(stream, request);
    read_body(stream, request);
    return request;
  } catch (const EndOfConnection&) {
    return std::nullopt;
  }
}

bool write_response(SocketStream& stream, const Request& request, const Response& response) {
  const bool has_content = response.status >= 200 && response.status != 204 && response.status != 304;
  const bool has_length = response.headers.count("Content-Length") > 0;
  const bool last = has_length || request.version != "HTTP/1.1" || says_close(request) || says_close(response);
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " \r\n";
  for (const auto& [name, value] : response.headers) text.append(name).append(": ").append(value).append("\r\n");
  if (has_content && !has_length) text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (last && response.headers.count("Connection") == 0) text += "Connection: close\r\n";
  text += "\r\n";
  if (has_content && request.method != "HEAD") text += response.body;
  return stream.write(text.data(), text.size()) == static_cast<ssize_t>(text.size()) && !last;
}

}  // namespace sandbox
