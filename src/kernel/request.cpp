#include "kernel/request.hpp"

#include <fmt/format.h>

namespace kernel {

namespace {

struct ObjectOf {
    Object operator()(const AddAddress& request) const { return request.wish.key; }
    Object operator()(const RenewAddress& request) const { return request.wish.key; }
    Object operator()(const RemoveAddress& request) const { return request.key; }
    Object operator()(const SetPromotion& request) const { return request.link; }
};

struct TextOf {
    std::string operator()(const AddressKey& key) const { return key.address.text(); }
    std::string operator()(LinkIndex link) const {
        return fmt::format("the settings of interface {}", link.value);
    }
};

}  // namespace

Object object_of(const Request& request) { return std::visit(ObjectOf{}, request); }

std::string text_of(const Object& object) { return std::visit(TextOf{}, object); }

}  // namespace kernel
