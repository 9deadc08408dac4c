// The scripts of misbehaving_peer.h.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/misbehaving_peer.h"

namespace holter::testing::scripts {

Script EchoPongs() {
  return [](PeerConnection& connection) {
    if (connection.Upgrade()) {
      connection.ServeWell();
    }
  };
}

Script NeverUpgrades() {
  return [](PeerConnection& connection) {
    connection.ReadRequest();
    connection.Hold();
  };
}

Script Silent() {
  return [](PeerConnection& connection) {
    connection.Upgrade();
    connection.AwaitEnd();
  };
}

Script StopsReading() {
  return [](PeerConnection& connection) {
    connection.Upgrade();
    connection.Hold();
  };
}

Script EndlessHead() {
  return [](PeerConnection& connection) {
    connection.ReadRequest();
    bool open = connection.Send("HTTP/1.1 101 Switching Protocols\r\n");
    for (int line = 0; open; ++line) {
      open = connection.Send("X-Endless-" + std::to_string(line) + ": and so on\r\n");
    }
  };
}

Script Answers(std::string bytes) {
  return [bytes = std::move(bytes)](PeerConnection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
    connection.AwaitEnd();
  };
}

Script AcceptsThenCloses(uint16_t code, bool end) {
  return [code, end](PeerConnection& connection) {
    connection.Upgrade();
    connection.SendFrame(Opcode::kClose, ClosePayload(code, "go away"));
    if (end) {
      connection.ReadFrame();
      connection.Shutdown();
    }
    connection.AwaitEnd();
  };
}

Script SlowPongs(std::chrono::milliseconds delay) {
  return [delay](PeerConnection& connection) {
    connection.Upgrade();
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode == Opcode::kPing && connection.Pause(delay)) {
        connection.SendFrame(Opcode::kPong, frame->payload);
      } else if (frame->opcode == Opcode::kClose) {
        connection.SendFrame(Opcode::kClose, frame->payload);
        return;
      }
    }
  };
}

Script PongsInstead(std::vector<std::string> payloads) {
  return [payloads = std::move(payloads)](PeerConnection& connection) {
    connection.Upgrade();
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode == Opcode::kPing) {
        for (const std::string& payload : payloads) {
          connection.SendFrame(Opcode::kPong, payload);
        }
      } else if (frame->opcode == Opcode::kClose) {
        connection.SendFrame(Opcode::kClose, frame->payload);
        return;
      }
    }
  };
}

Script Drips(size_t size, int pieces, std::chrono::milliseconds pause) {
  return [=](PeerConnection& connection) {
    connection.Upgrade();
    const std::string frame = EncodeFrame(Opcode::kText, std::string(size, 'x'));
    const size_t step = frame.size() / static_cast<size_t>(pieces) + 1;
    for (size_t at = 0; at < frame.size(); at += step) {
      if (!connection.Send(std::string_view(frame).substr(at, step)) || !connection.Pause(pause)) {
        return;
      }
    }
    connection.ServeWell();
  };
}

Script ResetsAfterUpgrade() {
  return [](PeerConnection& connection) {
    connection.Upgrade();
    connection.Reset();
  };
}

Script NeverFinishesClose() {
  return [](PeerConnection& connection) {
    connection.Upgrade();
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode == Opcode::kPing) {
        connection.SendFrame(Opcode::kPong, frame->payload);
      }
    }
    connection.Hold();
  };
}

Script SendsThenReads(std::string bytes) {
  return [bytes = std::move(bytes)](PeerConnection& connection) {
    connection.Upgrade();
    connection.Send(bytes);
    connection.AwaitEnd();
  };
}

}  // namespace holter::testing::scripts
