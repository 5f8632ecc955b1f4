import CSatchel
import Foundation

/// The one holder of a store's address. Calls enter and leave; `close` lets nobody in any more, ends the syncs that are
/// waited for, waits until the last call has left, and only then closes: no call ever sees an address that is gone.
/// Whoever forgets to close lets it go by its end.
final class Handle: @unchecked Sendable {
    private enum State { case open, closing, closed }

    private let store: OpaquePointer
    private let changed = NSCondition()
    private var state = State.open
    private var inside = 0

    init(_ store: OpaquePointer) { self.store = store }

    /// Runs `call` with the store's address. `closed` after `close` has begun.
    func use<R>(_ call: (OpaquePointer) throws(SatchelError) -> R) throws(SatchelError) -> R {
        guard enter() else { throw .closed }
        defer { leave() }
        return try call(store)
    }

    private func enter() -> Bool {
        changed.withLock {
            if state != .open { return false }
            inside += 1
            return true
        }
    }

    private func leave() {
        changed.withLock {
            inside -= 1
            if inside == 0 && state != .open { changed.broadcast() }
        }
    }

    /// Returns when the store is closed, whoever closed it. Not from inside a call or callback of this store: it would wait for
    /// itself.
    func close() throws(SatchelError) {
        let (mine, isBusy) = changed.withLock {
            let mine = state == .open
            if mine { state = .closing }
            return (mine, inside > 0)
        }
        // Who waits inside for a sync leaves now. A store that has ended with an error has let all of them go before.
        if mine && isBusy { satchel_error_free(satchel_sync_stop(store)) }
        changed.withLock {
            while mine ? inside > 0 : state != .closed { changed.wait() }
        }
        guard mine else { return }
        defer {
            changed.withLock {
                state = .closed
                changed.broadcast()
            }
        }
        try must(satchel_close(store))
    }
}
