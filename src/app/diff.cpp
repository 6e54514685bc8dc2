#include "app/diff.hpp"

#include <nlohmann/json.hpp>

namespace app {

namespace {

using Json = nlohmann::ordered_json;

// What a request would make good.
struct NameOf {
    std::string_view operator()(const kernel::AddAddress&) const { return "missing"; }
    std::string_view operator()(const kernel::RenewAddress&) const { return "lease"; }
    std::string_view operator()(const kernel::RemoveAddress&) const { return "stray"; }
    std::string_view operator()(const kernel::SetPromotion&) const { return "setting"; }
    std::string_view operator()(const kernel::AddRoute&) const { return "missing"; }
    std::string_view operator()(const kernel::RemoveRoute&) const { return "stray"; }
    std::string_view operator()(const kernel::AddRule&) const { return "missing"; }
    std::string_view operator()(const kernel::RemoveRule&) const { return "stray"; }
};

struct LinkOf {
    std::optional<kernel::LinkIndex> operator()(const kernel::AddressKey& key) const {
        return key.link;
    }
    std::optional<kernel::LinkIndex> operator()(kernel::LinkIndex link) const { return link; }
    std::optional<kernel::LinkIndex> operator()(const kernel::Route& route) const {
        return route.link;
    }
    std::optional<kernel::LinkIndex> operator()(const kernel::Rule& /*rule*/) const { return {}; }
};

Json difference_of(const Engine& engine, const kernel::View& actual,
                   const kernel::Request& request) {
    const kernel::Object object = kernel::object_of(request);
    const auto index = std::visit(LinkOf{}, object);
    const kernel::Link* link = index ? actual.link(*index) : nullptr;
    const std::string* error = engine.reconciler().error_of(object);
    Json difference{{"what", std::visit(NameOf{}, request)},
                    {"object", kernel::text_of(object)},
                    {"interface", link != nullptr ? Json(link->name) : Json()},
                    {"router", nullptr},
                    {"family", nullptr},
                    {"error", error != nullptr ? Json(*error) : Json()}};
    if (const auto owner = engine.reconciler().desired().owner_of(object)) {
        const Session& session = engine.sessions()[*owner];
        difference["router"] = session.router().name;
        difference["family"] = base::name_of(session.family());
    }
    return difference;
}

}  // namespace

std::string diff_json(const Engine& engine, const kernel::View& actual) {
    const kernel::Desired& desired = engine.reconciler().desired();
    Json differences = Json::array();
    for (const kernel::Request& request : kernel::reconcile(desired, actual).requests)
        differences.push_back(difference_of(engine, actual, request));
    const Json diff{
        {"schema", 1},
        {"node", engine.config().node},
        {"desired", desired.addresses.size() + desired.routes.size() + desired.rules.size()},
        {"differences", std::move(differences)}};
    return diff.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace app
