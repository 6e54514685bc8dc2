#include "kernel/request.hpp"

#include <fmt/format.h>

namespace kernel {

namespace {

struct ObjectOf {
    Object operator()(const AddAddress& request) const { return request.wish.key; }
    Object operator()(const RenewAddress& request) const { return request.wish.key; }
    Object operator()(const RemoveAddress& request) const { return request.key; }
    Object operator()(const SetPromotion& request) const { return request.link; }
    Object operator()(const AddRoute& request) const { return request.wish.route; }
    Object operator()(const RemoveRoute& request) const { return request.route; }
    Object operator()(const AddRule& request) const { return request.wish.rule; }
    Object operator()(const RemoveRule& request) const { return request.rule; }
};

struct TextOf {
    std::string operator()(const AddressKey& key) const { return key.address.text(); }
    std::string operator()(LinkIndex link) const {
        return fmt::format("the settings of interface {}", link.value);
    }
    std::string operator()(const Route& route) const { return route.text(); }
    std::string operator()(const Rule& rule) const { return rule.text(); }
};

struct NounOf {
    std::string_view operator()(const AddressKey& /*key*/) const { return "address"; }
    std::string_view operator()(LinkIndex /*link*/) const { return "setting"; }
    std::string_view operator()(const Route& /*route*/) const { return "route"; }
    std::string_view operator()(const Rule& /*rule*/) const { return "rule"; }
};

}  // namespace

Object object_of(const Request& request) { return std::visit(ObjectOf{}, request); }

std::string text_of(const Object& object) { return std::visit(TextOf{}, object); }

std::string_view noun_of(const Object& object) { return std::visit(NounOf{}, object); }

}  // namespace kernel
