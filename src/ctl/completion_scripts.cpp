#include "ctl/completion_scripts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "ctl/text.hpp"

namespace ctl {

namespace {

using Words = std::vector<std::string>;

// A verb with the words that lead to it: "drain", "hooks rerun"; "" for the whole command.
struct Place {
    std::string path;
    const VerbShape* shape;
};

std::vector<Place> places_of(const VerbShape& shape, const std::string& path) {
    std::vector<Place> places{{path, &shape}};
    for (const VerbShape& verb : shape.verbs) {
        const auto below = places_of(verb, path.empty() ? verb.name : path + " " + verb.name);
        places.insert(places.end(), below.begin(), below.end());
    }
    return places;
}

// What is offered for a value or an argument.
struct Offer {
    enum class Kind { nothing, words, names, files, directories };
    Kind kind = Kind::nothing;
    std::string text{};  // the words, or the kinds of names
};

Offer offer_of(const OptionShape& option) {
    if (!option.choices.empty()) return {Offer::Kind::words, joined(option.choices, " ")};
    if (option.value == "ROUTER") return {Offer::Kind::names, "router"};
    if (option.value == "NAME") return {Offer::Kind::names, "router group"};
    if (option.value == "CHECK") return {Offer::Kind::names, "check"};
    if (option.value == "FILE") return {Offer::Kind::files};
    if (option.value == "DIR") return {Offer::Kind::directories};
    return {};
}

// All options that have a value, of whatever verb.
std::vector<OptionShape> with_value(const std::vector<Place>& places) {
    std::vector<OptionShape> found;
    for (const Place& place : places)
        std::ranges::copy_if(place.shape->options, std::back_inserter(found),
                             [](const OptionShape& each) { return !each.value.empty(); });
    return found;
}

Words spellings_of(const std::vector<OptionShape>& options) {
    Words all;
    for (const OptionShape& option : options)
        all.insert(all.end(), option.spellings.begin(), option.spellings.end());
    return all;
}

// "/drain", "hooks/rerun": a word of the command line that is a verb, after what leads to it.
Words steps_of(const std::vector<Place>& places) {
    Words steps;
    for (const Place& place : places)
        for (const VerbShape& verb : place.shape->verbs)
            steps.push_back(place.path + "/" + verb.name);
    return steps;
}

Words names_of(const std::vector<VerbShape>& verbs) {
    Words names;
    for (const VerbShape& verb : verbs) names.push_back(verb.name);
    return names;
}

// A line of a `case` in bash or zsh for each place and how many arguments it has already.
std::string argument_cases(const std::vector<Place>& places,
                           std::string (*action)(const Offer& offer)) {
    std::string out;
    for (const Place& place : places) {
        if (!place.shape->verbs.empty())
            out += fmt::format(
                "        '{}:0') {} ;;\n", place.path,
                action({Offer::Kind::words, joined(names_of(place.shape->verbs), " ")}));
        for (std::size_t i = 0; i < place.shape->arguments.size(); ++i)
            out += fmt::format("        '{}:{}') {} ;;\n", place.path, i,
                               action(offer_of(place.shape->arguments[i])));
    }
    return out;
}

std::string value_cases(const std::vector<Place>& places,
                        std::string (*action)(const Offer& offer)) {
    std::string out;
    for (const OptionShape& option : with_value(places))
        out += fmt::format("        {}) {}; return ;;\n", joined(option.spellings, "|"),
                           action(offer_of(option)));
    return out;
}

std::string option_cases(const std::vector<Place>& places,
                         std::string (*action)(const Offer& offer)) {
    const Words everywhere = spellings_of(places.front().shape->options);
    std::string out;
    for (const Place& place : places) {
        Words all = place.path.empty() ? Words{} : spellings_of(place.shape->options);
        all.insert(all.end(), everywhere.begin(), everywhere.end());
        out += fmt::format("            '{}') {} ;;\n", place.path,
                           action({Offer::Kind::words, joined(all, " ")}));
    }
    return out;
}

std::string in_bash(const Offer& offer) {
    switch (offer.kind) {
        case Offer::Kind::nothing: return ":";
        case Offer::Kind::words: return fmt::format("offer -W '{}'", offer.text);
        case Offer::Kind::names: return fmt::format("offer -W \"$(names '{}')\"", offer.text);
        case Offer::Kind::files: return "offer_paths -f";
        case Offer::Kind::directories: return "offer_paths -d";
    }
    return ":";
}

std::string in_zsh(const Offer& offer) {
    switch (offer.kind) {
        case Offer::Kind::nothing: return ":";
        case Offer::Kind::words: return fmt::format("compadd -- {}", offer.text);
        case Offer::Kind::names:
            return fmt::format("compadd -- $(_tandemctl_names '{}')", offer.text);
        case Offer::Kind::files: return "_files";
        case Offer::Kind::directories: return "_files -/";
    }
    return ":";
}

// Braces of the scripts stay single that way.
std::string filled(std::string text,
                   const std::vector<std::pair<std::string_view, std::string>>& with) {
    for (const auto& [mark, value] : with)
        for (auto at = text.find(mark); at != std::string::npos;
             at = text.find(mark, at + value.size()))
            text.replace(at, mark.size(), value);
    return text;
}

std::string fish_value(const Offer& offer) {
    switch (offer.kind) {
        case Offer::Kind::nothing: return " -x";
        case Offer::Kind::words: return fmt::format(" -x -a '{}'", offer.text);
        case Offer::Kind::names: return fmt::format(" -x -a '(__tandemctl_names {})'", offer.text);
        case Offer::Kind::files: return " -r -F";
        case Offer::Kind::directories: return " -x -a '(__fish_complete_directories)'";
    }
    return "";
}

std::string fish_spellings(const OptionShape& option) {
    std::string out;
    for (const std::string& spelling : option.spellings)
        out +=
            spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
    return out;
}

std::string fish_lines(const Place& place) {
    std::string out;
    for (const OptionShape& option : place.shape->options) {
        const std::string where =
            place.path.empty() ? "" : fmt::format(" -n '__tandemctl_after \"{}\"'", place.path);
        out += fmt::format("complete -c tandemctl{}{}{}\n", where, fish_spellings(option),
                           option.value.empty() ? "" : fish_value(offer_of(option)));
    }
    const auto argument = [&](std::size_t number, const std::string& what) {
        out += fmt::format("complete -c tandemctl -n '__tandemctl_at \"{}:{}\"'{}\n", place.path,
                           number, what);
    };
    if (!place.shape->verbs.empty())
        argument(0, fmt::format(" -a '{}'", joined(names_of(place.shape->verbs), " ")));
    for (std::size_t i = 0; i < place.shape->arguments.size(); ++i) {
        const Offer offer = offer_of(place.shape->arguments[i]);
        if (offer.kind == Offer::Kind::words) argument(i, fmt::format(" -a '{}'", offer.text));
        if (offer.kind == Offer::Kind::names)
            argument(i, fmt::format(" -a '(__tandemctl_names {})'", offer.text));
        if (offer.kind == Offer::Kind::files) argument(i, " -F");
    }
    return out;
}

constexpr std::string_view bash_text =
    R"(# Completions of tandemctl for bash, made by `tandemctl completion bash`.
_tandemctl() {
    local command=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]} path= arguments=0 at=() i word
    offer() { mapfile -t COMPREPLY < <(compgen "$@" -- "$current"); }
    offer_paths() { compopt -o filenames; offer "$@"; }
    names() {
        "$command" "${at[@]}" completion names 2>/dev/null | while read -r kind name; do
            [[ " $1 " == *" $kind "* ]] && printf '%s\n' "$name"
        done
    }
    # bash has made three words of --option=value.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        @VALUED@)
            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
            ((i++))
            [[ $word == --run-dir && i -lt COMP_CWORD ]] && at=(--run-dir "${COMP_WORDS[i]}")
            ;;
        -* | =) ;;
        *)
            case $path/$word in
            @STEPS@) path=${path:+$path }$word ;;
            *) ((arguments++)) ;;
            esac
            ;;
        esac
    done
    case $previous in
