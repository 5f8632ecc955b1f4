package org.satchel.support

import org.satchel.Draft
import org.satchel.Durability
import org.satchel.Satchel
import org.satchel.SatchelOptions
import org.satchel.internal.Native
import java.io.File
import java.nio.file.Files

val sourceRoot: File = File(System.getProperty("satchel.source"))
val domainSchema: String = File(sourceRoot, "schema/satchel-domain.json").readText()

/** A schema with one collection of every kind a test here needs, in a scope that the worker opens. */
val noteSchema = """{
  "version": 1,
  "scopes": {"self": {"opened_by": ["writer"]}},
  "collections": {"note": {"scopes": ["self"], "fields": {
    "title": {"kind": "register", "type": "text", "indexed": true},
    "body": {"kind": "text", "type": "text"},
    "pinned": {"kind": "register", "type": "boolean"},
    "count": {"kind": "register", "type": "integer", "indexed": true},
    "tags": {"kind": "set", "type": "text"},
    "steps": {"kind": "list", "type": "text"},
    "phones": {"kind": "set", "parts": {"number": "text", "use": "text"}},
    "report": {"kind": "text", "type": "text", "submitted": {"amends": "amends"}},
    "amends": {"kind": "register", "type": "reference", "references": "note"},
    "risk": {"kind": "severity", "type": "text", "levels": ["low", "high"], "lowering_needs_reason": true}
  }}}
}"""

/** A folder that goes with the test. */
class Folder : AutoCloseable {
    val file: File = Files.createTempDirectory("satchel-kotlin").toFile()

    fun path(name: String): String = File(file, name).path

    override fun close() {
        file.deleteRecursively()
    }
}

fun noteOptions(path: String): SatchelOptions =
    SatchelOptions(path, noteSchema, "north", "anna", durability = Durability.GROUPED)

/** One note in a scope of its own: its id. */
fun Satchel.note(vararg fields: Pair<String, Any?>): String {
    lateinit var note: org.satchel.Change
    return blocking.transact {
        open("self")
        note = create("note", *fields)
    }[note]
}

fun Satchel.change(record: String, change: org.satchel.RecordDraft.() -> Unit) =
    blocking.transact { record("note", record).change() }

fun <Result> withStore(options: (Folder) -> SatchelOptions = { noteOptions(it.path("a.db")) }, test: (Satchel) -> Result): Result =
    Folder().use { folder -> Satchel.openBlocking(options(folder)).use(test) }

/** Every store is closed: does the native half still hold something of ours? */
fun liveReferences(): Long = Native.liveReferences()
