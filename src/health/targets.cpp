#include "health/targets.hpp"

#include <chrono>
#include <utility>

namespace health {

namespace {

constexpr const char* manager = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::seconds patience{10};

}  // namespace

// One that waits for its answer.
struct Targets::Question {
    Targets& targets;
    std::string unit;
    sd_bus_slot* slot = nullptr;

    Question(Targets& owner, std::string name) : targets{owner}, unit{std::move(name)} {}
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    ~Question() { sd_bus_slot_unref(slot); }

    static int on_answer(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<Question*>(owner);
        Targets& targets = self.targets;
        TargetEnded ended{.unit = self.unit};
        if (const sd_bus_error* error = sd_bus_message_get_error(reply); error != nullptr)
            ended.error = error->message != nullptr ? error->message : error->name;
        targets.ended_.push_back(std::move(ended));
        std::erase_if(targets.questions_, [&](const auto& one) { return one.get() == &self; });
        return 0;
    }
};

Targets::Targets(Waker& waker)
    : line_{waker, [this](const base::Error& error) { close(error.text()); }} {}

Targets::~Targets() { close("the runner has ended"); }

std::vector<TargetEnded> Targets::take_ended() { return std::exchange(ended_, {}); }

void Targets::order(const TargetMessage& target) {
    if (const auto asked = ask(target); !asked)
        ended_.push_back({.unit = target.unit, .error = asked.error().text()});
}

base::Result<void> Targets::ask(const TargetMessage& target) {
    TRY_DO(line_.open(patience));
    const bool is_start = target.want == TargetMessage::Want::started;
    auto question = std::make_unique<Question>(*this, target.unit);
    const int sent = sd_bus_call_method_async(
        line_.bus(), &question->slot, manager, manager_path, manager_interface,
        is_start ? "StartUnit" : "StopUnit", &Question::on_answer, question.get(), "ss",
        target.unit.c_str(), "replace");
    if (sent < 0) {
        // The next order begins with a new connection.
        close("the connection to the system's D-Bus is lost");
        return base::os_failure((is_start ? "start " : "stop ") + target.unit, -sent);
    }
    questions_.push_back(std::move(question));
    line_.rearm();
    return {};
}

void Targets::close(const std::string& error) {
    for (const auto& question : std::exchange(questions_, {}))
        ended_.push_back({.unit = question->unit, .error = error});
    line_.close();
}

}  // namespace health
