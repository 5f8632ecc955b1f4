// The first note that reaches the centre, from Kotlin: docs/EMBEDDING.md tells it step by step.
package org.satchel.example.first

import kotlinx.coroutines.runBlocking
import org.satchel.Satchel
import org.satchel.SatchelOptions
import org.satchel.UrlConnectionTransport
import java.io.File

fun main(arguments: Array<String>) = runBlocking {
    val (centre, authority, token, schema, file) = arguments
    val options = SatchelOptions(
        path = file,
        schema = File(schema).readText(),
        organisation = "north",
        worker = "amira",
        http = UrlConnectionTransport(centre, UrlConnectionTransport.trusting(File(authority).readText())),
        tokens = { File(token).readText().trim() },
    )
    Satchel.open(options).use { store ->
        store.sync() // what amira may see: her case
        val case = store.scopes().first { it.kind == "case" }
        val receipt = store.transact {
            create("visit_note", "body" to "Met at home, kettle on. ☕", scope = case.id)
        }
        val status = store.sync()
        println(store.read("visit_note", receipt.records[0])!!.record.text("body"))
        println(status.words)
    }
}
