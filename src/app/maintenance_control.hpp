// Control requests about maintenance: drain, undrain, handover, and how an operation gets on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/control.hpp"
#include "app/engine.hpp"
#include "base/result.hpp"

namespace app {

// What a request line asks for, once its method is known. The error says what is wrong with it.
base::Result<Instruction> instruction_of(Instruction::Verb verb, std::string_view line);

// The answer; none when it is about something else. An order is answered at once with its number,
// under which `operation` tells what has become of it: it may take longer than a client is waited
// for.
std::optional<std::string> answer_maintenance(Engine& engine, const Control::Request& request,
                                              Time time);

}  // namespace app
