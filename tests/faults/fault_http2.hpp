// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "fault_certificates.hpp"
#include "fault_server.hpp"

namespace faults {

/// The server's side of one HTTP/2 connection: it does with every request as it is told.
class Http2 {
 public:
  using Behaviour = std::function<void(Http2&, std::int32_t stream)>;

  /// `impatient`: it does not wait for a request's body.
  Http2(Peer& peer, Behaviour behaviour, bool impatient = false)
      : peer_(peer), behaviour_(std::move(behaviour)), impatient_(impatient) {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2::on_frame);
    nghttp2_session* session = nullptr;
    const bool made = nghttp2_session_server_new(&session, callbacks, this) == 0;
    nghttp2_session_callbacks_del(callbacks);
    if (!made) throw std::bad_alloc();
    session_.reset(session);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  }

  /// Until the client has gone. `idle` is called again and again while nothing comes.
  void run(const std::function<void(Http2&)>& idle = nullptr) {
    flush();
    while (!hung_up_) {
      if (idle && peer_.pause(std::chrono::milliseconds(1))) {
        idle(*this);
        continue;
      }
      const auto bytes = peer_.take_bytes();
      const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      if (bytes.empty() || nghttp2_session_mem_recv(session_.get(), data, bytes.size()) < 0) return;
      if (!hung_up_) flush();
    }
    peer_.wait_for_the_end();  // to close at once would be a reset, and what was said might be lost
  }

  /// How many requests the server has seen so far.
  [[nodiscard]] int requests() const { return peer_.requests(); }

  /// Answers 200 with this body; a stream that is not to end goes on for ever.
  void answer(std::int32_t stream, std::string body, bool ends = true) {
    body_ = std::move(body);
    ends_ = ends;
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = &Http2::on_read;
    nghttp2_nv status{};
    static std::uint8_t name[] = ":status";
    static std::uint8_t value[] = "200";
    status.name = name;
    status.namelen = 7;
    status.value = value;
    status.valuelen = 3;
    nghttp2_submit_response(session_.get(), stream, &status, 1, &provider);
    flush();
  }

  void reset(std::int32_t stream, std::uint32_t reason) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, reason);
    flush();
  }

  void go_away(std::int32_t last_stream, std::uint32_t reason = NGHTTP2_NO_ERROR) {
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last_stream, reason, nullptr, 0);
    flush();
  }

  void say(const std::string& bytes) { peer_.write(bytes); }

  void hang_up() {
    hung_up_ = true;
    peer_.half_close();
  }

 private:
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void flush() {
    const std::uint8_t* data = nullptr;
    for (auto size = nghttp2_session_mem_send(session_.get(), &data); size > 0;
         size = nghttp2_session_mem_send(session_.get(), &data)) {
      peer_.write({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
    }
  }

  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* self) {
    auto& me = *static_cast<Http2*>(self);
    const bool is_head = frame->hd.type == NGHTTP2_HEADERS;
    const bool is_last =
        (is_head || frame->hd.type == NGHTTP2_DATA) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (me.impatient_ ? !is_head : !is_last) return 0;
    me.peer_.count_request();
    me.behaviour_(me, frame->hd.stream_id);
    return 0;
  }

  static ssize_t on_read(nghttp2_session* /*session*/, std::int32_t /*stream*/, std::uint8_t* buffer, size_t /*room*/,
                         std::uint32_t* flags, nghttp2_data_source* source, void* /*self*/) {
    auto& me = *static_cast<Http2*>(source->ptr);
    const std::string body = std::exchange(me.body_, {});
    if (body.empty() && !me.ends_) return NGHTTP2_ERR_DEFERRED;
    if (me.ends_) *flags |= NGHTTP2_DATA_FLAG_EOF;
    std::memcpy(buffer, body.data(), body.size());
    return static_cast<ssize_t>(body.size());
  }

  Peer& peer_;
  const Behaviour behaviour_;
  const bool impatient_;
  std::unique_ptr<nghttp2_session, Free> session_;
  std::string body_;  ///< What is left to be sent of the answer under way; short.
  bool ends_ = true;
  bool hung_up_ = false;
};

/// Makes a server agree on HTTP/2.
inline TlsContext speaking_http2(TlsContext context) {
  const auto choose = [](SSL* /*tls*/, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                         unsigned int offered_size, void* /*argument*/) {
    unsigned char* selected = nullptr;
    const bool found = nghttp2_select_next_protocol(&selected, size, offered, offered_size) == 1;
    *chosen = selected;
    return found ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  };
  SSL_CTX_set_alpn_select_cb(context.get(), choose, nullptr);
  return context;
}

}  // namespace faults
