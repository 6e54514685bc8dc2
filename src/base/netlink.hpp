// The messages of netlink as they come in, and their attributes, through libmnl.
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace base {

// As mnl_nlmsg_ok(), which takes a length of 2^31 or more for a negative one and goes on.
inline bool is_whole(const nlmsghdr* header, int left) {
    return left >= static_cast<int>(sizeof(nlmsghdr)) && header->nlmsg_len >= sizeof(nlmsghdr) &&
           header->nlmsg_len <= static_cast<std::uint32_t>(left);
}

inline ByteView octets_of(const nlattr* attribute) {
    return {static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
            mnl_attr_get_payload_len(attribute)};
}

// The attributes of a message by number, the first `size` of them; absent ones are null.
template <std::size_t size>
std::array<const nlattr*, size> attributes_of(const nlmsghdr* header, std::size_t offset) {
    std::array<const nlattr*, size> found{};
    const auto keep = [](const nlattr* attribute, void* into) {
        const auto type = mnl_attr_get_type(attribute);
        if (type < size) (*static_cast<decltype(found)*>(into))[type] = attribute;
        return MNL_CB_OK;
    };
    mnl_attr_parse(header, static_cast<unsigned>(offset), keep, &found);
    return found;
}

// A number of 32 bits; none when the attribute is absent or of another size.
inline std::optional<std::uint32_t> number_in(const nlattr* attribute) {
    if (attribute == nullptr || octets_of(attribute).size() != 4) return std::nullopt;
    return mnl_attr_get_u32(attribute);
}

}  // namespace base
