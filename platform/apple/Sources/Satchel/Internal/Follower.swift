import CSatchel
import Foundation

/// Hears of one thing that is followed, and hands it on to one task that asks: paused inside `changed`, resumed when the task
/// wants the next, so there is never more than one thing here (docs/decisions/0017).
final class Follower: @unchecked Sendable {
    private typealias Asking = CheckedContinuation<Result<Data?, SatchelError>, Never>

    private let lock = NSLock()
    private var told: Result<Data?, SatchelError>?
    private var asking: Asking?
    private var ended = false // nothing comes behind what was told
    // Set before the first call; C writes to it.
    private let live = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)

    private init() { live.initialize(to: nil) }

    deinit { live.deallocate() }

    /// How many of these C holds, of all stores.
    static var held: Int { count.value }
    private static let count = Counter()

    /// Begins to follow by one of satchel_live_...
    static func begin(
        _ call: (satchel_live_observer, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?
    ) throws(SatchelError) -> Follower {
        let follower = Follower()
        let error = call(follower.observer(), follower.live)
        try must(error)
        return follower
    }

    // C holds it until its destroy, which comes also when nothing can be followed.
    private func observer() -> satchel_live_observer {
        Self.count.add(1)
        return satchel_live_observer(
            context: Unmanaged.passRetained(self).toOpaque(),
            changed: { Follower.of($0).changed($1) },
            failed: { Follower.of($0).failed($1!) },
            destroy: { context in
                Follower.of(context).end()
                Unmanaged<Follower>.fromOpaque(context!).release()
                Follower.count.add(-1)
            }
        )
    }

    /// nil: there is no more: the store was closed, or the task cancelled.
    func next() async throws(SatchelError) -> Data? {
        let told = await withTaskCancellationHandler {
            await withCheckedContinuation { asking in ask(asking) }
        } onCancel: {
            end()
        }
        return try told.get()
    }

    /// The task is done with what it took.
    func resume() { satchel_live_resume(live.pointee) }

    /// Nothing comes after it has returned, and C holds nothing of it.
    func stop() {
        end()
        satchel_live_stop(live.pointee)
        live.pointee = nil
    }

    private func ask(_ asking: Asking) {
        let answer: Result<Data?, SatchelError>? = lock.withLock {
            if let told {
                self.told = nil
                return told
            }
            if ended { return .success(nil) }
            if self.asking != nil { return .failure(SatchelError(.invalid, "Two tasks ask for the next of one iterator.")) }
            self.asking = asking
            return nil
        }
        if let answer { asking.resume(returning: answer) }
    }

    private func end() {
        let asking = lock.withLock {
            ended = true
            return takeAsking()
        }
        asking?.resume(returning: .success(nil))
    }

    private func tell(_ what: Result<Data?, SatchelError>) {
        let asking: Asking? = lock.withLock {
            if ended { return nil }
            let asking = takeAsking()
            if asking == nil { told = what }
            return asking
        }
        asking?.resume(returning: what)
    }

    private func takeAsking() -> Asking? {
        defer { asking = nil }
        return asking
    }

    // ---- from C, on the thread that the store keeps for it

    private static func of(_ context: UnsafeMutableRawPointer?) -> Follower {
        Unmanaged<Follower>.fromOpaque(context!).takeUnretainedValue()
    }

    private func changed(_ json: satchel_slice) {
        satchel_live_pause(live.pointee) // first: it may be resumed before this returns
        tell(.success(Data(json)))
    }

    private func failed(_ error: OpaquePointer) {
        tell(.failure(SatchelError(lent: error)))
        end()
    }
}
