import CSatchel
import Foundation

/// What an app gave in the options, as C calls it: on Satchel's own threads, quickly, and with no error out. What may take long
/// (tokens, HTTP) becomes a task. Each group of C's callbacks holds it until its destroy.
final class Callbacks: @unchecked Sendable {
    private let options: SatchelOptions
    private let lock = NSLock()
    private var ended = false
    private var exchanges: [UInt64: Task<Void, Never>] = [:]
    private var lastTask: UInt64 = 1 << 63 // of tokens: requests of HTTP have ids of their own

    init(_ options: SatchelOptions) { self.options = options }

    /// Nothing that an app gave is begun any more; what waits inside is cancelled.
    func cancel() {
        let waiting = lock.withLock {
            ended = true
            return Array(exchanges.values)
        }
        for task in waiting { task.cancel() }
    }

    // ---- tasks

    // `work` answers the request; an error of it does, as `otherwise` with `words` if the app names no code, and so does cancelling:
    // who waits inside and does not mind being cancelled is not waited for.
    private func begin(
        _ id: UInt64, _ request: Answerable, _ otherwise: SatchelError.Code, _ words: String,
        _ work: @escaping @Sendable () async throws -> Void
    ) {
        let begun = lock.withLock {
            if ended { return false }
            exchanges[id] = Task {
                await withTaskCancellationHandler {
                    do { try await work() } catch { request.fail(failure(error, otherwise, words)) }
                } onCancel: {
                    request.fail(.cancelled)
                }
                self.lock.withLock { self.exchanges[id] = nil }
            }
            return true
        }
        if !begun { request.fail(.cancelled) }
    }

    func token(_ request: TokenRequest) {
        let tokens = options.tokens!
        let id = lock.withLock {
            lastTask += 1
            return lastTask
        }
        begin(id, request, .signIn, "The app could not give a token.") { request.give(try await tokens()) }
    }

    func send(_ id: UInt64, _ request: HTTPRequest) {
        let http = options.http!
        begin(id, request.exchange, .network, "The central store was not reached.") {
            request.exchange.respond(try await http.send(request))
        }
    }

    func cancel(_ id: UInt64) {
        guard let task = lock.withLock({ exchanges[id] }) else { return }
        // Off the store's thread: what the app does when it is cancelled may take a while.
        DispatchQueue.global().async { task.cancel() }
    }

    // ---- what is asked at once

    var wallMilliseconds: Int64 { inside { options.clock!.wallMilliseconds } }
    var monotonicMilliseconds: Int64 { inside { options.clock!.monotonicMilliseconds } }
    var isOnline: Bool { inside { options.connectivity!() } }

    func log(_ level: satchel_level, _ event: satchel_slice, _ fields: satchel_slice) {
        inside { options.logger!(LogLevel(rawValue: Int(level.rawValue)) ?? .error, String(event), String(fields)) }
    }

    /// 0 or a code.
    func secrets(_ call: (any SecretKeeper) throws -> Int32) -> Int32 {
        inside {
            do {
                return try call(options.secrets!)
            } catch {
                tell("secrets", error)
                return Int32(((error as? SatchelError)?.code ?? .io).rawValue)
            }
        }
    }

    /// The type of the error and not its words: they may quote what a worker wrote.
    private func tell(_ callback: String, _ error: any Error) {
        let fields = (try? writeJSON(["callback": callback, "error": String(reflecting: type(of: error))])) ?? Data()
        options.logger?(.error, "callback_failed", String(decoding: fields, as: UTF8.self))
    }

    // ---- who is inside

    /// Is this thread inside one of these callbacks? Closing the store there would wait for itself.
    var isInside: Bool {
        var frame = Frame.current
        while let at = frame {
            if at.pointee.callbacks == Unmanaged.passUnretained(self).toOpaque() { return true }
            frame = at.pointee.outer
        }
        return false
    }

    private func inside<R>(_ call: () -> R) -> R {
        var frame = Frame(callbacks: Unmanaged.passUnretained(self).toOpaque(), outer: Frame.current)
        return withUnsafeMutablePointer(to: &frame) { frame in
            Frame.current = frame
            defer { Frame.current = frame.pointee.outer }
            return call()
        }
    }

    // ---- as C has it

    /// How many of these C holds, of all stores: 0 when every store is closed.
    static var held: Int { count.value }
    private static let count = Counter()

