package org.satchel

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.support.Folder
import org.satchel.support.liveReferences
import org.satchel.support.note
import org.satchel.support.noteSchema
import java.io.File
import java.io.IOException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch

/** Time that stands still until it is moved. */
private class StillClock : Clock {
    @Volatile
    var wall = 1_773_000_000_000
    override fun wallMillis(): Long = wall

    override fun monotonicMillis(): Long = 5_000
}

private class Lines : Logger {
    val lines = ConcurrentLinkedQueue<Triple<LogLevel, String, JsonObject>>()
    override fun log(level: LogLevel, event: String, fields: String) {
        lines += Triple(level, event, Json.parseToJsonElement(fields) as JsonObject)
    }

    fun failures(callback: String) = lines.filter { it.second == "callback_failed" && it.third.text("callback") == callback }
}

private class MemorySecrets : SecretKeeper {
    val secrets = ConcurrentHashMap<String, ByteArray>()
    override fun get(name: String): ByteArray? = secrets[name]

    override fun put(name: String, secret: ByteArray) {
        secrets[name] = secret
    }

    override fun remove(name: String) {
        secrets.remove(name)
    }
}

class CallbacksTest {
    private fun options(
        folder: Folder,
        tokens: TokenProvider? = TokenProvider { "a.b.c" },
        http: HttpTransport? = null,
        clock: Clock? = null,
        logger: Logger? = null,
        connectivity: Connectivity? = null,
        secrets: SecretKeeper? = null,
    ) = SatchelOptions(
        folder.path("a.db"), noteSchema, "north", "anna", durability = Durability.GROUPED,
        tokens = tokens, http = http, clock = clock, logger = logger, connectivity = connectivity, secrets = secrets,
    )

    private fun failure(call: suspend () -> Any?): SatchelException =
        runBlocking { runCatching { call() } }.exceptionOrNull() as SatchelException

    @Test
    fun `the app's clock dates what is written`(): Unit = Folder().use { folder ->
        val clock = StillClock()
        Satchel.openBlocking(options(folder, clock = clock)).use {
            val id = it.note("title" to "One")
            assertTrue(it.blocking.history("note", id, "title").single().at.startsWith("2026-03-08T"))
        }
        assertEquals(0, liveReferences())
    }

    @Test
    fun `the app's secrets are kept by it, and the store knows its device again`(): Unit = Folder().use { folder ->
        val secrets = MemorySecrets()
        Satchel.openBlocking(options(folder, secrets = secrets)).use { it.note("title" to "One") }
        assertEquals(32, secrets.secrets.values.single().size)
        assertFalse(File(folder.path("a.db.not-for-backup")).exists())
        Satchel.openBlocking(options(folder, secrets = secrets)).use { assertEquals(null, it.status.value.notice) }
        secrets.secrets.clear()
        Satchel.openBlocking(options(folder, secrets = secrets)).use { assertNotNull(it.status.value.notice) }
    }

    @Test
    fun `a keystore that cannot tell leaves the store closed, with its code`(): Unit = Folder().use { folder ->
        Satchel.openBlocking(options(folder, secrets = MemorySecrets())).close()
        val lines = Lines()
        fun keeper(thrown: Exception) = object : SecretKeeper by MemorySecrets() {
            override fun get(name: String): ByteArray = throw thrown
        }
        val locked = keeper(SatchelException(SatchelCode.BUSY, "The device is locked."))
        val refused = assertThrows(SatchelException::class.java) { Satchel.openBlocking(options(folder, secrets = locked, logger = lines)) }
        assertEquals(SatchelCode.BUSY, refused.code)
        assertTrue(refused.retryable)
        val broken = keeper(IllegalStateException("Gwen Hughes"))
        val failed = assertThrows(SatchelException::class.java) { Satchel.openBlocking(options(folder, secrets = broken, logger = lines)) }
        assertEquals(SatchelCode.IO, failed.code)
        assertEquals("java.lang.IllegalStateException", lines.failures("secrets").last().third.text("exception"))
        assertFalse(lines.lines.toString().contains("Gwen"))
        val short = object : SecretKeeper by MemorySecrets() {
            override fun get(name: String) = ByteArray(3)
        }
        assertThrows(SatchelException::class.java) { Satchel.openBlocking(options(folder, secrets = short)) }
        assertEquals(0, liveReferences())
    }

    @Test
    fun `exceptions out of clock, logger and connectivity end there`(): Unit = Folder().use { folder ->
        val lines = Lines()
        val clock = object : Clock {
            override fun wallMillis(): Long = throw IllegalStateException()

            override fun monotonicMillis(): Long = throw StackOverflowError()
        }
        var loggerFails = true
        val logger = Logger { level, event, fields ->
            lines.log(level, event, fields)
            if (loggerFails) throw IOException("no disk")
        }
        val asked = CountDownLatch(1)
        val options = options(
            folder, clock = clock, logger = logger,
            connectivity = { asked.countDown(); throw IllegalStateException() },
            http = { throw SatchelException(SatchelCode.CERTIFICATE, "Another host.") },
        )
        Satchel.openBlocking(options).use {
            val id = it.note("title" to "One")
            val now = it.blocking.history("note", id, "title").single().at
            assertTrue(now > "2026-01-01", now) // the system's time
            loggerFails = false
            val failed = failure { it.sync() }
            asked.await()
            assertEquals(SatchelCode.CERTIFICATE, failed.code)
            assertEquals("Another host.", failed.message)
            assertTrue(lines.failures("clock").isNotEmpty())
            assertEquals(1, lines.failures("connectivity").size)
        }
        assertEquals(0, liveReferences())
    }

