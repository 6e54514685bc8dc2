#include "vrrp/checksum.hpp"

namespace vrrp {

namespace {

std::uint32_t sum_of(base::ByteView bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const std::uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
        sum += (static_cast<std::uint32_t>(bytes[i]) << 8) | low;
    }
    return sum;
}

std::uint16_t folded_complement(std::uint32_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::uint16_t internet_checksum(base::ByteView bytes) {
    return folded_complement(sum_of(bytes, 0));
}

std::uint16_t internet_checksum(base::ByteView bytes, const base::IpAddress& source,
                                const base::IpAddress& destination, std::uint8_t protocol) {
    // The length is a 16-bit field in IPv4 and a 32-bit one in IPv6. No VRRP message is longer than
    // 65535 octets, so both add the same to the sum.
    std::uint32_t sum = protocol + static_cast<std::uint32_t>(bytes.size());
    sum = sum_of(source.octets(), sum);
    sum = sum_of(destination.octets(), sum);
    return folded_complement(sum_of(bytes, sum));
}

}  // namespace vrrp
