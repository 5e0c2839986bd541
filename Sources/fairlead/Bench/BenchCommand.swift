import Base
import IO

/// `fairlead bench NAME [--json] [--quick] [--dir DIR]`
enum BenchCommand {
    static let help = """
        usage: fairlead bench journal [--json] [--quick] [--dir DIR]

          journal    commits of one entry, entries a second, and the same with ten million behind
                     (--quick: one million), ten seconds after those were written

        DIR is where scratch files go (default /var/tmp); its disk is what is measured.

        """

    static func run(_ arguments: [String]) async -> CommandLineProgram.Exit {
        var rest = arguments
        var isJSON = false
        var isQuick = false
        var parent = "/var/tmp"
        var names: [String] = []
        while !rest.isEmpty {
            let argument = rest.removeFirst()
            switch argument {
            case "--json": isJSON = true
            case "--quick": isQuick = true
            case "--dir" where !rest.isEmpty: parent = rest.removeFirst()
            case "--help", "-h":
                Console.output(help)
                return .done
            default: names.append(argument)
            }
        }
        guard names == ["journal"] else {
            Console.error("fairlead: bench measures: journal\n\(help)")
            return .wrongUsage
        }
        do {
            let scratch = try ScratchFolder(in: parent)
            defer { scratch.remove() }
            try await JournalBench(folder: scratch.path, isQuick: isQuick).run { Console.output((isJSON ? $0.json : $0.line) + "\n") }
            return .done
        } catch {
            Console.error("fairlead: \(error)\n")
            return .failed
        }
    }
}
