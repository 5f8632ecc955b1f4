package org.satchel

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.satchel.care.Person
import org.satchel.care.createPerson
import org.satchel.care.person
import org.satchel.support.Centre
import org.satchel.support.Folder
import org.satchel.support.Heard
import org.satchel.support.domainSchema
import org.satchel.support.liveReferences
import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong

/** Against the real central store, over TLS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SyncTest {
    private val centre = Centre()

    @AfterAll
    fun end() {
        centre.close()
        assertEquals(0, liveReferences())
    }

    private fun trusted(pins: List<String> = emptyList()) =
        UrlConnectionTransport(centre.url, centre.trust, pins)

    private fun tablet(folder: Folder, worker: String, http: HttpTransport? = trusted()) = Satchel.openBlocking(
        SatchelOptions(
            folder.path("$worker.db"), domainSchema, "north", worker, durability = Durability.GROUPED,
            http = http, baseUrl = if (http == null) centre.url else "", caFile = if (http == null) centre.authorityFile else "",
            tokens = { centre.token(worker) },
        ),
    )

    private fun test(work: suspend CoroutineScope.(Folder) -> Unit) = Folder().use { folder ->
        runBlocking(Dispatchers.Default) { withTimeout(60_000) { work(folder) } }
    }

    private fun sameForBoth(transport: () -> HttpTransport?) = test { folder ->
        val case = centre.case("Mrs Hughes", "amira", "beth")
        tablet(folder, "amira", transport()).use { amira ->
            tablet(folder, "beth", transport()).use { beth ->
                amira.sync()
                val receipt = amira.transact { create("visit_note", "body" to "Tŷ cynnes. ☕", scope = case) }
                assertEquals(1, amira.blocking.status().unsent)
                assertEquals(0, amira.sync().unsent)
                assertNull(beth.read("visit_note", receipt.records[0]))
                beth.blocking.sync(timeoutMillis = 30_000)
                assertEquals("Tŷ cynnes. ☕", beth.read("visit_note", receipt.records[0])!!.record.text("body"))
                assertEquals("Mrs Hughes", beth.scopes().single { it.id == case }.label)
            }
        }
    }

    @Test
    fun `a note reaches a colleague, over the platform's HTTPS`() = sameForBoth { trusted() }

    @Test
    fun `a note reaches a colleague, over libcurl`() = sameForBoth { null }

    @Test
    fun `who watches hears of a colleague's work, and the flows say so`() = test { folder ->
        val case = centre.case("Mr Pugh", "carys", "dai")
        tablet(folder, "carys").use { carys ->
            tablet(folder, "dai").use { dai ->
                carys.startWatching()
                carys.status.first { it.phase == SyncStatus.Phase.CONNECTED }
                val seen = async(start = CoroutineStart.UNDISPATCHED) {
                    carys.changes.first { carys.query("visit_note").records.any { it.text("body") == "Wedi ffonio." } }
                }
                dai.sync()
                dai.transact { create("visit_note", "body" to "Wedi ffonio.", scope = case) }
                dai.sync()
                seen.await()
                carys.stopWatching()
                carys.status.first { it.phase == SyncStatus.Phase.STOPPED }
            }
        }
    }

    @Test
    fun `what a colleague wrote comes into the list, the record and the inbox that are followed`() = test { folder ->
        val case = centre.case("Mr Owen", "kit", "lowri")
        tablet(folder, "kit").use { kit ->
            tablet(folder, "lowri").use { lowri ->
                kit.sync()
                val id = kit.transact { createPerson(legalName = "Owen", scope = case) }.records[0]
                kit.sync()
                lowri.sync()
                val people = Heard(this, kit.follow(Query(Person.COLLECTION), Person::of))
                val record = Heard(this, kit.followRecord(Person.COLLECTION, id))
                val inbox = Heard(this, kit.followConflicts())
                assertEquals("Owen", people.next().records.single().legalName)
                assertEquals("Owen", record.next()!!.record.text("legal_name"))
                assertTrue(inbox.next().list.isEmpty())

                lowri.transact { person(id).legalName("Owen Parry") }
                kit.transact { person(id).legalName("Owain") }
                lowri.sync()
                kit.startWatching()
                val told = inbox.until { it.list.isNotEmpty() }
                val conflict = told.list.single()
                assertEquals(setOf("Owain", "Owen Parry"), (conflict.standing + conflict.others).map { it.text }.toSet())
                record.until { it!!.record.conflicts.size == 1 }
                kit.settle(Decision.value(told.token, conflict, "Owain Parry"))
                inbox.until { it.list.isEmpty() } // not at once: that the other was sent is told, too
                val settled = people.until { it.records.single().legalName == "Owain Parry" }
                assertEquals(0, settled.updated.single().at)
                people.until { !it.records.single().isUnsent } // it has arrived at the centre
                kit.stopWatching()
                for (each in listOf(people, record, inbox)) each.stop()
            }
        }
    }

    @Test
    fun `a task in the background sends what it can in its time, and says what is left`() = test { folder ->
        val case = centre.case("Mr Bowen", "nia")
        val refuse = AtomicBoolean()
        val reached = trusted()
        val http = HttpTransport { request ->
            if (refuse.get()) throw java.net.ConnectException("no network")
            reached.send(request)
        }
        tablet(folder, "nia", http).use { nia ->
            assertEquals(SyncOutcome.End.FINISHED, nia.syncWithin(60_000).ended)
            val id = nia.transact { create("visit_note", "body" to "Het gaat beter.", scope = case) }.records[0]
            nia.transact { record("visit_note", id).set("body", "Het gaat veel beter.") }
            nia.startWatching()
            refuse.set(true)
            val background = nia.enterBackground()
            assertTrue(background.isFlushed)
            assertEquals(SyncStatus.Phase.STOPPED, nia.blocking.status().phase)

            nia.transact { record("visit_note", id).set("body", "Het gaat goed.") }
            for (outcome in listOf(nia.syncWithin(30_000), nia.blocking.syncWithin(30_000))) {
                assertEquals(SyncOutcome.End.OFFLINE, outcome.ended)
                assertEquals(SatchelCode.NETWORK, outcome.error!!.code)
                assertTrue(outcome.left.unsent in 1..3)
                assertEquals(1, outcome.left.records)
                assertTrue(outcome.left.words.contains("not yet at base"), outcome.left.words)
            }
            refuse.set(false)
            val finished = nia.blocking.syncWithin(30_000)
            assertEquals(SyncOutcome.End.FINISHED, finished.ended)
            assertEquals(0, finished.left.unsent)
            assertNull(finished.left.oldestUnsent)
            val failure = runCatching { nia.syncWithin(0) }.exceptionOrNull() as SatchelException
            assertEquals("within_ms", failure.place)
        }
    }

    @Test
    fun `a conflict is settled by a person, and stays settled`() = test { folder ->
        val case = centre.case("Miss Rees", "ela", "fflur")
        tablet(folder, "ela").use { ela ->
            tablet(folder, "fflur").use { fflur ->
                ela.sync()
                val person = ela.transact { create("person", "legal_name" to "Gwen Rees", scope = case) }.records[0]
                ela.sync()
                fflur.sync()
                ela.transact { record("person", person).set("legal_name", "Gwen Rees-Parry") }
                fflur.transact { record("person", person).set("legal_name", "Gwendolen Rees") }
                for (tablet in listOf(ela, fflur, ela)) tablet.sync()
                val inbox = ela.conflicts()
                val conflict = inbox.list.single()
                assertTrue(conflict.decide)
                assertEquals("legal_name", conflict.field)
                val sides = (conflict.standing + conflict.others).associate { it.by to it.text }
                assertEquals(mapOf("ela" to "Gwen Rees-Parry", "fflur" to "Gwendolen Rees"), sides)
                assertEquals(1, ela.read("person", person)!!.record.conflicts.size)
                ela.settle(Decision.value(inbox.token, conflict, "Gwendolen Rees"))
                assertEquals(0, ela.conflicts().list.size)
                for (tablet in listOf(ela, fflur)) tablet.sync()
                assertEquals(0, fflur.conflicts().list.size)
            }
        }
    }

    @Test
    fun `a server that nobody vouches for, and one with another key, are named by their code`() = test { folder ->
        val untrusted = UrlConnectionTransport(centre.url)
        val pinned = trusted(listOf("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "sha256/BBBB"))
        for (http in listOf(untrusted, pinned)) {
            tablet(folder, "gwyn", http).use {
                val failure = runCatching { it.sync() }.exceptionOrNull() as SatchelException
                assertEquals(SatchelCode.CERTIFICATE, failure.code, failure.message)
            }
        }
        tablet(folder, "gwyn", UrlConnectionTransport("https://127.0.0.1:1")).use {
            val failure = runCatching { it.sync() }.exceptionOrNull() as SatchelException
            assertEquals(SatchelCode.NETWORK, failure.code, failure.message)
            assertTrue(failure.retryable)
        }
    }

    private fun certificate(file: String) = File(file).inputStream().use {
        java.security.cert.CertificateFactory.getInstance("X.509").generateCertificates(it).first()
    }

    @Test
    fun `the centre's own key may be pinned`() = test { folder ->
        val pin = UrlConnectionTransport.pinOf(certificate(File(centre.authorityFile).resolveSibling("server.pem").path))
        tablet(folder, "hari", trusted(listOf(pin, "sha256/spare"))).use { assertEquals(0, it.sync().unsent) }
    }

    @Test
    fun `a pinned certificate that a server only sends along does not make it the one that is pinned`() {
        val own = certificate(File(centre.authorityFile).resolveSibling("server.pem").path)
        val along = certificate(centre.authorityFile)
        val pins = listOf(UrlConnectionTransport.pinOf(along), "sha256/spare")
        assertTrue(UrlConnectionTransport.isPinned(listOf(along, own), pins))
        assertFalse(UrlConnectionTransport.isPinned(listOf(own, along), pins))
        assertFalse(UrlConnectionTransport.isPinned(emptyList(), pins))
    }

    @Test
    fun `progress of a large request is told`() = test { folder ->
        val case = centre.case("Mr Evans", "ifan")
        tablet(folder, "ifan").use { ifan ->
            ifan.sync()
            val most = AtomicLong()
            val watching = launch(start = CoroutineStart.UNDISPATCHED) {
                ifan.status.collect { status ->
                    val progress = status.json["progress"] as kotlinx.serialization.json.JsonObject
                    most.accumulateAndGet(progress.number("sent"), ::maxOf)
                }
            }
            val noise = List(60_000) { ('a'..'z').random() }.joinToString("")
            ifan.transact { create("visit_note", "body" to noise, scope = case) }
            ifan.sync()
            assertEquals(0, ifan.blocking.status().unsent)
            watching.cancel()
        }
    }

    @Test
    fun `a cancelled collector of the status takes nothing with it`() = test { folder ->
        tablet(folder, "jac").use { jac ->
            val ended = launch(start = CoroutineStart.UNDISPATCHED) { jac.status.collect { } }
            ended.cancel()
            ended.join()
            jac.sync()
            assertEquals(0, jac.status.first { it.lastSync != null }.unsent)
        }
    }
}
