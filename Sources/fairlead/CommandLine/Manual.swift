/// What a command, or one verb of a command, takes and does. The words behind it are compared with this, and `--help` prints it.
struct Manual: Sendable {
    struct Option: Sendable {
        let name: String
        /// What stands behind it, in capitals; nil if nothing does.
        let value: String?
        let words: String
        /// Whether it may come more than once.
        let isRepeated: Bool

        init(_ name: String, _ words: String) {
            self.name = name
            value = nil
            self.words = words
            isRepeated = false
        }

        init(_ name: String, _ value: String, _ words: String, isRepeated: Bool = false) {
            self.name = name
            self.value = value
            self.words = words
            self.isRepeated = isRepeated
        }

        /// As it is typed.
        var usage: String { value.map { "\(name) \($0)" } ?? name }
    }

    /// `link invite`
    let name: String
    /// What stands behind the name, as it is typed: `NAME`, `[CODE]`.
    let usage: String
    /// How many words that may be.
    let count: ClosedRange<Int>
    let summary: String
    /// A line for each word of `usage` that needs one.
    let arguments: [(name: String, words: String)]
    let options: [Option]
    let examples: [String]

    /// `count`: one, or none where `usage` is empty, if nothing is said. `takesConfiguration`: whether `--config` means anything to it.
    init(
        _ name: String, takes usage: String = "", count: ClosedRange<Int>? = nil, _ summary: String,
        arguments: [(name: String, words: String)] = [], options: [Option] = [], takesConfiguration: Bool = true, examples: String...
    ) {
        self.name = name
        self.usage = usage
        self.count = count ?? (usage.isEmpty ? 0...0 : 1...1)
        self.summary = summary
        self.arguments = arguments
        self.options = options + (takesConfiguration ? [Manual.configuration] : [])
        self.examples = examples
    }

    static let defaultConfiguration = "/etc/fairlead/fairlead.toml"
    private static let configuration = Option("--config", "FILE", "the configuration, \(defaultConfiguration) unless given")

    /// One line: how the whole is typed.
    var line: String {
        // One without which something else is typed stands in `usage` already.
        let options = options.filter { !usage.contains($0.name) }.map { "[\($0.usage)]\($0.isRepeated ? "…" : "")" }
        return (["fairlead", name, usage] + options).filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// What is missing if there are only so many words.
    func missing(after count: Int) -> String {
        let names = usage.split(separator: " ").filter { $0.allSatisfy { $0.isUppercase || $0 == "…" } }
        return names.dropFirst(count).first.map(String.init) ?? usage
    }

    /// What `--help` prints.
    var text: String {
        let lines = arguments + options.map { ($0.usage, $0.words) }
        let width = lines.map(\.0.count).max() ?? 0
        let table = lines.map { "  \($0)\(String(repeating: " ", count: width - $0.count))  \($1)\n" }.joined()
        let example = examples.map { "  \($0)\n" }.joined()
        return "usage: \(line)\n\n\(summary).\n" + (table.isEmpty ? "" : "\n\(table)")
            + "\n\(examples.count == 1 ? "example" : "examples"):\n\(example)"
    }

    /// What stands behind a complaint.
    var hint: String { "expected: \(line)\nmore: fairlead \(name) --help\n" }
}

/// One word behind `fairlead`, and its verbs where it has some.
struct Command: Sendable {
    let name: String
    /// One, or one for each verb.
    let manuals: [Manual]
    /// The verb that is meant where none is given.
    let usualVerb: String?
    /// Not for people.
    let isHidden: Bool
    let run: @Sendable (inout Arguments) async -> CommandLineProgram.Exit

    init(
        _ manuals: Manual..., usualVerb: String? = nil, isHidden: Bool = false,
        run: @escaping @Sendable (inout Arguments) async -> CommandLineProgram.Exit
    ) {
        name = String(manuals[0].name.prefix { $0 != " " })
        self.manuals = manuals
        self.usualVerb = usualVerb
        self.isHidden = isHidden
        self.run = run
    }

    var hasVerbs: Bool { manuals[0].name != name }
    var verbs: [String] { hasVerbs ? manuals.map { String($0.name.dropFirst(name.count + 1)) } : [] }

    func manual(of verb: String?) -> Manual? {
        hasVerbs ? manuals.first { $0.name == "\(name) \(verb ?? usualVerb ?? "")" } : manuals[0]
    }

    /// Every option that any of its verbs takes.
    var options: [Manual.Option] { manuals.flatMap(\.options) }

    /// What `--help` prints without a verb.
    var text: String {
        if !hasVerbs { return manuals[0].text }
        return "usage: fairlead \(name) VERB …\n\n" + manuals.map { "  \($0.line)\n      \($0.summary)\n" }.joined()
            + "\nmore: fairlead \(name) VERB --help\n"
    }

    /// What stands behind a complaint about the verb.
    var hint: String {
        hasVerbs ? "expected: fairlead \(name) \(verbs.joined(separator: "|")) …\nmore: fairlead \(name) --help\n" : manuals[0].hint
    }
}
