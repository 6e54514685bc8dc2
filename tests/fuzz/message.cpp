// Whatever the runner says to the daemon, or the daemon to the runner: what is read, is read again
// when it has been written.

#include "health/message.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

template <typename Message>
Complaint look_at(std::string_view text, base::Result<Message> (*decode)(std::string_view text)) {
    const auto message = decode(text);
    if (!message)
        return message.error().text().empty() ? Complaint{"it is refused without a word"}
                                              : std::nullopt;
    const std::string written = health::encode(*message);
    const auto again = decode(written);
    if (!again) return "what was written is refused: " + again.error().text();
    if (*again != *message) return "another message arrives: " + written;
    return std::nullopt;
}

}  // namespace

Complaint message(base::ByteView input) {
    const std::string text{input.begin(), input.end()};
    if (auto complaint = look_at(text, health::decode_from_runner)) return complaint;
    return look_at(text, health::decode_to_runner);
}

}  // namespace fuzz
