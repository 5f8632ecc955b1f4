import CSatchel
import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What the engine is told of `error`: its code, or `otherwise`.
func failure(_ error: any Error, _ otherwise: SatchelError.Code, _ words: String) -> SatchelError {
    switch error {
    case let error as SatchelError: error
    case is CancellationError: .cancelled
    case let error as URLError where error.code == .cancelled: .cancelled
    case is URLError: SatchelError(.network, words, isRetryable: true)
    default: SatchelError(otherwise, words)
    }
}

/// What C asks and is answered once, by whoever comes first.
class Answerable: @unchecked Sendable {
    /// satchel_token_refuse or satchel_http_fail.
    typealias Refuse = @Sendable (OpaquePointer, satchel_code, satchel_slice) -> Void

    private let lock = NSLock()
    private var request: OpaquePointer?
    private let refuse: Refuse

    init(_ request: OpaquePointer, _ refuse: @escaping Refuse) {
        self.request = request
        self.refuse = refuse
    }

    final func fail(_ error: SatchelError) {
        answer { request in
            try! withSlice(error.message) { slice throws(SatchelError) in refuse(request, error.code.native, slice) }
        }
    }

    fileprivate func answer(_ how: (OpaquePointer) -> Void) {
        lock.withLock {
            guard let asked = request else { return }
            request = nil
            how(asked)
        }
    }

    /// While it is not answered.
    fileprivate func tell(_ what: (OpaquePointer) -> Void) {
        lock.withLock { if let request { what(request) } }
    }
}

/// A satchel_token_request.
final class TokenRequest: Answerable, @unchecked Sendable {
    init(_ request: OpaquePointer) { super.init(request) { satchel_token_refuse($0, $1, $2) } }

    func give(_ jwt: String) {
        answer { request in try! withSlice(jwt) { slice throws(SatchelError) in satchel_token_give(request, slice) } }
    }
}

/// A satchel_http_request.
final class HTTPExchange: Answerable, @unchecked Sendable {
    init(_ request: OpaquePointer) { super.init(request) { satchel_http_fail($0, $1, $2) } }

    func respond(_ response: HTTPResponse) {
        let arena = Arena()
        let headers = response.headers.map { satchel_header(name: arena.slice($0.name), value: arena.slice($0.value)) }
        answer { request in
            headers.withUnsafeBufferPointer { headers in
                try! withSlice(response.body) { body throws(SatchelError) in
                    satchel_http_respond(request, Int32(clamping: response.status), headers.baseAddress, headers.count, body)
                }
            }
        }
        withExtendedLifetime(arena) {}
    }

    func progress(_ sent: Int64, _ toSend: Int64, _ received: Int64, _ toReceive: Int64) {
        func bytes(_ count: Int64) -> UInt64 { UInt64(clamping: count) }
        tell { satchel_http_progress($0, bytes(sent), bytes(toSend), bytes(received), bytes(toReceive)) }
    }
}
