import Base
@testable import Core
import Model
import Store
import Support

/// A random walk of one relay over servers on which people write, edit and delete, with cuts, outages and crashes; and the naive
/// model that says what must have come of it.
package final class EngineWalk: @unchecked Sendable {  // the driving thread's alone
    package enum Store: String, Sendable, CaseIterable { case memory, sqlite }

    package let world: SimulatedWorld
    package let servers: [SimulatedServer]
    private let store: Store
    private let folder = TemporaryFolder()
    var host: SimulatedHost?
    var process: RelayProcess?
    private var memory: MemoryJournal?
    private var sqlite: SQLiteJournal?
    private var disk = MemoryDisk()
    private var messages = 0
    package private(set) var crashes = 0
    package private(set) var cuts: [String: Int] = [:]
    package private(set) var counters = EngineCounters()

    package init(seed: UInt64, store: Store, kinds: [SimulatedServer.Kind]) {
        world = SimulatedWorld(seed: seed)
        self.store = store
        servers = kinds.enumerated().map { SimulatedServer("s\($0.offset)", $0.element) }
    }

    // MARK: The walk

    /// Starts, disturbs for `seconds`, heals, waits until everything has settled.
    package func run(seconds: UInt64) async {
        await start()
        let end = world.now + .seconds(seconds)
        people(until: end)
        while world.now < end {
            let pause = world.pick(20...2500)
            world.run(until: world.now + .milliseconds(pause))
            say("\(world.now)\n")
            await disturb()
            say("disturbed\n")
        }
        for server in servers { server.isUp = true }
        setFull(false)
        // Longer than every wait of the relay together.
        world.run(until: world.now + .seconds(60))
        collectCounters()
    }

    /// The same without any fault.
    package func runCalmly(seconds: UInt64) async {
        await start()
        people(until: world.now + .seconds(seconds))
        world.run(until: world.now + .seconds(seconds + 30))
        collectCounters()
    }

    private func start() async {
        let host = world.makeHost()
        self.host = host
        let journal: any Journal
        switch store {
        case .memory:
            let world = self.world
            let memory = MemoryJournal(disk: disk, on: host) { await host.sleep(until: host.now + .milliseconds(world.pick(0...8))) }
            self.memory = memory
            journal = memory
        case .sqlite:
            let sqlite = SQLiteJournal(folder: folder.path)
            self.sqlite = sqlite
            journal = OutsideJournal(sqlite, on: host, in: world)
        }
        let process = RelayProcess(on: host, in: world, journal: journal, servers: servers)
        self.process = process
        world.running(host) { process.assumeIsolated { $0.start() } }
    }

    private func crash() async {
        guard let host else { return }
        crashes += 1
        // At any step, not only where a pause ends.
        for _ in 0..<world.pick(0...60) { _ = world.step(before: world.now + .milliseconds(30)) }
        collectCounters()
        world.crash(host)
        if let memory {
            disk = world.running(host) { memory.assumeIsolated { $0.disk } }
            disk = disk.afterCrash(keeping: Int(world.pick(0...UInt64(disk.unsynced))))
        }
        await sqlite?.close()
        world.forgetOutside()
        for server in servers { server.listener = nil }
        let pause = world.pick(0...3000)
        world.run(until: world.now + .milliseconds(pause))
        await start()
    }

    private func collectCounters() {
        guard let host, let process else { return }
        world.running(host) {
            guard let engine = process.assumeIsolated({ $0.engine }) else { return }
            let latest = engine.assumeIsolated { $0.counters }
            counters.repeated += latest.repeated
            counters.uncertain += latest.uncertain
            counters.superseded += latest.superseded
            counters.full += latest.full
            counters.deferred += latest.deferred
        }
    }

    private func disturb() async {
        switch world.pick(0...9) {
        case 0, 1, 2:
            await crash()
        case 3, 4:
            let index = Int(world.pick(0...UInt64(servers.count - 1)))
            cut(index)
        case 5:
            let index = Int(world.pick(0...UInt64(servers.count - 1)))
            servers[index].isUp = false
            cut(index)
            let server = servers[index]
            world.after(.milliseconds(world.pick(500...8000))) { server.isUp = true }
        case 6:
            setFull(true)
            world.after(.milliseconds(world.pick(100...3000))) { [weak self] in self?.setFull(false) }
        default:
            break
        }
    }

    private func setFull(_ isFull: Bool) {
        guard let memory, let host else { return }
        world.running(host) { memory.assumeIsolated { $0.setFull(isFull) } }
    }

    private func cut(_ index: Int) {
        guard let host, let process else { return }
        cuts[servers[index].name, default: 0] += 1
        world.running(host) {
            let endpoints = process.assumeIsolated { $0.endpoints }
            if index < endpoints.count { endpoints[index].assumeIsolated { $0.cut() } }
        }
    }

    // MARK: People

    /// Has people write at random times until `end`.
    private func people(until end: Instant) {
        for server in servers {
            for person in 0..<2 { act(server, "\(server.name)-\(person)", until: end) }
        }
    }

    private func act(_ server: SimulatedServer, _ person: String, until end: Instant) {
        let pause: UInt64 = world.chance(1, in: 3) ? world.pick(0...20) : world.pick(50...1500)
        world.after(.milliseconds(pause)) { [weak self] in
            guard let self, self.world.now < end else { return }
            self.once(server, person)
            self.act(server, person, until: end)
        }
    }

    private func once(_ server: SimulatedServer, _ person: String) {
        let time = UnixTime(seconds: 1_795_000_000 + world.now.nanoseconds / 1_000_000_000)
        let own = server.posts.indices.filter { server.posts[$0].user == person && !server.posts[$0].isDeleted }
        let canChange = server.kind == .marks
        if canChange, let post = own.suffix(4).randomElement(using: &world.generator), world.chance(1, in: 4) {
            if world.chance(1, in: 3) {
                server.delete(post, by: person, at: time)
            } else {
                server.edit(post, to: text(), by: person, at: time)
            }
            return
        }
        if canChange, world.chance(1, in: 10), let post = server.posts.indices.suffix(10).randomElement(using: &world.generator), !server.posts[post].isDeleted {
            server.react(post, "+\(messages)", by: person, at: time)
            messages += 1
            return
        }
        var reply: Int?
        if canChange, world.chance(1, in: 5) { reply = server.posts.indices.suffix(6).filter { !server.posts[$0].isDeleted }.randomElement(using: &world.generator) }
        server.post(text(), by: person, reply: reply, at: time)
    }

    /// A text of one to four tokens of eight bytes, no token used twice.
    private func text() -> String {
        messages += 1
        return (0..<world.pick(1...4)).map { token(messages, Int($0)) }.joined()
    }

    private func token(_ message: Int, _ part: Int) -> String {
        let digits = String(message)
        return "<" + String(repeating: "0", count: 4 - digits.count) + digits + ".\(part)>"
    }
}
extension EngineWalk {
    package func dump() {
        print("WORLD", world.now, world.debug)
        guard let host, let process else { return }
        world.running(host) {
            guard let engine = process.assumeIsolated({ $0.engine }) else { return }
            engine.assumeIsolated { e in
 print("ENGINE", e.work, e.commitSignal, e.workSignal, e.quietTimer as Any, e.commitWaiters.count, e.batch, e.committedBatch, e.isFull)
                print("recent end", e.recent.end, "committed", e.committedEnd, e.counters)
                for (d, o) in e.outboxes.sorted(by: { $0.key < $1.key }) { print(d, o.machine, "filling", o.isFilling, o.isReconciling) }
            }
        }
    }
}

import Glibc
func say(_ t: String) { let b = [UInt8](t.utf8); _ = write(2, b, b.count) }
