package org.satchel

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.support.Folder
import org.satchel.support.change
import org.satchel.support.note
import org.satchel.support.noteSchema
import org.satchel.support.withStore
import java.io.File

/** Text crosses as real UTF-8: JNI's own form writes characters beyond the BMP as two of three bytes, and NUL as two. */
class TextTest {
    private val texts = listOf(
        "Wrth ei bodd â'r côr; tŷ, dŵr, ŵyn, ÿ, Ŵ, Ŷ",
        "👵🏽 a 👨‍👩‍👧‍👦 and 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "nul \u0000 inside, and \u0001",
        "e\u0301 is not é, and stays so",
        "日本語 עברית العربية",
        "line\nbreak\ttab \"quoted\" \\ back",
        "\uFFFF \uE000 \uFEFF",
        "𐍈".repeat(5000),
    )

    @Test
    fun `emoji and Welsh come back as they were written`(): Unit = withStore { store ->
        for (text in texts) {
            val id = store.note("title" to text, "body" to text, "phones" to listOf(mapOf("number" to text)))
            val note = store.blocking.read("note", id)!!.record
            assertEquals(text, note.text("title"))
            assertEquals(text, note.text("body"))
            assertEquals(text, note.items("phones").single().text("number"))
            assertEquals(text, store.blocking.history("note", id, "title").single().text)
        }
    }

    @Test
    fun `positions in a text count as a Kotlin String does`(): Unit = withStore { store ->
        val id = store.note("body" to "Mam 👵🏽 a fi")
        val at = "Mam 👵🏽 a fi".indexOf("fi")
        store.change(id) { edit("body", listOf(TextEdit(at, removed = 2, inserted = "ti 🎶"))) }
        assertEquals("Mam 👵🏽 a ti 🎶", store.blocking.read("note", id)!!.record.text("body"))
    }

    @Test
    fun `file names, workers, organisations and words of errors are whole too`(): Unit = Folder().use { folder ->
        val path = folder.path("tŷ 🏠.db")
        Satchel.openBlocking(SatchelOptions(path, noteSchema, "Môn 🏝", "Siân")).use {
            assertEquals("Siân", it.blocking.about().worker)
            assertEquals("Môn 🏝", it.blocking.about().organisation)
            val failure = assertThrows(SatchelException::class.java) { it.blocking.query(Query("tŷ🏠")) }
            assertTrue(failure.message!!.contains("tŷ🏠"), failure.message)
        }
        assertTrue(File(path).exists())
    }

    @Test
    fun `Welsh words are asked for by the language`(): Unit = withStore({
        SatchelOptions(it.path("a.db"), noteSchema, "north", "anna", language = "cy")
    }) { store ->
        store.note("title" to "Un")
        assertTrue(store.blocking.status().words.isNotEmpty())
        val english = withStore { other -> other.also { it.note("title" to "One") }.blocking.status().words }
        assertTrue(store.blocking.status().words != english)
    }

    @Test
    fun `half a character is refused, not replaced`(): Unit = withStore { store ->
        runBlocking {
            val broken = "half \uD83D of an emoji"
            for (attempt in listOf<() -> Any?>(
                { store.note("title" to broken) },
                { store.blocking.read("note", broken) },
                { store.blocking.copy(broken) },
                { Satchel.openBlocking(SatchelOptions("/tmp/$broken")) },
            )) {
                val failure = assertThrows(SatchelException::class.java) { attempt() }
                assertEquals(SatchelCode.INVALID, failure.code)
            }
            assertEquals(0, store.count(Query("note")))
        }
    }
}
