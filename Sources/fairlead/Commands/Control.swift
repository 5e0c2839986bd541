import Base
import Daemon
import IO

/// Asks the running relay, which is found by the state folder of its configuration.
enum Control {
    /// Sends a request and hands each line of the answer but the last to `body`.
    static func ask(_ request: ControlRequest, _ arguments: inout Arguments, _ body: ([UInt8]) -> Void) -> CommandLineProgram.Exit {
        let path = arguments.takeConfiguration()
        if let word = arguments.take() { return CommandLineProgram.refuse("unexpected: \(word)") }
        let (state, language): (String, Language)
        do {
            let settings = try SettingsReader.read(path)
            (state, language) = (settings.relay.state, settings.language)
        } catch {
            // A relay that runs does so by what stood there before.
            guard let relay = SettingsReader.relay(in: path), Files.exists("\(relay.state)/\(socketName)") else {
                return CommandLineProgram.fail("\(error)", .invalidConfiguration)
            }
            (state, language) = relay
            Console.error("fairlead: \(error)\n")
        }
        let texts = OperatorTexts(language)
        var ending: ControlEnding?
        let outcome = LocalSocket.ask("\(state)/\(socketName)", ControlJSON.line(request)) { line in
            if let last = ControlJSON.value(line, as: ControlEnding.self) { ending = last } else { body(line) }
            return ending == nil
        }
        switch outcome {
        case .answered: break
        case .absent: return CommandLineProgram.fail(texts.noRelayAnswers(state), .unreachable)
        case .forbidden: return CommandLineProgram.fail(texts.mayNotAsk(state), .refused)
        }
        guard let ending else { return CommandLineProgram.fail(texts.endedBefore, .unreachable) }
        if ending.done { return .done }
        return CommandLineProgram.fail(
            ending.error ?? texts.noReason, ending.exit.flatMap { CommandLineProgram.Exit(rawValue: $0) } ?? .failed)
    }

    /// What is said in the language of the configuration that the arguments name; English where that can't be read.
    static func texts(_ arguments: Arguments) -> OperatorTexts {
        var arguments = arguments
        return OperatorTexts(SettingsReader.relay(in: arguments.takeConfiguration())?.language ?? .en)
    }

    private static let socketName = "control"

    /// Prints lines of JSON as they come.
    static func printJSON(_ line: [UInt8]) { Console.output(String(decoding: line, as: UTF8.self) + "\n") }
}

/// Columns of text, each as wide as its widest entry.
struct TextTable {
    private var rows: [[String]]

    init(_ heads: String...) { rows = [heads] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
            var end = cells[...]
            while end.last == " " { end.removeLast() }
            return end + "\n"
        }.joined()
    }
}
