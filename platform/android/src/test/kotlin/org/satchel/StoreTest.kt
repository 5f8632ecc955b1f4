package org.satchel

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.support.Folder
import org.satchel.support.change
import org.satchel.support.note
import org.satchel.support.noteOptions
import org.satchel.support.noteSchema
import org.satchel.support.plain
import org.satchel.support.withStore
import java.io.File
import java.time.LocalDate
import java.time.ZoneId
import java.time.ZonedDateTime

class StoreTest {
    private fun Satchel.noteOf(id: String): Record = blocking.read("note", id)!!.record

    @Test
    fun `what is written is read, in suspend functions and on the caller's thread`(): Unit = withStore { store ->
        runBlocking {
            lateinit var made: Change
            val receipt = store.transact {
                open("self")
                made = create("note", "title" to "Visit", "pinned" to true, "count" to 3, "tags" to listOf("a", "b"))
            }
            val read = store.read("note", receipt[made])!!
            assertEquals("Visit", read.record.text("title"))
            assertEquals(true, read.record.flag("pinned"))
            assertEquals(3L, read.record.number("count"))
            assertEquals(listOf("a", "b"), read.record.texts("tags").sorted())
            assertEquals(receipt.token, read.token)
            assertEquals(1, receipt.transactions.size)
            assertEquals(read.record.json, store.blocking.read("note", receipt[made])!!.record.json)
            assertTrue(read.record.isUnsent)
            assertFalse(read.record.isPutAway)
        }
    }

    @Test
    fun `every action of a draft reaches the store`(): Unit = withStore { store ->
        val id = store.note("title" to "One", "body" to "Came on foot.", "steps" to listOf("ask", "call"), "risk" to "high")
        store.change(id) {
            set("title", "Two")
            edit("body", listOf(TextEdit(at = 5, removed = 7, inserted = "by bus")))
            set("risk", "low", reason = "Talked it through.")
            add("tags", "family")
            add("phones", mapOf("number" to "0131 496", "use" to "home"))
            add("steps", "write", Place.Before("call"))
        }
        var note = store.noteOf(id)
        assertEquals("Two", note.text("title"))
        assertEquals("Came by bus.", note.text("body"))
        assertEquals("low", note.text("risk"))
        assertEquals(listOf("ask", "write", "call"), note.texts("steps"))
        val phone = note.items("phones").single()
        store.change(id) {
            add("phones", mapOf("use" to "work"), element = phone.text("id"))
            remove("tags", "family")
            move("steps", "call", Place.First)
        }
        note = store.noteOf(id)
        assertEquals("work", note.items("phones").single().text("use"))
        assertEquals(emptyList<String>(), note.texts("tags"))
        assertEquals(listOf("call", "ask", "write"), note.texts("steps"))
        store.change(id) {
            order("steps", listOf("write", "ask", "call"))
            removeElement("phones", phone.text("id"))
            set("title" to null, "count" to 4)
        }
        note = store.noteOf(id)
        assertEquals(listOf("write", "ask", "call"), note.texts("steps"))
        assertEquals(emptyList<Any>(), note.items("phones"))
        assertNull(note.text("title"))
        store.change(id) { putAway() }
        assertTrue(store.noteOf(id).isPutAway)
        assertEquals(0, store.blocking.query(Query("note")).records.size)
        assertEquals(1, store.blocking.query(Query("note", includePutAway = true)).records.size)
        store.change(id) { restore() }
        assertFalse(store.noteOf(id).isPutAway)
    }

    @Test
    fun `a text is sent in, and says by whom`(): Unit = withStore { store ->
        val id = store.note("report" to "All well.")
        store.change(id) { submit("report") }
        assertEquals("anna", (store.noteOf(id).submitted.getValue("report") as kotlinx.serialization.json.JsonObject).text("by"))
    }

