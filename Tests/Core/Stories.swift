import Simulation

/// A relay over these servers that has been running for two seconds.
func relay(_ kinds: SimulatedServer.Kind...) -> SimulatedRelay {
    let relay = SimulatedRelay(seed: 5, kinds: kinds)
    relay.start()
    relay.run(seconds: 2)
    return relay
}

/// What stands of the relay on a server.
func texts(_ relay: SimulatedRelay, _ index: Int) -> [String] {
    relay.servers[index].posts.filter { $0.user == nil && !$0.isDeleted }.map(\.text)
}
