import CSatchel
import Foundation

public enum Durability: Sendable {
    /// A commit that returned survives a power cut.
    case eachCommit
    /// It survives the end of the app; a power cut may take the last ones. Much quicker.
    case grouped
}

/// How to open a store: `satchel_options` of satchel.h.
public struct SatchelOptions: Sendable {
    /// Of the store's file; its folder must be there.
    public var path: String
    /// JSON (docs/SCHEMA.md). Needed when the file is made; later a newer one may be given.
    public var schema = ""
    /// Needed when the file is made, fixed from then on.
    public var organisation = ""
    /// Likewise. Both empty on a later open: whoever it belongs to.
    public var worker = ""
    /// Do not make a new file.
    public var mustExist = false
    public var durability = Durability.eachCommit
    /// 32 bytes drawn at random, kept in the Keychain: the file is encrypted with it. Needs a library built with SQLCipher; an
    /// existing file is encrypted by `SatchelStore.rekey`.
    public var key: Data?
    /// "https://host:port" of the central store, for libcurl; empty: no sync by libcurl.
    public var baseURL = ""
    /// PEM bundle to trust instead of the machine's, for libcurl.
    public var caFile = ""
    /// At least two public key pins, "sha256/<base64>", current and spare, for libcurl.
    public var pins: [String] = []
    /// "http://host:port", for libcurl.
    public var proxy = ""
    /// HTTPS by the app in the place of libcurl; nil: libcurl.
    public var http: (any HTTPTransport)?
    /// nil: no sync.
    public var tokens: TokenProvider?
    /// nil: taken as online.
    public var connectivity: Connectivity?
    /// nil: the system's.
    public var clock: (any SatchelClock)?
    public var logger: Logger?
    /// nil: in "<path>.not-for-backup", to be kept out of backups.
    public var secrets: (any SecretKeeper)?
    /// Of the words to show: "en" or "cy"; empty: English.
    public var language = ""

    public init(path: String, schema: String = "", organisation: String = "", worker: String = "") {
        self.path = path
        self.schema = schema
        self.organisation = organisation
        self.worker = worker
    }

    /// Calls `body` with the options as C has them; what they point at lives as long as the call.
    func withNative<R>(
        _ callbacks: Callbacks, _ body: (UnsafePointer<satchel_options>) throws(SatchelError) -> R
    ) throws(SatchelError) -> R {
        let arena = Arena()
        var native = satchel_options()
        native.size = MemoryLayout<satchel_options>.size
        native.path = arena.slice(path)
        native.schema = arena.slice(schema)
        native.organisation = arena.slice(organisation)
        native.worker = arena.slice(worker)
        native.must_exist = mustExist
        native.durability = durability == .grouped ? SATCHEL_GROUPED : SATCHEL_EACH_COMMIT
        native.key = arena.slice(key ?? Data())
        native.base_url = arena.slice(baseURL)
        native.ca_file = arena.slice(caFile)
        native.pins = arena.slices(pins)
        native.pin_count = pins.count
        native.proxy = arena.slice(proxy)
        native.language = arena.slice(language)
        callbacks.fill(&native)
        defer { withExtendedLifetime(arena) {} }
        return try body(&native)
    }
}
