package org.satchel

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.internal.Native
import org.satchel.internal.text
import org.satchel.support.Folder
import org.satchel.support.change
import org.satchel.support.note
import org.satchel.support.noteOptions
import org.satchel.support.noteSchema
import org.satchel.support.sourceRoot
import org.satchel.support.withStore
import java.io.File

class ErrorsTest {
    private fun failure(call: () -> Any?): SatchelException = assertThrows(SatchelException::class.java) { call() }

    @Test
    fun `the codes are those of the header, by number and name`() {
        val header = File(sourceRoot, "platform/c/include/satchel.h").readText()
        val declared = Regex("SATCHEL_(\\w+) = (\\d+)").findAll(header.substringAfter("enum satchel_code").substringBefore("}"))
            .associate { it.groupValues[2].toInt() to it.groupValues[1] }
        assertEquals(declared, SatchelCode.entries.associate { it.number to it.name })
        for (code in SatchelCode.entries) assertEquals(code.name.lowercase(), Native.codeName(code.number).text())
        assertEquals(SatchelCode.INTERNAL, SatchelCode.of(4711))
    }

    @Test
    fun `an error has a code, plain words and its place, and nothing of the commit is kept`(): Unit = withStore { store ->
        val id = store.note("title" to "One", "risk" to "high")
        val unknown = failure { store.change(id) { set("colour", "red") } }
        assertEquals(SatchelCode.INVALID, unknown.code)
        assertTrue(unknown.place.contains("colour") || unknown.place.startsWith("/changes/0"), unknown.place)
        val silent = failure {
            store.change(id) {
                set("title", "Two")
                set("risk", "low")
            }
        }
        assertEquals("note.risk", silent.place)
        assertFalse(silent.retryable)
        assertEquals("One", store.blocking.read("note", id)!!.record.text("title"))
        val notJson = failure { store.blocking.transact("{") }
        assertEquals(SatchelCode.INVALID, notJson.code)
        assertEquals(SatchelCode.INVALID, failure { store.change(id) { set("title", Any()) } }.code)
        assertEquals(SatchelCode.INVALID, failure { store.change(id) { set("count", Double.NaN) } }.code)
    }

    @Test
    fun `another worker's store is not opened`(): Unit = Folder().use { folder ->
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).close()
        val failure = failure { Satchel.openBlocking(SatchelOptions(folder.path("a.db"), noteSchema, "north", "beth")) }
        assertEquals(SatchelCode.WRONG_OWNER, failure.code)
    }

    @Test
    fun `a store that cannot be opened gives everything back`() {
        for (options in listOf(
            SatchelOptions("/no/such/folder/a.db", noteSchema, "north", "anna", clock = SystemTime, logger = { _, _, _ -> }),
            SatchelOptions("", clock = SystemTime, tokens = { "" }),
            SatchelOptions("/tmp/none.db", mustExist = true, connectivity = { true }),
        )) {
            failure { Satchel.openBlocking(options) }
            assertEquals(0, Native.liveReferences())
        }
    }

    @Test
    fun `without a central store there is nothing to sync with`(): Unit = withStore { store ->
        runBlocking {
            val failure = runCatching { store.sync() }.exceptionOrNull() as SatchelException
            assertEquals(SatchelCode.INVALID, failure.code)
            assertEquals("base_url", failure.place)
        }
    }

    @Test
    fun `an exception says its code and place to whoever logs it`() {
        val failure = SatchelException(SatchelCode.DISK_FULL, "The disk is full.", "person.risk")
        assertEquals("SatchelException(disk_full): The disk is full. [person.risk]", failure.toString())
    }

    private object SystemTime : Clock {
        override fun wallMillis(): Long = System.currentTimeMillis()

        override fun monotonicMillis(): Long = System.nanoTime() / 1_000_000
    }
}