@VALUES@    esac
    if [[ $current == -* ]]; then
        case $path in
@OPTIONS@        esac
        return
    fi
    case $path:$arguments in
@ARGUMENTS@    esac
}
complete -F _tandemctl tandemctl
)";

constexpr std::string_view zsh_text = R"(#compdef tandemctl
# Completions of tandemctl for zsh, made by `tandemctl completion zsh`.
_tandemctl_names() {
    local kind name
    $words[1] $at completion names 2>/dev/null | while read -r kind name; do
        [[ " $1 " == *" $kind "* ]] && print -r -- $name
    done
}
_tandemctl() {
    local previous=$words[CURRENT-1] current=$words[CURRENT] place= word
    local -i arguments=0 i
    local -a at
    for ((i = 2; i < CURRENT; i++)); do
        word=$words[i]
        case $word in
        @VALUED@)
            ((i++))
            [[ $word == --run-dir ]] && ((i < CURRENT)) && at=(--run-dir $words[i])
            ;;
        --run-dir=*) at=($word) ;;
        -*) ;;
        *)
            case $place/$word in
            @STEPS@) place=${place:+$place }$word ;;
            *) ((arguments++)) ;;
            esac
            ;;
        esac
    done
    if [[ $current == --*=* ]]; then
        previous=${current%%=*}
        compset -P 1 '*='
    fi
    case $previous in
