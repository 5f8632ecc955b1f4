package org.satchel

import java.math.BigDecimal
import java.time.LocalDate
import java.time.ZonedDateTime
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.satchel.care.CpdRecord
import org.satchel.care.Person
import org.satchel.care.createCpdRecord
import org.satchel.care.createPerson
import org.satchel.care.person

/** The types that `satchel codegen kotlin` writes of the domain's schema. */
class ModelsTest {
    private fun record(fields: String): Record =
        Record(Json.parseToJsonElement("""{"id": "1", "collection": "person", "scope": "2", "unsent": true, "fields": $fields}""") as JsonObject)

    private fun changes(make: Draft.() -> Unit): String = Draft(null).apply(make).json()["changes"].toString()

    @Test
    fun `a record is read as its type`() {
        val person = Person.of(
            record(
                """{"legal_name": "Ada", "date_of_birth": "1815-12-10", "no_voicemail": true, "lone_worker_risk": "medium",
                    "gender": {"system": "", "code": "", "display": "woman"},
                    "phones": [{"id": "p", "number": "0131"}], "pronoun": null}""",
            ),
        )
        assertEquals("1", person.id)
        assertEquals(true, person.isUnsent)
        assertEquals(LocalDate.of(1815, 12, 10), person.dateOfBirth)
        assertEquals(true, person.noVoicemail)
        assertEquals(Person.LoneWorkerRisk.MEDIUM, person.loneWorkerRisk)
        assertEquals("woman", person.gender?.display)
        assertEquals(listOf(Person.Phones(number = "0131", id = "p")), person.phones)
        assertNull(person.pronoun)
        assertEquals(emptySet<String>(), person.unreadable)
        assertEquals("Person(1)", person.toString()) // no words of anybody in a log
    }

    @Test
    fun `what a newer app wrote is unrecognised or named as unreadable, never the lowest level`() {
        val person = Person.of(
            record("""{"lone_worker_risk": "extreme", "legal_name": {"unknown": "0aff"}, "communication_needs": [{"unknown": "0aff"}]}"""),
        )
        assertEquals(Person.LoneWorkerRisk.UNRECOGNISED, person.loneWorkerRisk)
        assertEquals(setOf("legal_name", "communication_needs"), person.unreadable)
        assertThrows(SatchelException::class.java) { changes { person("1").loneWorkerRisk(person.loneWorkerRisk) } }
    }

    @Test
    fun `typed changes are those of a draft`() {
        assertEquals(
            """[{"action":"create","collection":"person","scope":"2","fields":{"legal_name":"Ada",""" +
                """"date_of_birth":"1815-12-10","phones":[{"number":"0131"}]}}]""",
            changes {
                createPerson(
                    legalName = "Ada",
                    dateOfBirth = LocalDate.of(1815, 12, 10),
                    phones = listOf(Person.Phones(number = "0131")),
                    scope = "2",
                )
            },
        )
        assertEquals(
            """[{"action":"set","collection":"person","record":"1","field":"lone_worker_risk","value":"low","reason":"Talked."}]""",
            changes { person("1").loneWorkerRisk(Person.LoneWorkerRisk.LOW, "Talked.") },
        )
        assertEquals(
            """[{"action":"create","collection":"cpd_record","fields":{"on":"2026-11-30","hours":"1.50"}}]""",
            changes { createCpdRecord(on = LocalDate.of(2026, 11, 30), hours = BigDecimal("1.50")) },
        )
    }

    @Test
    fun `an instant keeps its offset and zone`() {
        val written = valueOf(ZonedDateTime.parse("2026-11-21T14:03:00.123456+00:00[Europe/London]"))
        assertEquals("\"2026-11-21T14:03:00.123Z[Europe/London]\"", written.toString())
        assertEquals(ZonedDateTime.parse("2026-11-21T14:03:00.123Z[Europe/London]"), Values.instant(written))
        assertEquals("hours", CpdRecord.Name.hours)
    }
}
