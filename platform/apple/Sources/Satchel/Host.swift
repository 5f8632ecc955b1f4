// What an app can put in the place of Satchel's own. None of these may call back into the store that they serve, other than
// to read: `transact`, `sync` and the like would wait for themselves and are refused with `invalid`, and so is closing.
// An error that comes out of one ends there, and the store goes on as each says: why there is no token and no answer is told to
// whoever syncs, why there is no secret to whoever opens the store and to the logger as "callback_failed" (with the error's type,
// never its words).
import Foundation

/// Gives the identity provider's JWT. Called when the central store has to be told who this is; may take as long as asking a
/// person takes. Cancelled when the store is closed. A `SatchelError` refuses with its code and words; a `URLError` is
/// `network`, tried again later; anything else is `signIn`.
public typealias TokenProvider = @Sendable () async throws -> String

/// Is there a network? Asked before a sync, on the store's thread; tell changes by `SatchelStore.networkChanged`.
public typealias Connectivity = @Sendable () -> Bool

/// Log lines: an event's fixed name, its fields as a JSON object of texts. From any thread; never personal data.
public typealias Logger = @Sendable (_ level: LogLevel, _ event: String, _ fields: String) -> Void

public enum LogLevel: Int, Sendable {
    case debug, info, warning, error
}

/// Time. From any thread, often: must be quick.
public protocol SatchelClock: Sendable {
    /// Since 1970-01-01 UTC.
    var wallMilliseconds: Int64 { get }
    /// Since an arbitrary start, also while the device sleeps.
    var monotonicMilliseconds: Int64 { get }
}

public struct HTTPHeader: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One request to the central store.
public struct HTTPRequest: Sendable {
    public let method: String
    /// "/v1/sync": to be put behind the address of the central store.
    public let path: String
    public let headers: [HTTPHeader]
    public let body: Data
    /// For the whole exchange; a long poll waits up to this.
    public let timeout: Duration
    let exchange: HTTPExchange

    /// Bytes so far, for progress bars; 0: unknown. May be left out, and is ignored once the request is answered.
    public func progress(sent: Int64, of toSend: Int64, received: Int64, of toReceive: Int64) {
        exchange.progress(sent, toSend, received, toReceive)
    }
}

public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: [HTTPHeader]
    public var body: Data

    public init(status: Int, headers: [HTTPHeader], body: Data) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// HTTPS by the app, in the place of libcurl: `URLSessionTransport`, or another behind this. Whoever implements it checks TLS,
/// follows no redirects, and gives the answer's body as it came (no decompression of encodings that the request asked for).
public protocol HTTPTransport: Sendable {
    /// Several at a time. Cancelled when the answer is no longer needed. Any answer with a status is an answer, 500 too. A
    /// `SatchelError` fails with its code and words; any other error is `network`.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

/// Where the secret of this store lies in place of a file beside it: the Keychain, in a class that no backup and no transfer
/// to another device carries (`KeychainSecrets`). The central store knows the device by it.
///
/// Called on the store's thread, by `SatchelStore.rescue` on another. May throw a `SatchelError`: the store is then not opened,
/// with this code, and nothing is concluded; anything else counts as `io`.
public protocol SecretKeeper: Sendable {
    /// 32 bytes, or nil when there is none of this name (not: when it cannot tell).
    func get(_ name: String) throws -> Data?
    /// Returns when it would survive a power cut; replaces one of the same name.
    func put(_ name: String, _ secret: Data) throws
    /// Fine also when there was none.
    func remove(_ name: String) throws
}
