import CSatchel

/// Every failure that comes out of Satchel, and what an app's own `TokenProvider`, `HTTPTransport` and `SecretKeeper` throw
/// to say why they cannot. docs/EMBEDDING.md names for each code the cause and the cure.
public struct SatchelError: Error, Hashable, Sendable {
    /// The numbers are those of `satchel_code` in satchel.h.
    public enum Code: Int, Hashable, Sendable, CaseIterable {
        /// The caller's input is wrong; the message says what, `place` where. Nothing was changed.
        case invalid = 1
        case notFound = 2
        /// Larger than can be kept.
        case limit = 3
        /// The worker has no right to this.
        case permission = 4
        /// The token is missing, expired or not accepted.
        case signIn = 5
        /// The central store was not reached; retried by itself while watching.
        case network = 6
        case timeout = 7
        /// The central store answered with an error.
        case server = 8
        /// The central store sent bytes that make no sense.
        case protocolViolation = 9
        /// The file is damaged: `SatchelStore.rescue`.
        case corrupt = 10
        /// Written by a newer version; left untouched.
        case newerFormat = 11
        /// The store belongs to another organisation or worker.
        case wrongOwner = 12
        /// Another process holds the file.
        case busy = 13
        case diskFull = 14
        case io = 15
        /// The store was closed, by this app.
        case closed = 16
        case cancelled = 17
        /// TLS: untrusted, expired, for another host, or another pin.
        case certificate = 18
        /// A mistake of Satchel's own; the handle has ended. Close and open again.
        case `internal` = 19

        /// As docs/ABI.md writes it: "disk_full".
        public var name: String { String(cString: satchel_code_name(native)) }

        var native: satchel_code { satchel_code(rawValue: satchel_code.RawValue(rawValue)) }
    }

    /// What an app decides by.
    public let code: Code
    /// Plain words for a person.
    public let message: String
    /// Where in the input: "person.risk", "/changes/2/value"; may be empty.
    public let place: String
    /// The same call may work later unchanged.
    public let isRetryable: Bool

    public init(_ code: Code, _ message: String, place: String = "", isRetryable: Bool = false) {
        self.code = code
        self.message = message
        self.place = place
        self.isRetryable = isRetryable
    }
}

extension SatchelError: CustomStringConvertible {
    public var description: String {
        "SatchelError(\(code.name)): \(message)" + (place.isEmpty ? "" : " [\(place)]")
    }
}

extension SatchelError {
    static let closed = SatchelError(.closed, "The store is closed.")
    static let cancelled = SatchelError(.cancelled, "It is no longer needed.")

    /// Of an error that is lent.
    init(lent error: OpaquePointer) {
        // A number that a newer library knows and this enum does not is a mistake of ours.
        self.init(
            Code(rawValue: Int(satchel_error_code(error).rawValue)) ?? .internal,
            String(cString: satchel_error_message(error)),
            place: String(cString: satchel_error_place(error)),
            isRetryable: satchel_error_retryable(error)
        )
    }
}

/// An error inside an answer.
struct ToldError: Decodable {
    let code: String, message: String, place: String, retryable: Bool

    var error: SatchelError {
        let known = SatchelError.Code.allCases.first { $0.name == code }
        return SatchelError(known ?? .internal, message, place: place, isRetryable: retryable)
    }
}
