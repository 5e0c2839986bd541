import Glibc
import IO
import Support
import Testing

/// `[metrics]` of a relay that runs, asked over real connections.
@Suite(.serialized) struct MetricsTests {
    private func configuration(_ port: UInt16?, far: UInt16 = 1, host: String = "127.0.0.1", _ more: String = "") -> String {
        """
        [endpoint.local]
        kind = "irc-listener"
        listen = "127.0.0.1:0"
        [endpoint.far]
        kind = "irc"
        server = "127.0.0.1:\(far)"
        tls = false
        [[bridge]]
        name = "ops"
        join = ["local:#ops", "far:#b"]
        \(port.map { "[metrics]\nlisten = \"\(host):\($0)\"" } ?? "")
        \(more)
        """
    }

    @Test func eachPathAndMethodHasItsAnswer() {
        let port = freePort()
        let relay = RelayUnderTest(configuration(port))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        for (method, path, status) in [
            ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("HEAD", "/metrics", 200),
            ("GET", "/metrics?x=1", 200),
            ("GET", "/", 404), ("GET", "/metrics/", 404), ("GET", "/../etc/passwd", 404), ("HEAD", "/nothing", 404),
            ("POST", "/metrics", 405),
            ("DELETE", "/healthz", 405), ("OPTIONS", "/metrics", 405),
        ] {
            let answer = HTTPProbe.ask(port, path, method: method)
            #expect(answer.status == status, "\(method) \(path): \(answer.head)")
            #expect(answer.body.isEmpty == (method == "HEAD"), "\(method) \(path)")
            #expect(answer.head.contains("\r\nConnection: close"), "\(answer.head)")
            #expect((status == 405) == answer.head.contains("\r\nAllow: GET, HEAD"))
        }
        #expect(HTTPProbe.ask(port, "/metrics").head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"))
        // Whoever asks under a name that only leads here is somebody else's page.
        for (host, status) in [
            ("127.0.0.1:\(port)", 200), ("localhost", 200), ("LocalHost:\(port)", 200), ("[::1]:\(port)", 200), ("[::1]", 200),
            ("rebound.example", 421), ("rebound.example:\(port)", 421), ("127.0.0.1.example", 421), ("localhost.example:80", 421),
        ] {
            #expect(HTTPProbe.ask(port, "/metrics", host: host).status == status, "\(host)")
        }
        #expect(HTTPProbe.ask(port, "/healthz", host: "rebound.example").status == 200)
        // A body that nobody wants, announced or sent.
        #expect(HTTPProbe.ask(port, "/metrics", method: "POST", more: "Content-Length: 1000000000\r\n").status == 405)
        #expect(HTTPProbe.ask(port, "/healthz", more: "X: y\r\n").status == 200)
        let answers = HTTPProbe.ask(port, "/metrics").body
        #expect(answers.contains("\nfairlead_http_answers_total{status=\"404\"} 4\n"), "\(answers)")
        #expect(answers.contains("\nfairlead_http_answers_total{status=\"405\"} 4\n"), "\(answers)")
        #expect(relay.stop() == 0)
    }