    @Test
    fun `records are listed by filter and order, page by page, and counted`(): Unit = withStore { store ->
        runBlocking {
            repeat(5) { store.note("title" to "Note $it", "count" to it) }
            val query = Query("note", listOf("count" atLeast 1), orderBy = "count", descending = true, limit = 3)
            val first = store.query(query)
            assertEquals(listOf(4L, 3L, 2L), first.records.map { it.number("count") })
            val second = store.query(
                Query("note", query.filters, orderBy = "count", descending = true, limit = 3, after = first.next),
            )
            assertEquals(listOf(1L), second.records.map { it.number("count") })
            assertNull(second.next)
            assertEquals(4, store.count(query))
            assertEquals(1, store.query("note", "title" equalTo "NOTE 3").records.size)
            assertEquals(5, store.query("note", "title" beginningWith "note").records.size)
            assertEquals(4, store.query("note", "count" notEqualTo 0).records.size)
            assertEquals(1, store.query("note", "count" lessThan 1).records.size)
            assertEquals(2, store.query("note", "count" atMost 1).records.size)
            assertEquals(1, store.query("note", "count" greaterThan 3).records.size)
        }
    }

    @Test
    fun `words are found with where they stand, in what is asked for`(): Unit = withStore { store ->
        val id = store.note("title" to "Côr 🎶 Llanelli", "body" to "Bu'n canu yng nghôr Llŷr am flynyddoedd. 👵🏽")
        val garden = store.note("title" to "Garden", "body" to "Roses.")
        runBlocking {
            val found = store.search("LLYR flynydd*")
            val hit = found.hits.single()
            assertEquals(listOf("note", id, "body"), listOf(hit.collection, hit.record, hit.field))
            assertEquals("Côr 🎶 Llanelli", hit.title)
            assertEquals(listOf("Llŷr", "flynyddoedd"), hit.snippet.filter { it.isHit }.map { it.text })
            assertEquals("Bu'n canu yng nghôr Llŷr am flynyddoedd. 👵🏽", hit.snippet.joinToString("") { it.text })
            assertEquals(0, found.waiting)
            assertEquals(listOf(id), store.blocking.search(Search("\"canu yng nghôr\"")).hits.map { it.record })
            assertEquals(emptyList<String>(), store.search("\"nghôr canu\"").hits.map { it.record })
            val scope = hit.scope
            for ((search, records) in listOf(
                Search("g*", collections = listOf("note")) to listOf(garden),
                Search("c*", scope = scope) to listOf(id),
                Search("g*", scope = scope) to emptyList(),
                Search("c*", about = Reference("note", id)) to listOf(id),
            )) assertEquals(records, store.search(search).hits.map { it.record }, search.text)
            store.change(garden) { putAway() }
            assertEquals(0, store.search("garden").hits.size)
            assertEquals(1, store.search(Search("garden", includePutAway = true, limit = 1)).hits.size)
        }
        for (wrong in listOf(Search("?"), Search("x", limit = 101), Search("x", collections = listOf("unicorn")))) {
            val failure = assertThrows(SatchelException::class.java) { store.blocking.search(wrong) }
            assertEquals(SatchelCode.INVALID, failure.code)
        }
    }

    @Test
    fun `SQL counts and joins what is written, with parameters, and says where it is wrong`(): Unit = withStore { store ->
        runBlocking {
            val id = store.note("title" to "Tŷ Hapus", "count" to 2)
            store.note("title" to "Other", "count" to 3, "amends" to Reference("note", id))
            val found = store.sql("SELECT title, count, body FROM note WHERE fold(title) LIKE fold(?) AND count < ?", "tŷ%", 3)
            assertEquals(listOf("title", "count", "body"), found.columns)
            assertEquals("Tŷ Hapus", found.rows.single().text("title"))
            assertEquals(2L, found.rows.single().number("count"))
            assertNull(found.rows.single()["body"])
            assertFalse(found.hasMore)
            val joined = store.sql("SELECT o.title FROM note a JOIN note o ON o.id = a.amends WHERE o.id = ?", Reference("note", id))
            assertEquals("Tŷ Hapus", joined.rows.single().text("title"))
            assertEquals(2.5, store.sql("SELECT avg(count) AS mean FROM note").rows.single().real("mean"))
            assertTrue(store.sql(Sql("SELECT id FROM note", limit = 1)).hasMore)
            val failure = assertThrows(SatchelException::class.java) { store.blocking.sql("SELECT titel FROM note") }
            assertEquals(SatchelCode.INVALID, failure.code)
            assertEquals("/sql:1:8", failure.place)
            val time = ZonedDateTime.of(2026, 11, 21, 14, 3, 0, 0, ZoneId.of("+01:00"))
            val given = store.sql("SELECT ? AS at, ? AS day", time, LocalDate.of(2026, 11, 21)).rows.single()
            assertEquals("2026-11-21T13:03:00.000Z", given.text("at"))
            assertEquals("2026-11-21", given.text("day"))
        }
    }