@VALUES@    esac
    if [[ $current == -* ]]; then
        case $place in
@OPTIONS@        esac
        return
    fi
    case $place:$arguments in
@ARGUMENTS@    esac
}
if [[ $funcstack[1] == _tandemctl ]]; then
    _tandemctl "$@"
else
    compdef _tandemctl tandemctl
fi
)";

constexpr std::string_view fish_text =
    R"(# Completions of tandemctl for fish, made by `tandemctl completion fish`.
# The words so far: "VERB:ARGUMENTS", and then the run-time directory when one was named.
function __tandemctl_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l place ''
    set -l arguments 0
    set -l value_of ''
    set -l at
    for word in $words
        if test -n "$value_of"
            test "$value_of" = --run-dir; and set at --run-dir $word
            set value_of ''
            continue
        end
        switch $word
            case @VALUED@
                set value_of $word
            case '--run-dir=*'
                set at $word
            case '-*'
            case '*'
                switch "$place/$word"
                    case @STEPS@
                        set place (string trim "$place $word")
                    case '*'
                        set arguments (math $arguments + 1)
                end
        end
    end
    printf '%s\n' "$place:$arguments" $at
end
function __tandemctl_at
    test (__tandemctl_words)[1] = $argv[1]
end
function __tandemctl_after
    string match -q -- "$argv[1]:*" (__tandemctl_words)[1]
end
function __tandemctl_names
    set -l words (__tandemctl_words)
    set -e words[1]
    tandemctl $words completion names 2>/dev/null | while read -l kind name
        contains $kind $argv; and echo $name
    end
end
complete -c tandemctl -f
@LINES@)";

std::string posix_script(std::string_view text, const VerbShape& all,
                         std::string (*action)(const Offer& offer)) {
    const std::vector<Place> places = places_of(all, "");
    Words steps = steps_of(places);
    for (std::string& step : steps) step = "'" + step + "'";
    return filled(std::string{text}, {{"@VALUED@", joined(spellings_of(with_value(places)), " | ")},
                                      {"@STEPS@", joined(steps, " | ")},
                                      {"@VALUES@", value_cases(places, action)},
                                      {"@OPTIONS@", option_cases(places, action)},
                                      {"@ARGUMENTS@", argument_cases(places, action)}});
}

}  // namespace

std::string bash_script(const VerbShape& all) { return posix_script(bash_text, all, in_bash); }

std::string zsh_script(const VerbShape& all) { return posix_script(zsh_text, all, in_zsh); }

std::string fish_script(const VerbShape& all) {
    const std::vector<Place> places = places_of(all, "");
    std::string lines;
    for (const Place& place : places) lines += fish_lines(place);
    Words steps = steps_of(places);
    for (std::string& step : steps) step = "'" + step + "'";
    return filled(std::string{fish_text},
                  {{"@VALUED@", joined(spellings_of(with_value(places)), " ")},
                   {"@STEPS@", joined(steps, " ")},
                   {"@LINES@", lines}});
}

}  // namespace ctl
