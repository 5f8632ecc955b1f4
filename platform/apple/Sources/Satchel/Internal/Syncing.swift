import CSatchel
import Foundation

/// One sync that a task waits for. Its address is the name by which it is cancelled, so it lives until it has ended.
final class Syncing: @unchecked Sendable {
    /// satchel_sync or its like.
    typealias Start = @Sendable (OpaquePointer, satchel_done) -> OpaquePointer?

    private let handle: Handle
    private let queue: DispatchQueue
    private let start: Start
    private let lock = NSLock()
    private var asking: CheckedContinuation<Result<Data, SatchelError>, Never>?
    private var begun = false
    private var cancelled = false

    init(_ handle: Handle, _ queue: DispatchQueue, _ start: @escaping Start) {
        self.handle = handle
        self.queue = queue
        self.start = start
    }

    /// What it says when it has ended.
    func end() async throws(SatchelError) -> Data {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { asking in
                self.asking = asking
                queue.async { self.begin() }
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    private func begin() {
        if lock.withLock({ cancelled }) { return answer(.failure(.cancelled)) }
        do throws(SatchelError) {
            try handle.use { store throws(SatchelError) in try must(start(store, done())) }
        } catch {
            return answer(.failure(error))
        }
        let gaveUp = lock.withLock {
            begun = true
            return cancelled
        }
        if gaveUp { stop() }
    }

    private func done() -> satchel_done {
        satchel_done(
            context: Unmanaged.passRetained(self).toOpaque(),
            call: { context, error, answer in
                let syncing = Unmanaged<Syncing>.fromOpaque(context!).takeUnretainedValue()
                syncing.answer(error.map { .failure(SatchelError(lent: $0)) } ?? .success(Data(answer)))
            },
            destroy: { Unmanaged<Syncing>.fromOpaque($0!).release() }
        )
    }

    private func cancel() {
        let begun = lock.withLock {
            cancelled = true
            return self.begun
        }
        // Not on this thread, which may be the store's or the main one.
        if begun { queue.async { self.stop() } }
    }

    private func stop() {
        try? handle.use { store throws(SatchelError) in
            try must(satchel_sync_cancel(store, Unmanaged.passUnretained(self).toOpaque()))
        }
    }

    private func answer(_ result: Result<Data, SatchelError>) {
        let asking = lock.withLock {
            defer { self.asking = nil }
            return self.asking
        }
        asking?.resume(returning: result)
    }
}
