// What to say about an advert that does not count or is odd: the value that is wrong, and the cure.
#pragma once

#include <optional>
#include <string>

#include "app/conditions.hpp"
#include "config/config.hpp"
#include "vrrp/receive.hpp"

namespace app {

struct Advice {
    std::string value;  // theirs, and ours where that says more: "version 2, ours is 3"
    std::string cure;
};

// `decoded` is null when the advert was dropped before its fields were read.
Advice advice_on(vrrp::Discard discard, const vrrp::Datagram& datagram,
                 const vrrp::Decoded* decoded, const config::Router& router);
Advice advice_on(vrrp::Note note, const vrrp::Decoded& decoded, const config::Router& router);

// The condition that it is a sign of; none for what is odd and nobody has to do anything about.
ConditionKind kind_of(vrrp::Discard discard);
std::optional<ConditionKind> kind_of(vrrp::Note note);

}  // namespace app
