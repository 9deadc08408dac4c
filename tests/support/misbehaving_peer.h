// A WebSocket peer that can lie: it speaks raw frames over blocking sockets, on threads of its own.
//
// What it does is a Script, run once for every connection; `scripts` has those that tests share, and a test writes its
// own from the methods of PeerConnection:
//
//   MisbehavingPeer peer(scripts::EchoPongs());
//   MisbehavingPeer odd([](PeerConnection& c) { c.Upgrade(); c.SendFrame(Opcode::kPong, "surprise"); c.AwaitEnd(); });
//
// Every wait of a script ends when the peer is destroyed, so that no test hangs on it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/test_certificates.h"

namespace holter::testing {

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// A frame as it was received, unmasked.
struct PeerFrame {
  Opcode opcode = Opcode::kText;
  bool fin = true;
  bool masked = false;
  std::string payload;

  // Of a close frame; 0 if it has none.
  uint16_t close_code() const;
};

// The bytes of a frame, unmasked unless `mask`.
std::string EncodeFrame(Opcode opcode, std::string_view payload, bool fin = true, bool mask = false);
// The payload of a close frame.
std::string ClosePayload(uint16_t code, std::string_view reason = "");

class MisbehavingPeer;

// One accepted connection, for its script. Calls block, at most until the connection or the peer ends.
class PeerConnection {
 public:
  virtual ~PeerConnection() = default;

  // Reads the upgrade request, up to its empty line; empty when the connection ended.
  std::string ReadRequest();
  // The answer that a good server gives to `request`, with `headers` ("Name: value\r\n") added.
  static std::string GoodAnswer(const std::string& request, const std::string& headers = "");
  // Reads the request and gives the good answer; false when the connection ended.
  bool Upgrade(const std::string& headers = "");

  // False when the connection ended.
  bool Send(std::string_view bytes);
  bool SendFrame(Opcode opcode, std::string_view payload, bool fin = true) {
    return Send(EncodeFrame(opcode, payload, fin));
  }
  // The next frame; nothing when the connection ended.
  std::optional<PeerFrame> ReadFrame();
  // Answers pings, echoes text and data, answers the close frame, until the connection ends.
  void ServeWell();

  // Reads and forgets until the client ends the connection.
  void AwaitEnd();
  // Reads nothing more until the peer is destroyed.
  void Hold();
  // Waits; false when the peer is destroyed meanwhile.
  bool Pause(std::chrono::milliseconds time);
  // Ends the connection with a RST.
  void Reset();
  // Ends our direction: the client reads end of file.
  virtual void Shutdown() = 0;

  // The number of this connection, from 0.
  int index() const { return index_; }

 protected:
  PeerConnection(MisbehavingPeer& peer, int socket, int index) : peer_(peer), socket_(socket), index_(index) {}
  virtual int ReadBytes(char* data, size_t size) = 0;
  virtual int WriteBytes(const char* data, size_t size) = 0;
  // Until the socket is ready for `events` (of poll); false when the peer is destroyed or `timeout` has passed.
  bool Await(short events, std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  int socket() const { return socket_; }

 private:
  bool Fill();

  MisbehavingPeer& peer_;
  const int socket_;
  const int index_;
  std::string received_;
};

using Script = std::function<void(PeerConnection&)>;

class MisbehavingPeer {
 public:
  // Listens on a free port of 127.0.0.1; with an identity, speaks TLS. `client_authority`: demands a certificate of it.
  explicit MisbehavingPeer(Script script, std::optional<TestIdentity> identity = std::nullopt,
                           std::string client_authority = "");
  ~MisbehavingPeer();
  MisbehavingPeer(const MisbehavingPeer&) = delete;
  MisbehavingPeer& operator=(const MisbehavingPeer&) = delete;

  uint16_t port() const { return port_; }
  // "ws://127.0.0.1:port/", or wss.
  std::string url() const;

  // So far, over all connections.
  int connections() const;
  std::vector<PeerFrame> frames() const;
  std::vector<std::string> requests() const;

 private:
  friend class PeerConnection;

  void Accept();
  void Serve(int socket, int index);

  const Script script_;
  const std::optional<TestIdentity> identity_;
  const std::string client_authority_;
  int listener_ = -1;
  int stop_event_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  int connections_ = 0;
  std::vector<PeerFrame> frames_;
  std::vector<std::string> requests_;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

namespace scripts {

// A good server.
Script EchoPongs();
// Accepts TCP and says nothing.
Script NeverUpgrades();
// Upgrades, reads everything, says nothing, does not even close.
Script Silent();
// Upgrades and reads nothing: TCP's window closes.
Script StopsReading();
// Answers the upgrade with a head that never ends.
Script EndlessHead();
// Answers the upgrade with these bytes, then keeps the connection open.
Script Answers(std::string bytes);
// Upgrades, then sends a close frame; ends TCP only with `end`.
Script AcceptsThenCloses(uint16_t code, bool end = true);
// Good, but answers each ping after `delay`.
Script SlowPongs(std::chrono::milliseconds delay);
// Good, but answers each ping with these pongs instead.
Script PongsInstead(std::vector<std::string> payloads);
// Upgrades, then drips one message of `size` bytes in pieces, answering no ping meanwhile; then is good.
Script Drips(size_t size, int pieces, std::chrono::milliseconds pause);
// Upgrades, then resets the connection.
Script ResetsAfterUpgrade();
// Good until the client's close frame, which it never answers.
Script NeverFinishesClose();
// Upgrades, sends these bytes, then reads until the client goes.
Script SendsThenReads(std::string bytes);

}  // namespace scripts
}  // namespace holter::testing
