// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

class SocketStream;

// HTTP/1.1 on one connection (RFC 9112). Of httplib only the two structs are used: what its server offers to others
// changes from version to version.

// Thrown by read_request: an answer with this status is due, and then the end of the connection, because nobody can
// tell where the next request would begin.
struct InvalidRequest {
  int status;
};

// Reads one request with its body, chunked or not; nothing at the end of the connection.
std::optional<httplib::Request> read_request(SocketStream& stream);

// Writes the answer. A Content-Length that the response has already goes out as it is, so that a test can cut an answer
// short. False when the connection must end.
bool write_response(SocketStream& stream, const httplib::Request& request, const httplib::Response& response);

}  // namespace sandbox
