import Base

/// Words that are not as a command wants them.
struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The words behind a command, which are as it wants them: taken out one by one.
///
/// What begins with `-` is an option, but for `-` itself and whatever comes behind `--`. An option's value is the next word, which is none that
/// looks like an option, or stands behind `=`.
struct Arguments {
    let manual: Manual
    /// What is no option: the verb, if the command has some, and what comes behind it.
    private(set) var words: [String]
    private var options: [(name: String, value: String)]

    /// Reads the words behind the name of a command.
    init(_ all: [String], of command: Command) throws(UsageError) {
        (words, options) = try Arguments.parts(of: all, command.options)
        let verb = command.hasVerbs ? words.first : nil
        guard let manual = command.manual(of: verb) else {
            guard let verb else { throw UsageError("\(command.name) needs one of \(command.verbs.joined(separator: ", "))") }
            throw UsageError("unknown: \(command.name) \(verb)\(Arguments.hint(to: verb, command.verbs))")
        }
        self.manual = manual
        let count = words.count - (verb == nil ? 0 : 1)
        if count < manual.count.lowerBound { throw UsageError("\(manual.name) needs \(manual.missing(after: count))") }
        if count > manual.count.upperBound { throw UsageError("unexpected: \(words[words.count - count + manual.count.upperBound])") }
        for (index, option) in options.enumerated() {
            guard let known = manual.options.first(where: { $0.name == option.name }) else {
                throw UsageError("\(manual.name) takes no \(option.name)")
            }
            if !known.isRepeated && options[..<index].contains(where: { $0.name == option.name }) {
                throw UsageError("\(option.name) comes twice")
            }
        }
    }

    /// Tells options from other words.
    private static func parts(of all: [String], _ known: [Manual.Option]) throws(UsageError) -> ([String], [(name: String, value: String)])
    {
        var words: [String] = []
        var options: [(name: String, value: String)] = []
        var rest = all[...]
        while let word = rest.popFirst() {
            if word == "--" { return (words + rest, options) }
            guard word.hasPrefix("-") && word != "-" else {
                words.append(word)
                continue
            }
            let name = String(word.prefix { $0 != "=" })
            let attached = name.count < word.count ? String(word.dropFirst(name.count + 1)) : nil
            guard let option = known.first(where: { $0.name == name }) else {
                throw UsageError("unknown option \(name)\(hint(to: name, known.map(\.name)))")
            }
            guard let value = option.value else {
                if attached != nil { throw UsageError("\(name) takes no value") }
                options.append((name, ""))
                continue
            }
            var given = attached
            if given == nil, let next = rest.first, !next.hasPrefix("-") || next == "-" { given = rest.popFirst() }
            guard let given, !given.isEmpty else { throw UsageError("\(name) needs a value: \(value)") }
            options.append((name, given))
        }
        return (words, options)
    }

    private static func hint(to word: String, _ known: [String]) -> String {
        nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    mutating func takeFlag(_ name: String) -> Bool { takeOption(name) != nil }

    /// The value of an option; nil if it is not there.
    mutating func takeOption(_ name: String) -> String? {
        guard let index = options.firstIndex(where: { $0.name == name }) else { return nil }
        return options.remove(at: index).value
    }

    mutating func take() -> String? { words.isEmpty ? nil : words.removeFirst() }

    /// The configuration's file.
    mutating func takeConfiguration() -> String { takeOption("--config") ?? Manual.defaultConfiguration }
}