    @Test func nobodyKeepsTheServerBusy() {
        let port = freePort()
        let relay = RelayUnderTest(configuration(port))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        // What is no request is refused or cut, whatever it is.
        for noise in ["garbage\r\n\r\n", "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\u{FFFD}\r\n\r\n"]
        {
            let probe = HTTPProbe(port)
            probe?.send(noise)
            let answer = probe?.rest()
            #expect(answer != nil && !answer!.hasPrefix("HTTP/1.1 200"), "\(noise.debugDescription): \(answer ?? "never closed")")
        }
        // A head that does not end is answered when it is too long.
        let long = HTTPProbe(port)
        long?.send("GET /metrics HTTP/1.1\r\n")
        for line in 0..<20_000 where long?.send("X-\(line): \(String(repeating: "y", count: 100))\r\n") == false { break }
        #expect(long?.rest()?.hasPrefix("HTTP/1.1 200") == false)
        // One that comes byte by byte for ever is cut, and holds up nobody meanwhile.
        let slow = HTTPProbe(port)
        slow?.send("GET /metrics HTTP/1.1\r\nX: ")
        var bytes = 0
        while bytes < 600, slow?.send("y") == true {
            bytes += 1
            if bytes == 3 { #expect(HTTPProbe.ask(port, "/healthz").status == 200) }
            usleep(100_000)
        }
        #expect(bytes < 600, "a request that never ends is let go on for ever")
        // A hundred at once, all of whom ask, all get their answer.
        let crowd = (0..<100).compactMap { _ in
            let probe = HTTPProbe(port)
            probe?.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return probe
        }
        let answers = crowd.map { HTTPProbe.Answer($0.rest() ?? "").status }
        #expect(answers == [Int](repeating: 200, count: 100), "\(answers)")
        // Forty who say nothing keep others out only until they are cut.
        let silent = (0..<40).compactMap { _ in HTTPProbe(port) }
        let metrics = HTTPProbe.ask(port, "/metrics").body
        withExtendedLifetime(silent) {}
        let cut = metrics.split(separator: "\n").first { $0.hasPrefix("fairlead_http_timeouts_total ") }?.split(separator: " ").last
        #expect(cut.flatMap { Int($0) } ?? 0 >= 17, "\(cut ?? "")")
        #expect(relay.stop() == 0)
    }

    @Test func theAddressIsOpenedMovedAndClosedByReload() {
        let (first, second, taken) = (freePort(), freePort(), freePort())
        let relay = RelayUnderTest(configuration(nil))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        #expect(HTTPProbe(first) == nil)
        func reload(_ configuration: String, _ count: Int) {
            relay.configure(configuration)
            relay.reload()
            #expect(relay.waitForLog("reloaded", times: count), "\(relay.log)")
        }
        reload(configuration(first), 1)
        #expect(HTTPProbe.ask(first, "/readyz").status == 200)
        reload(configuration(second), 2)
        #expect(HTTPProbe.ask(second, "/readyz").status == 200 && HTTPProbe(first) == nil)
        // What the former server counted is counted on.
        #expect(HTTPProbe.ask(second, "/metrics").body.contains("fairlead_http_answers_total{status=\"200\"} 2\n"))
        let other = RelayUnderTest(configuration(taken))
        #expect(other.waitForLog("ready"), "\(other.log)")
        reload(configuration(taken), 3)
        #expect(relay.log.contains("reason=\"[metrics] listen = \\\"127.0.0.1:\(taken)\\\": "), "\(relay.log)")
        #expect(HTTPProbe.ask(second, "/healthz").status == 200, "the old address stays where the new one can't be had")
        #expect(other.stop() == 0)
        reload(configuration(taken, host: "0.0.0.0"), 4)
        #expect(relay.log.contains("warning metrics can be read from other machines"), "\(relay.log)")
        #expect(HTTPProbe.ask(taken, "/healthz").status == 200)
        reload(configuration(nil), 5)
        #expect(HTTPProbe(first) == nil && HTTPProbe(second) == nil && HTTPProbe(taken) == nil)
        #expect(relay.stop() == 0)
    }

    @Test func anAddressThatIsTakenEndsTheStartWithTheKeysName() {
        let port = freePort()
        let holder = RelayUnderTest(configuration(port))
        #expect(holder.waitForLog("ready"), "\(holder.log)")
        let relay = RelayUnderTest(configuration(port))
        #expect(relay.wait() == 1)
        #expect(relay.log.contains("fairlead: [metrics] listen = \"127.0.0.1:\(port)\": "), "\(relay.log)")
        #expect(holder.stop() == 0)
    }

    /// Alive all the time, ready only between `ready` and the word to stop. A line that its server does not answer holds the end up.
    @Test func aRelayThatStopsIsAliveAndNotReady() {
        let (port, server) = (freePort(), ForeignServer(.ngIRCd))
        let proxy = TCPProxy(to: server.port)
        defer { proxy.end() }
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(configuration(port, far: proxy.port))
        relay.start()
        var statuses: [Int] = []
        for _ in 0..<3000 where statuses.last != 200 {
            let status = HTTPProbe.ask(port, "/readyz").status
            if status != statuses.last { statuses.append(status) }
            // Nobody listens yet.
            if status == 0 { usleep(10_000) }
        }
        // Each of the first two may be too short to be seen.
        #expect(statuses.last == 200 && statuses.filter { $0 != 0 && $0 != 503 } == [200], "\(statuses) \(relay.log)")
        #expect(relay.waitForLog("connected to a channel"), "\(relay.log)")
        proxy.stall(true)
        #expect(relay.command("say", "ops", "is anybody there?").exit == 0)
        usleep(500_000)
        relay.signal(SIGTERM)
        #expect(relay.waitForLog("stopping"), "\(relay.log)")
        let answers = (HTTPProbe.ask(port, "/readyz"), HTTPProbe.ask(port, "/healthz"), HTTPProbe.ask(port, "/metrics").status)
        #expect(answers.0.status == 503 && answers.0.body == "stopping\n", "\(answers.0) \(relay.log)")
        #expect(answers.1.status == 200 && answers.2 == 200)
        // The relay would wait for the server for some seconds more.
        relay.kill()
    }
}
