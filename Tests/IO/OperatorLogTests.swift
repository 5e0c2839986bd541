import Base
import IO
import Support
import Testing

/// journald's socket, with a stand-in.
@Suite struct OperatorLogTests {
    @Test func linesGoToTheJournalWithTheirFields() throws {
        let folder = TemporaryFolder()
        let journal = DatagramReceiver(at: "\(folder.path)/socket")
        let log = OperatorLog.toJournal(at: journal.address, from: .info) { Issue.record("it went elsewhere: \($0)") }
        log.debug("not this one")
        log.with("endpoint", "libera").warning("left a channel", ["channel": "#a", "reason": "kicked\nby \u{1B}[2Jop"])
        let datagram = try #require(journal.next())
        let expected =
            [UInt8]("MESSAGE=left a channel endpoint=libera channel=#a reason=\"kicked\\nby \u{FFFD}[2Jop\"\nPRIORITY=4\n".utf8)
            + [UInt8]("SYSLOG_IDENTIFIER=fairlead\nFAIRLEAD_ENDPOINT=libera\nFAIRLEAD_CHANNEL=#a\nFAIRLEAD_REASON\n".utf8)
            + [16, 0, 0, 0, 0, 0, 0, 0] + [UInt8]("kicked\nby \u{1B}[2Jop\n".utf8)
        #expect(datagram == expected)
        #expect(journal.next(milliseconds: 0) == nil)
    }

    @Test func theLargestLineFitsADatagram() throws {
        let folder = TemporaryFolder()
        let journal = DatagramReceiver(at: "\(folder.path)/socket")
        var log = OperatorLog.toJournal(at: journal.address, from: .info) { Issue.record("it went elsewhere: \($0.prefix(80))") }
        for number in 0..<12 { log = log.with("key\(number)", String(repeating: "a\n", count: LogLimits.value)) }
        log.error("a peer that talks too much")
        #expect(try #require(journal.next()).count > 12 * LogLimits.value)
    }

    @Test func whereNobodyListensLinesGoToStandardErrorWithTheirPriority() {
        let folder = TemporaryFolder()
        nonisolated(unsafe) var lines: [String] = []
        OperatorLog.toJournal(at: "\(folder.path)/nobody", from: .info) { lines.append($0) }.error("full", ["disk": "a b"])
        // journald that restarts is found again.
        let log = OperatorLog.toJournal(at: "\(folder.path)/socket", from: .info) { lines.append($0) }
        log.info("one")
        let journal = DatagramReceiver(at: "\(folder.path)/socket")
        log.info("two")
        #expect(lines == ["<3>full disk=\"a b\"\n", "<6>one\n"])
        #expect(journal.next().map { String(decoding: $0, as: UTF8.self).hasPrefix("MESSAGE=two\n") } == true)
    }
}