    @Test
    fun `what is not here is null, not an exception`(): Unit = withStore { store ->
        assertNull(store.blocking.read("note", "01890a5d-ac96-774b-bcce-b302099a8057"))
    }

    @Test
    fun `the store says whose it is, what it holds and that it is whole`(): Unit = withStore { store ->
        runBlocking {
            val id = store.note("title" to "One")
            store.change(id) { set("title", "Two") }
            assertEquals("anna", store.about().worker)
            assertEquals("north", store.about().organisation)
            assertEquals(1L, store.about().schema.number("version"))
            assertEquals(listOf("One", "Two"), store.history("note", id, "title").map { it.text })
            assertEquals("self", store.scopes().single().kind)
            assertEquals(1, store.verify().records)
            assertEquals(emptyList<Conflict>(), store.conflicts().list)
            assertEquals(emptyList<SetAside>(), store.setAside())
            store.flush()
            store.keepHistory(store.scopes().single().id, true)
            assertTrue(store.scopes().single().keepsHistory)
            assertEquals(2, store.blocking.status().unsent)
            assertEquals(SyncStatus.Phase.STOPPED, store.blocking.status().phase)
        }
    }

    @Test
    fun `a copy holds the unsent work, and a store opens again as whoever it belongs to`(): Unit = Folder().use { folder ->
        runBlocking {
            Satchel.open(noteOptions(folder.path("a.db"))).use {
                it.note("title" to "One")
                it.copy(folder.path("b.db"))
            }
            Satchel.open(SatchelOptions(folder.path("b.db"), mustExist = true)).use {
                assertEquals("anna", it.about().worker)
                assertEquals(1, it.count(Query("note")))
            }
        }
    }

    @Test
    fun `a damaged file is moved aside, and a new store is made`(): Unit = Folder().use { folder ->
        runBlocking {
            val path = folder.path("a.db")
            Satchel.open(noteOptions(path)).use { it.note("title" to "One") }
            File(path).writeBytes(ByteArray(8192) { 7 })
            for (beside in listOf("-wal", "-shm")) File(path + beside).delete()
            val failure = assertThrows(SatchelException::class.java) { Satchel.openBlocking(noteOptions(path)) }
            assertEquals(SatchelCode.CORRUPT, failure.code)
            val report = Satchel.rescue(noteOptions(path))
            assertTrue(File(report.movedTo).exists())
            Satchel.open(noteOptions(path)).use { assertEquals(0, it.count(Query("note"))) }
        }
    }

    @Test
    fun `a rekey with what is no key is refused, and the file stays as it was`(): Unit = Folder().use { folder ->
        runBlocking {
            val path = folder.path("a.db")
            Satchel.open(noteOptions(path)).use { it.note("title" to "One") }
            val before = File(path).readBytes()
            val failure = assertThrows(SatchelException::class.java) {
                runBlocking { Satchel.rekey(SatchelOptions(path), ByteArray(31)) }
            }
            assertEquals(SatchelCode.INVALID, failure.code)
            assertEquals("key", failure.place)
            assertArrayEquals(before, File(path).readBytes())
        }
    }

    @Test
    fun `one commit of two records, and a reference from one to the other`(): Unit = withStore { store ->
        lateinit var first: Change
        lateinit var second: Change
        val receipt = store.blocking.transact {
            open("self")
            first = create("note", "title" to "One")
            second = create("note", "title" to "Two")
        }
        assertNotEquals(receipt[first], receipt[second])
        store.change(receipt[second]) { set("amends", receipt.reference(first)) }
        assertEquals(store.noteOf(receipt[first]).reference, store.noteOf(receipt[second]).text("amends"))
    }

    @Test
    fun `a newer schema is taken when the store is opened again`(): Unit = Folder().use { folder ->
        val newer = noteSchema.replace("\"version\": 1", "\"version\": 2")
            .replace("\"pinned\"", "\"place\": {\"kind\": \"register\", \"type\": \"text\"}, \"pinned\"")
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).close()
        Satchel.openBlocking(SatchelOptions(folder.path("a.db"), newer)).use {
            val id = it.note("place" to "At home")
            assertEquals("At home", it.blocking.read("note", id)!!.record["place"]!!.plain)
        }
    }
}
