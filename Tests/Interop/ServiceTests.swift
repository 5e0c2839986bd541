import Glibc
import IO
import Support
import Testing

/// `fairlead run` as systemd starts it: what it tells, and when.
@Suite(.serialized) struct ServiceTests {
    @Test(arguments: ["path", "abstract"]) func systemdIsToldHowTheServiceStands(kind: String) throws {
        let relay = RelayUnderTest(unstarted: ())
        let manager = DatagramReceiver(
            at: kind == "path" ? "\(relay.folder.path)/notify" : "@fairlead-test-\(relay.folder.path.split(separator: "/").last!)")
        relay.configure(listener)
        relay.environment = ["NOTIFY_SOCKET": manager.address]
        relay.start()
        #expect(text(manager) == "READY=1\nSTATUS=2 endpoints, 0 peers, 1 bridges")
        // It said so when it was ready, not before.
        #expect(relay.log.contains("listening") && relay.waitForLog("ready", seconds: 5))

        relay.reload()
        let reloading = text(manager)?.split(separator: "\n") ?? []
        #expect(reloading.first == "RELOADING=1")
        let since = reloading.last.flatMap { $0.hasPrefix("MONOTONIC_USEC=") ? UInt64($0.dropFirst(15)) : nil }
        #expect(try #require(since) <= MonotonicClock.now.nanoseconds / 1000)
        #expect(text(manager) == "READY=1\nSTATUS=2 endpoints, 0 peers, 1 bridges")

        relay.write("nonsense", to: "fairlead.toml")
        relay.reload()
        #expect(text(manager)?.hasPrefix("RELOADING=1\n") == true)
        #expect(text(manager) == "READY=1\nSTATUS=the configuration is faulty; the old one stays in force")

        relay.signal(SIGTERM)
        #expect(text(manager) == "STOPPING=1\nSTATUS=stopping")
        #expect(relay.wait() == 0)
        #expect(manager.next(milliseconds: 0) == nil)
    }

    @Test func theWatchdogIsFedTwiceAsOftenAsAsked() {
        let relay = RelayUnderTest(unstarted: ())
        let manager = DatagramReceiver(at: "\(relay.folder.path)/notify")
        relay.configure(listener)
        relay.environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000"]
        let begin = MonotonicClock.now
        relay.start()
        var fed = 0
        while fed < 6, let said = text(manager) { fed += said == "WATCHDOG=1" ? 1 : 0 }
        // The first at once, each other not before a tenth of a second.
        #expect(fed == 6 && begin.distance(to: MonotonicClock.now).milliseconds >= 500)
        #expect(relay.stop() == 0)
    }

    @Test func aWatchdogOfAnotherProcessAndNoSocketMeanNothing() {
        let relay = RelayUnderTest(unstarted: ())
        let manager = DatagramReceiver(at: "\(relay.folder.path)/notify")
        relay.configure(listener)
        relay.environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"]
        relay.start()
        #expect(relay.waitForLog("ready"))
        #expect(relay.stop() == 0)
        var said: [String] = []
        while let datagram = manager.next(milliseconds: 0) { said.append(String(decoding: datagram.prefix(8), as: UTF8.self)) }
        #expect(said == ["READY=1\n", "STOPPING"])
        // Nobody listens there, the address is no address, or there is none.
        for address in ["\(relay.folder.path)/nobody", "vsock:2:1234", ""] {
            relay.clearLog()
            relay.environment = ["NOTIFY_SOCKET": address]
            relay.start()
            #expect(relay.waitForLog("ready") && relay.stop() == 0, "\(relay.log)")
        }
    }

    private func text(_ manager: DatagramReceiver) -> String? { manager.next().map { String(decoding: $0, as: UTF8.self) } }
}

/// A relay that needs nothing but itself.
private let listener = """
    [endpoint.one]
    kind = "irc-listener"
    listen = "127.0.0.1:0"
    [endpoint.two]
    kind = "irc-listener"
    listen = "127.0.0.1:0"
    [[bridge]]
    name = "ops"
    join = ["one:#a", "two:#b"]
    """

/// Where the log of `fairlead run` goes, and in which form.
@Suite(.serialized) struct LogFormTests {
    @Test func jsonIsOneObjectALine() throws {
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(listener)
        relay.arguments = ["--log", "json"]
        relay.start()
        #expect(relay.waitForLog("\"message\":\"ready\"") && relay.stop() == 0, "\(relay.log)")
        // Another program's reader finds the same four members in every line.
        let reader = ChildProcess.python("read_log.py", ["\(relay.folder.path)/log"])
        var lines: [String] = []
        while let line = reader.line() { lines.append(line) }
        #expect(reader.wait() == 0)
        #expect(lines.first == "notice started next relay" && lines.last == "notice stopped")
        #expect(lines.contains("notice listening address endpoint port"), "\(lines)")
    }

    /// What journald would read is known by its device and inode; whoever has only inherited the variable logs as ever.
    @Test(arguments: [true, false]) func theJournalsStreamIsKnown(isItsOwn: Bool) {
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(listener)
        relay.write("", to: "log")
        var status = stat()
        #expect(stat("\(relay.folder.path)/log", &status) == 0)
        relay.environment = ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino + (isItsOwn ? 0 : 1))"]
        relay.start()
        #expect(relay.waitForLog("ready") && relay.stop() == 0)
        // Where a journald listens, only that has the lines.
        if isItsOwn && access("/run/systemd/journal/socket", F_OK) != 0 {
            #expect(relay.log.hasPrefix("<5>started relay=") && relay.log.hasSuffix("<5>stopped\n"), "\(relay.log)")
        }
        if !isItsOwn { #expect(relay.log.contains("Z notice started relay="), "\(relay.log)") }
    }

    @Test func anotherFormIsRefused() {
        for words in [["run", "--log", "xml"], ["run", "--log"]] {
            let process = ChildProcess("fairlead", words, errorsTo: "/dev/null")
            #expect(process.line() == nil && process.wait() == 2)
        }
    }
}

/// The reserve, on the disk of this machine.
@Suite(.serialized) struct ReserveTests {
    @Test func onADiskBelowTheReserveNothingIsTakenInUntilThereIsRoom() {
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(listener + "\n[limits]\nreserve = \"100000GB\"")
        relay.start()
        #expect(relay.waitForLog("ready") && relay.log.contains("error the disk is nearly full; nothing is taken in free="), "\(relay.log)")
        let status = relay.command("status").output
        #expect(status.contains(", 100000000 kept free; intake waits for room") && status.contains("below_reserve 1"), "\(status)")
        #expect(relay.command("status", "--json").output.contains("\"is_below\":true"))
        // Whoever waits does not hold up a stop, and is told that nothing was said.
        let waiting = Command(relay, "say", "ops", "wait")
        #expect(relay.waitForLog("what an operator says waits bridge=ops for=reserve"), "\(relay.log)")
        #expect(relay.stop() == 0)
        let given = waiting.end()
        #expect(
            given.exit == 5 && given.errors.contains("the disk is nearly full; nothing is taken in") && given.output.isEmpty, "\(given)")
        #expect(given.errors.hasSuffix("fairlead: the relay ends; nothing was said\n"))
        relay.configure(listener + "\n[limits]\nreserve = \"10MB\"")
        relay.clearLog()
        relay.start()
        #expect(relay.waitForLog("ready") && relay.command("say", "ops", "now").output.hasPrefix("said as event "))
        #expect(!relay.log.contains("nearly full") && relay.command("status").output.contains(", 10 kept free\n"))
        #expect(relay.stop() == 0)
    }
}
