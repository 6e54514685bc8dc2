// Big-endian fields in and out of byte spans. Knows no protocol.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Reads fields and remembers whether any read ran off the end: a caller reads a whole header, then
// asks ok() once. Reads after the end give zeros.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_{bytes} {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
    std::uint32_t u32() { return integer(4); }

    // A view of the next `size` bytes; empty when there are fewer.
    ByteView take(std::size_t size) {
        if (rest_.size() < size) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] ByteView rest() const { return rest_; }

private:
    std::uint32_t integer(std::size_t width) {
        std::uint32_t value = 0;
        for (const std::uint8_t byte : take(width)) value = (value << 8) | byte;
        return value;
    }

    ByteView rest_;
    bool ok_ = true;
};

// Appends fields to a buffer that grows.
class ByteWriter {
public:
    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u16(std::uint16_t value) {
        u8(static_cast<std::uint8_t>(value >> 8));
        u8(static_cast<std::uint8_t>(value));
    }
    void u32(std::uint32_t value) {
        u16(static_cast<std::uint16_t>(value >> 16));
        u16(static_cast<std::uint16_t>(value));
    }
    void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, 0); }

    // Overwrites a field that could only be computed when the rest was written (a checksum).
    void patch_u16(std::size_t offset, std::uint16_t value) {
        assert(offset + 2 <= bytes_.size());
        bytes_[offset] = static_cast<std::uint8_t>(value >> 8);
        bytes_[offset + 1] = static_cast<std::uint8_t>(value);
    }

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] ByteView view() const { return bytes_; }
    [[nodiscard]] Bytes finish() && { return std::move(bytes_); }

private:
    Bytes bytes_;
};

}  // namespace base
