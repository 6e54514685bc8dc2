#include "health/bus.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <expected>
#include <utility>

namespace health {

namespace {

using namespace std::chrono_literals;

constexpr const char* systemd = "org.freedesktop.systemd1";
constexpr const char* units = "/org/freedesktop/systemd1/unit";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* properties = "org.freedesktop.DBus.Properties";

// The text that a property was answered with.
base::Result<std::string> text_in(sd_bus_message* reply, const std::string& attempt) {
    if (const sd_bus_error* error = sd_bus_message_get_error(reply); error != nullptr)
        return base::failure(attempt, error->message != nullptr ? error->message : error->name);
    const char* text = nullptr;
    const int read = sd_bus_message_read(reply, "v", "s", &text);
    if (read < 0) return base::os_failure(attempt, -read);
    return std::string{text};
}

void drop(sd_bus_slot*& slot) { slot = sd_bus_slot_unref(slot); }

}  // namespace

// ---- one unit ----------------------------------------------------------------------------------

struct UnitQuestion::Slots {
    ~Slots() {
        drop(question);
        drop(changes);
    }
    // Whether the question has been sent.
    static bool ask_for(UnitQuestion& self, const char* property, sd_bus_message_handler_t handler);

    sd_bus_slot* question = nullptr;  // that waits for its answer
    sd_bus_slot* changes = nullptr;   // the subscription

    static int on_active_state(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<UnitQuestion*>(owner);
        drop(self.slots_->question);
        const auto state = text_in(reply, "ask systemd for " + self.unit_);
        // systemd says this of what it has never heard of, too.
        if (state && *state == "inactive" && ask_for(self, "LoadState", &on_load_state)) return 0;
        self.listener_.on_state(state);
        return 0;
    }
    static int on_load_state(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<UnitQuestion*>(owner);
        drop(self.slots_->question);
        const auto state = text_in(reply, "ask systemd for " + self.unit_);
        self.listener_.on_state(state && *state == "not-found" ? *state : "inactive");
        return 0;
    }
    static int on_properties(sd_bus_message* /*signal*/, void* owner, sd_bus_error* /*error*/) {
        static_cast<UnitQuestion*>(owner)->listener_.on_change();
        return 0;
    }
};

UnitQuestion::UnitQuestion(Bus& bus, std::string unit, UnitListener& listener)
    : bus_{bus}, unit_{std::move(unit)}, listener_{listener}, slots_{std::make_unique<Slots>()} {
    char* path = nullptr;
    if (sd_bus_path_encode(units, unit_.c_str(), &path) >= 0) path_ = path;
    std::free(path);
    bus_.questions_.push_back(this);
}

UnitQuestion::~UnitQuestion() { std::erase(bus_.questions_, this); }

void UnitQuestion::cancel() { drop(slots_->question); }

// ---- the connection ----------------------------------------------------------------------------

bool UnitQuestion::Slots::ask_for(UnitQuestion& self, const char* property,
                                  sd_bus_message_handler_t handler) {
    return sd_bus_call_method_async(self.bus_.line_.bus(), &self.slots_->question, systemd,
                                    self.path_.c_str(), properties, "Get", handler, &self, "ss",
                                    unit_interface, property) >= 0;
}

base::Result<void> UnitQuestion::ask() {
    TRY_DO(bus_.open());
    sd_bus* bus = bus_.line_.bus();
    const std::string attempt = "ask systemd for " + unit_;
    if (slots_->changes == nullptr) {
        const int matched =
            sd_bus_match_signal_async(bus, &slots_->changes, systemd, path_.c_str(), properties,
                                      "PropertiesChanged", &Slots::on_properties, nullptr, this);
        if (matched < 0) return base::os_failure(attempt, -matched);
    }
    cancel();
    if (!Slots::ask_for(*this, "ActiveState", &Slots::on_active_state))
        return base::failure(attempt);
    bus_.line_.rearm();
    return {};
}

Bus::Bus(Waker& waker) : line_{waker, [this](const base::Error& error) { on_loss(error); }} {}

Bus::~Bus() { close(); }

base::Result<void> Bus::open() {
    if (line_.is_open()) return {};
    TRY_DO(line_.open(25s));
    // Without a subscriber systemd tells nobody of changes.
    sd_bus_call_method_async(line_.bus(), nullptr, systemd, "/org/freedesktop/systemd1",
                             "org.freedesktop.systemd1.Manager", "Subscribe", nullptr, nullptr,
                             nullptr);
    return {};
}

void Bus::close() {
    for (UnitQuestion* question : questions_) {
        drop(question->slots_->question);
        drop(question->slots_->changes);
    }
    line_.close();
}

void Bus::on_loss(const base::Error& error) {
    std::vector<UnitQuestion*> waiting;
    for (UnitQuestion* question : questions_)
        if (question->slots_->question != nullptr) waiting.push_back(question);
    close();
    for (UnitQuestion* question : waiting) question->listener_.on_state(std::unexpected{error});
}

}  // namespace health