    static func of(_ context: UnsafeMutableRawPointer?) -> Callbacks {
        Unmanaged<Callbacks>.fromOpaque(context!).takeUnretainedValue()
    }

    private func hold() -> UnsafeMutableRawPointer {
        Self.count.add(1)
        return Unmanaged.passRetained(self).toOpaque()
    }

    static let destroy: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        Unmanaged<Callbacks>.fromOpaque(context!).release()
        count.add(-1)
    }

    func fill(_ native: inout satchel_options) {
        if options.http != nil {
            native.http = satchel_http(
                context: hold(), send: sendRequest, cancel: { Callbacks.of($0).cancel($1) }, destroy: Self.destroy)
        }
        if options.tokens != nil {
            native.tokens = satchel_token_provider(
                context: hold(), request: { Callbacks.of($0).token(TokenRequest($1!)) }, destroy: Self.destroy)
        }
        if options.connectivity != nil {
            native.connectivity = satchel_connectivity(
                context: hold(), online: { Callbacks.of($0).isOnline }, destroy: Self.destroy)
        }
        if options.clock != nil {
            native.clock = satchel_clock(
                context: hold(), wall_ms: { Callbacks.of($0).wallMilliseconds },
                monotonic_ms: { Callbacks.of($0).monotonicMilliseconds }, destroy: Self.destroy)
        }
        if options.logger != nil {
            native.logger = satchel_logger(context: hold(), log: { Callbacks.of($0).log($1, $2, $3) }, destroy: Self.destroy)
        }
        if options.secrets != nil {
            native.secrets = satchel_secret_keeper(
                context: hold(), get: getSecret, put: putSecret, remove: removeSecret, destroy: Self.destroy)
        }
    }
}

private let sendRequest: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Void = { context, request in
    let asked = request!
    let headers = (0..<satchel_http_header_count(asked)).map { index in
        let header = satchel_http_header(asked, index)
        return HTTPHeader(String(header.name), String(header.value))
    }
    let id = satchel_http_id(asked)
    Callbacks.of(context).send(id, HTTPRequest(
        method: String(satchel_http_method(asked)), path: String(satchel_http_path(asked)), headers: headers,
        body: Data(satchel_http_body(asked)), timeout: .milliseconds(satchel_http_timeout_ms(asked)), exchange: HTTPExchange(asked)
    ))
}

private let getSecret: @convention(c) (UnsafeMutableRawPointer?, satchel_slice, UnsafeMutablePointer<UInt8>?) -> Int32 = {
    context, name, into in
    Callbacks.of(context).secrets { keeper in
        guard let secret = try keeper.get(String(name)) else { return Int32(SatchelError.Code.notFound.rawValue) }
        guard secret.count == Int(SATCHEL_SECRET_BYTES) else { throw SatchelError(.io, "A secret has 32 bytes.") }
        secret.copyBytes(to: into!, count: secret.count)
        return 0
    }
}

private let putSecret: @convention(c) (UnsafeMutableRawPointer?, satchel_slice, UnsafePointer<UInt8>?) -> Int32 = {
    context, name, secret in
    Callbacks.of(context).secrets { keeper in
        try keeper.put(String(name), Data(bytes: secret!, count: Int(SATCHEL_SECRET_BYTES)))
        return 0
    }
}

private let removeSecret: @convention(c) (UnsafeMutableRawPointer?, satchel_slice) -> Int32 = { context, name in
    Callbacks.of(context).secrets { keeper in
        try keeper.remove(String(name))
        return 0
    }
}

/// Callbacks that the thread is inside, the innermost first. They lie on its stack.
private struct Frame {
    let callbacks: UnsafeMutableRawPointer
    let outer: UnsafeMutablePointer<Frame>?

    private struct Key: @unchecked Sendable {
        let key: pthread_key_t

        init() {
            var key = pthread_key_t()
            precondition(pthread_key_create(&key, nil) == 0)
            self.key = key
        }
    }

    private static let key = Key()

    static var current: UnsafeMutablePointer<Frame>? {
        get { pthread_getspecific(key.key)?.assumingMemoryBound(to: Frame.self) }
        set { pthread_setspecific(key.key, newValue) }
    }
}

final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    var value: Int { lock.withLock { count } }
    func add(_ number: Int) { lock.withLock { count += number } }
}
