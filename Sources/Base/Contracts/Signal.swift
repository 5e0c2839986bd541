/// Lets one task of an actor wait until something happened. Belongs to one actor; not shared.
package struct Signal {
    private var isSet = false
    private var waiter: UnsafeContinuation<Void, Never>?

    package init() {}

    /// Something happened: whoever waits goes on; if nobody does, the next one will not wait.
    package mutating func set() {
        if let waiter {
            self.waiter = nil
            waiter.resume()
        } else {
            isSet = true
        }
    }

    /// `continuation` goes on now if it was set already, else at the next `set`.
    package mutating func wait(_ continuation: UnsafeContinuation<Void, Never>) {
        precondition(waiter == nil, "two tasks wait for one signal")
        if isSet {
            isSet = false
            continuation.resume()
        } else {
            waiter = continuation
        }
    }
}
