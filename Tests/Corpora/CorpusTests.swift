import FuzzTargets
import Support
import Testing

@Suite struct CorpusTests {
    /// Whatever a fuzzer once found, and the seeds it began with. A failure ends the process with the failed condition's words.
    @Test(arguments: fuzzTargets.map(\.name))
    func savedInputsPass(target: String) throws {
        let run = try #require(fuzzTargets.first { $0.name == target }).run
        let inputs = Vectors.corpus(target)
        #expect(!inputs.isEmpty)
        for input in inputs { run(input.bytes) }
    }
}
