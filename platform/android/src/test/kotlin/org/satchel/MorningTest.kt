package org.satchel

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.example.Morning
import org.satchel.example.openStore
import org.satchel.support.Centre
import org.satchel.support.Folder
import java.io.BufferedReader
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PipedInputStream
import java.io.PipedOutputStream
import java.io.PrintStream
import java.time.LocalDate

/** examples/kotlin, as a link worker would run it. */
class MorningTest {
    private val said = ByteArrayOutputStream()
    private val today: LocalDate = LocalDate.parse("2026-03-09")

    private fun settings(folder: Folder, centre: Centre, worker: String): Map<String, String> {
        File(folder.path("$worker.token")).writeText(centre.token(worker))
        return mapOf(
            "SATCHEL_STORE" to folder.path("$worker.db"),
            "SATCHEL_SCHEMA" to File(org.satchel.support.sourceRoot, "schema/satchel-domain.json").path,
            "SATCHEL_WORKER" to worker,
            "SATCHEL_SERVER" to centre.url,
            "SATCHEL_CA_FILE" to centre.authorityFile,
            "SATCHEL_TOKEN_FILE" to folder.path("$worker.token"),
        )
    }

    /** What one command prints. Each opens the store anew, as the program does. */
    private fun morning(settings: Map<String, String>, vararg words: String): String = runBlocking {
        said.reset()
        openStore(settings).use { Morning(it, PrintStream(said, true, "UTF-8"), today).run(words.toList()) }
        said.toString("UTF-8")
    }

    /** What "morning watch" prints while [test] runs. */
    private fun watching(settings: Map<String, String>, test: (BufferedReader) -> Unit) {
        val printed = PipedInputStream(1 shl 16)
        val out = PrintStream(PipedOutputStream(printed), true, "UTF-8")
        runBlocking { openStore(settings) }.use { store ->
            val watch = CoroutineScope(Dispatchers.Default).launch { Morning(store, out, today).run(listOf("watch")) }
            test(printed.bufferedReader())
            runBlocking { watch.cancelAndJoin() }
        }
    }

    @Test
    fun `a morning, with signal and without`(): Unit = Folder().use { folder ->
        Centre().use { centre ->
            val case = centre.case("Mrs Hughes", "amira", "beth")
            val amira = settings(folder, centre, "amira")
            val beth = settings(folder, centre, "beth")
            lateinit var visit: Change
            val receipt = runBlocking {
                openStore(beth).use { store ->
                    store.sync()
                    store.transact {
                        create("person", "legal_name" to "Gwen Hughes", "preferred_name" to "Gwen", scope = case)
                        visit = create("encounter", "start" to "2026-03-09T10:30:00Z", "outcome" to "planned", scope = case)
                        create("encounter", "start" to "2026-03-10T10:30:00Z", "outcome" to "planned", scope = case)
                    }.also { store.sync() }
                }
            }
            assertEquals("10:30  Gwen  planned  ${receipt[visit]}\n", morning(amira, "visits"))
            watching(beth) { lines ->
                assertEquals("10:30  Gwen  planned  ${receipt[visit]}", lines.readLine())
                assertEquals("Noted.\n", morning(amira, "note", receipt[visit], "Canu eto! 🎶"))
                assertEquals("10:30  Gwen  happened  ${receipt[visit]}", lines.readLine())
            }
            assertEquals("10:30  Gwen  happened  ${receipt[visit]}\n", morning(beth, "visits"))
            assertEquals("Agreed with Gwen: Sing again.\n", morning(amira, "plan", receipt[visit], "Sing again.", "Ring the choir."))
            val nowhere = amira + ("SATCHEL_SERVER" to "https://127.0.0.1:1")
            assertEquals("Noted.\n", morning(nowhere, "note", receipt[visit], "Written on the bus."))
            assertTrue("1 item" in morning(nowhere, "status"), said.toString())
            assertTrue("1 item" !in morning(amira, "status"), said.toString())
            assertEquals("", morning(amira, "inbox"))
            assertEquals("There is no such visit.\n", morning(amira, "note", "01890a5d-ac96-774b-bcce-b302099a8057", "?"))
            assertTrue(morning(amira, "sing").startsWith("morning visits |"))
        }
    }
}
