/// Lets one task of an actor wait until something happened. Belongs to one actor; not shared.
struct Signal {
    private var isSet = false
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Something happened: whoever waits goes on; if nobody does, the next one will not wait.
    mutating func set() {
        if let waiter {
            self.waiter = nil
            waiter.resume()
        } else {
            isSet = true
        }
    }

    /// True if it was set already. Else `continuation` is kept and resumed by the next `set`.
    mutating func take() -> Bool {
        defer { isSet = false }
        return isSet
    }

    mutating func keep(_ continuation: UnsafeContinuation<Void, Never>) {
        precondition(waiter == nil, "two tasks wait for one signal")
        waiter = continuation
    }
}
