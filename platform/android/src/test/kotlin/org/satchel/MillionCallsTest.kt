package org.satchel

import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.satchel.internal.Native
import org.satchel.support.Folder
import org.satchel.support.liveReferences
import org.satchel.support.note
import org.satchel.support.noteSchema
import java.io.File

/** References and memory of the native half, over a million calls into it and out of it. */
@Tag("slow")
@Tag("million")
class MillionCallsTest {
    /** Of this process, in kB: where a leak in native code shows. */
    private fun residentKb(): Long =
        File("/proc/self/status").useLines { lines -> lines.first { it.startsWith("VmRSS:") } }.filter(Char::isDigit).toLong()

    private class Counting : Clock {
        @Volatile
        var calls = 0L
        override fun wallMillis(): Long = System.currentTimeMillis().also { calls++ }

        override fun monotonicMillis(): Long = (System.nanoTime() / 1_000_000).also { calls++ }
    }

    @Test
    fun `a million calls, callbacks, errors and threads leave no reference and no memory behind`(): Unit = Folder().use { folder ->
        val clock = Counting()
        val store = Satchel.openBlocking(
            SatchelOptions(
                folder.path("a.db"), noteSchema, "north", "anna", durability = Durability.GROUPED, clock = clock,
                logger = { _, _, _ -> }, tokens = { "" }, http = { throw SatchelException(SatchelCode.NETWORK, "") },
                connectivity = { true },
            ),
        )
        val id = store.note("title" to "Tŷ 🏠")
        runBlocking { store.status.first { it.unsent == 1L } } // the store follows its own status by now
        val held = liveReferences()
        var calls = 0L
        fun round() {
            repeat(READS) { store.blocking.read("note", id)!! }
            repeat(ERRORS) { check(runCatching { store.blocking.query("{") }.isFailure) }
            repeat(STATUSES) { store.blocking.status() } // asks the clock: out of a call into the app
            repeat(PLAIN) { Native.version() }
            runBlocking { repeat(FOLLOWED) { check(store.follow("note").first().records.size == 1) } }
            calls += READS + ERRORS + STATUSES + PLAIN
        }
        repeat(2) { round() } // what is warmed up and cached stays
        System.gc()
        val before = residentKb()
        val most = ROUNDS * (READS + ERRORS + STATUSES + PLAIN)
        repeat(ROUNDS) { round() }
        System.gc()
        assertTrue(calls >= 1_000_000 && most <= calls, "$calls calls")
        assertTrue(clock.calls > ROUNDS * STATUSES, "${clock.calls} callbacks")
        assertEquals(held, liveReferences())
        val grown = residentKb() - before
        // A reference or a buffer of 64 bytes lost in each call would be 60 MB.
        assertTrue(grown < 40_000, "grown by $grown kB")
        store.close()
        assertEquals(0, liveReferences())
    }

    @Test
    fun `threads that come and go, each attached and detached, leave nothing behind`(): Unit = Folder().use { folder ->
        repeat(200) { round ->
            Satchel.openBlocking(
                SatchelOptions(
                    folder.path("${round % 4}.db"), noteSchema, "north", "anna", durability = Durability.GROUPED,
                    logger = { _, _, _ -> }, clock = Counting(),
                ),
            ).use { it.note("title" to "One") }
        }
        assertEquals(0, liveReferences())
        assertEquals(0, Thread.getAllStackTraces().keys.count { it.name == "satchel" })
    }

    private companion object {
        const val ROUNDS = 20
        const val READS = 5_000
        const val ERRORS = 1_000
        const val STATUSES = 1_000
        const val PLAIN = 45_000
        const val FOLLOWED = 200
    }
}
