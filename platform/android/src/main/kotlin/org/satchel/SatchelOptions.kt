package org.satchel

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import org.satchel.internal.Callbacks
import org.satchel.internal.Native
import org.satchel.internal.utf8

public enum class Durability {
    /** A commit that returned survives a power cut. */
    EACH_COMMIT,

    /** It survives the end of the app; a power cut may take the last ones. Much quicker. */
    GROUPED,
}

/**
 * How to open a store: `satchel_options` of satchel.h.
 *
 * @property path of the store's file; its folder must be there. On Android below `Context.noBackupFilesDir`
 * @property schema JSON (docs/SCHEMA.md). Needed when the file is made; later a newer one may be given
 * @property organisation needed when the file is made, fixed from then on
 * @property worker likewise. Both empty on a later open: whoever it belongs to
 * @property mustExist do not make a new file
 * @property key 32 bytes drawn at random, kept in the Keystore: the file is encrypted with it. Needs a library built with
 * SQLCipher; an existing file is encrypted by [Satchel.rekey]. The array stays the caller's, to be wiped after opening
 * @property baseUrl "https://host:port" of the central store, for libcurl; empty: no sync by libcurl
 * @property caFile PEM bundle to trust instead of the machine's, for libcurl
 * @property pins at least two public key pins, "sha256/<base64>", current and spare, for libcurl
 * @property proxy "http://host:port", for libcurl
 * @property http HTTPS by the app in the place of libcurl; null: libcurl
 * @property tokens null: no sync
 * @property connectivity null: taken as online
 * @property secrets null: in "<path>.not-for-backup", to be kept out of backups
 * @property language of the words to show: "en" or "cy"; empty: English
 * @property dispatcher where suspend functions wait for the store, and where [tokens] and [http] run
 */
public class SatchelOptions(
    public val path: String,
    public val schema: String = "",
    public val organisation: String = "",
    public val worker: String = "",
    public val mustExist: Boolean = false,
    public val durability: Durability = Durability.EACH_COMMIT,
    public val key: ByteArray? = null,
    public val baseUrl: String = "",
    public val caFile: String = "",
    public val pins: List<String> = emptyList(),
    public val proxy: String = "",
    public val http: HttpTransport? = null,
    public val tokens: TokenProvider? = null,
    public val connectivity: Connectivity? = null,
    public val clock: Clock? = null,
    public val logger: Logger? = null,
    public val secrets: SecretKeeper? = null,
    public val language: String = "",
    public val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    // In the order of calls.cpp.
    internal fun texts(): Array<ByteArray?> = arrayOf(
        path.utf8("path"),
        schema.utf8("schema"),
        organisation.utf8("organisation"),
        worker.utf8("worker"),
        key,
        baseUrl.utf8("base_url"),
        caFile.utf8("ca_file"),
        proxy.utf8("proxy"),
        language.utf8("language"),
    )

    internal fun pinBytes(): Array<ByteArray> = Array(pins.size) { pins[it].utf8("pins") }

    internal fun flags(): Int =
        (if (mustExist) Native.MUST_EXIST else 0) or (if (durability == Durability.GROUPED) Native.GROUPED else 0)

    internal fun given(): Int =
        bit(http, Native.HTTP) or bit(tokens, Native.TOKENS) or bit(connectivity, Native.CONNECTIVITY) or
            bit(clock, Native.CLOCK) or bit(logger, Native.LOGGER) or bit(secrets, Native.SECRETS)

    internal fun callbacks(): Callbacks = Callbacks(this)

    private fun bit(callback: Any?, number: Int): Int = if (callback == null) 0 else number
}