    @Test
    fun `what the app throws for a token or a request reaches whoever syncs, by code`(): Unit = Folder().use { folder ->
        for ((thrown, code) in listOf(
            SatchelException(SatchelCode.SIGN_IN, "Bitte anmelden 🔑") to SatchelCode.SIGN_IN,
            IllegalStateException() to SatchelCode.SIGN_IN,
            IOException() to SatchelCode.NETWORK,
        )) {
            Satchel.openBlocking(options(folder, tokens = { throw thrown }, http = { error("not reached") })).use {
                val failed = failure { it.sync() }
                assertEquals(code, failed.code)
                if (thrown is SatchelException) assertTrue(failed.message!!.contains("🔑"), failed.message)
            }
        }
        for ((thrown, code) in listOf(
            SatchelException(SatchelCode.CERTIFICATE, "Another host.") to SatchelCode.CERTIFICATE,
            IllegalStateException() to SatchelCode.NETWORK,
            NotImplementedError() to SatchelCode.NETWORK,
        )) {
            Satchel.openBlocking(options(folder, http = { throw thrown })).use { assertEquals(code, failure { it.sync() }.code) }
        }
    }

    @Test
    fun `a request comes whole, and its answer goes back whole`(): Unit = Folder().use { folder ->
        val asked = CompletableDeferred<HttpRequest>()
        val http = HttpTransport { request ->
            asked.complete(request)
            request.progress(1, 2, 0, 0)
            HttpResponse(503, listOf("Retry-After" to "7", "content-type" to "text/plain; ŵ"), "busy 🐢".encodeToByteArray())
        }
        Satchel.openBlocking(options(folder, http = http)).use {
            assertEquals(SatchelCode.SERVER, failure { it.sync() }.code)
            val request = runBlocking { asked.await() }
            assertEquals("POST", request.method)
            assertEquals("/v1/session", request.path)
            assertTrue(request.headers.any { (name, _) -> name.equals("content-type", ignoreCase = true) })
            assertTrue(request.body.decodeToString().contains("a.b.c"))
            assertTrue(request.timeoutMillis > 0)
            request.progress(2, 2, 0, 0) // it is answered: no effect
        }
    }

    @Test
    fun `a request that nobody wants any more is cancelled, by its coroutine or by closing`(): Unit = Folder().use { folder ->
        val begun = List(2) { CompletableDeferred<Unit>() }
        val cancelled = List(2) { CompletableDeferred<Unit>() }
        var count = 0
        val http = HttpTransport {
            val number = count++
            begun[number].complete(Unit)
            try {
                awaitCancellation()
            } finally {
                cancelled[number].complete(Unit)
            }
        }
        runBlocking(Dispatchers.Default) {
            val store = Satchel.open(options(folder, http = http))
            val sync = async { store.sync() }
            begun[0].await()
            sync.cancel()
            cancelled[0].await()
            val waiting = async { runCatching { store.sync() } }
            begun[1].await()
            store.closeAndWait()
            assertEquals(SatchelCode.CANCELLED, (waiting.await().exceptionOrNull() as SatchelException).code)
            cancelled[1].await()
        }
        assertEquals(0, liveReferences())
    }

    @Test
    fun `from inside a callback closing and writing are refused, reading is not`(): Unit = Folder().use { folder ->
        val told = ConcurrentLinkedQueue<Any?>()
        var store: Satchel? = null
        val connectivity = Connectivity {
            val it = store!!
            told += runCatching { it.close() }.exceptionOrNull()
            told += runCatching { it.blocking.transact { open("self") } }.exceptionOrNull()
            told += runCatching { it.blocking.flush() }.exceptionOrNull()
            told += runCatching { it.blocking.count(Query("note")) }.getOrNull()
            true
        }
        store = Satchel.openBlocking(options(folder, connectivity = connectivity, http = { throw SatchelException(SatchelCode.CERTIFICATE, "no") }))
        store.use { failure { it.sync() } }
        val (closing, writing, flushing, counted) = told.toList()
        for (refused in listOf(closing, writing, flushing)) assertEquals(SatchelCode.INVALID, (refused as SatchelException).code)
        assertEquals(0L, counted)
    }

    @Test
    fun `no callback comes after close has returned`(): Unit = Folder().use { folder ->
        repeat(10) { round ->
            var closed = false
            val late = ConcurrentLinkedQueue<String>()
            fun note(what: String) {
                if (closed) late += what
            }
            val clock = object : Clock {
                override fun wallMillis() = System.currentTimeMillis().also { note("wall") }

                override fun monotonicMillis() = (System.nanoTime() / 1_000_000).also { note("monotonic") }
            }
            val begun = CountDownLatch(1)
            val store = Satchel.openBlocking(
                SatchelOptions(
                    folder.path("$round.db"), noteSchema, "north", "anna", durability = Durability.GROUPED, clock = clock,
                    logger = { _, event, _ -> note(event) }, connectivity = { note("online"); true },
                    tokens = { note("token"); "a.b.c" },
                    http = { note("send"); begun.countDown(); throw SatchelException(SatchelCode.NETWORK, "No signal.") },
                ),
            )
            store.blocking.startWatching()
            store.note("title" to "One")
            begun.await()
            store.close()
            closed = true
            assertEquals(0, liveReferences())
            assertArrayEquals(emptyArray(), late.toTypedArray())
        }
    }
}
