// What other libraries take for the recorded sessions that `satchel-bench text` replays: this process's time on a
// processor, the least of several runs. node peers.mjs TIMES TRACE...
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as Automerge from '@automerge/automerge'
import diamond from 'diamond-types-node'
import * as Y from 'yjs'

const [times, ...files] = process.argv.slice(2)

function readTrace(file) {
  const bytes = readFileSync(file)
  const trace = JSON.parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
  trace.concurrent = trace.kind === 'concurrent'
  trace.patches = trace.txns.flatMap((txn) => txn.patches)
  return trace
}

function leastMs(runs, work) {
  let least = Infinity
  for (let i = 0; i < runs; i++) {
    globalThis.gc?.()
    const start = process.cpuUsage()
    work()
    const used = process.cpuUsage(start)
    least = Math.min(least, (used.user + used.system) / 1000)
  }
  return least
}

function row(what, value, unit = 'ms') {
  console.log(`  ${what.padEnd(52)} ${value.toFixed(unit === 'ms' ? 2 : 0).padStart(12)} ${unit}`)
}

function expect(same, what) {
  if (!same) throw new Error(`${what}: not what the trace ends with`)
}

// ---- typed call by call. None of them tells one character without building the whole text: only the length is read.

function typed(trace, runs) {
  let bytes
  row('diamond-types: typed call by call, encoded', leastMs(runs, () => {
    const doc = new diamond.Doc('writer')
    if (trace.startContent) doc.ins(0, trace.startContent)
    for (const [at, removed, inserted] of trace.patches) {
      if (removed) doc.del(at, removed)
      if (inserted) doc.ins(at, inserted)
      doc.len()
    }
    expect(doc.get() === trace.endContent, 'diamond-types')
    bytes = doc.toBytes()
    doc.free()
  }))
  row('diamond-types: encoded, with the text', bytes.length, 'bytes')
  row('yjs: typed call by call, encoded', leastMs(1, () => {
    const doc = new Y.Doc()
    const text = doc.getText()
    if (trace.startContent) text.insert(0, trace.startContent)
    for (const [at, removed, inserted] of trace.patches) {
      if (removed) text.delete(at, removed)
      if (inserted) text.insert(at, inserted)
      text.length
    }
    expect(text.toString() === trace.endContent, 'yjs')
    bytes = Y.encodeStateAsUpdate(doc)
  }))
  row('automerge: typed call by call, encoded', leastMs(1, () => {
    let doc = Automerge.from({ text: trace.startContent ?? '' })
    doc = Automerge.change(doc, (draft) => {
      for (const [at, removed, inserted] of trace.patches) Automerge.splice(draft, ['text'], at, removed, inserted)
    })
    expect(doc.text === trace.endContent, 'automerge')
    bytes = Automerge.save(doc)
  }))
}

// ---- several writers

function diamondLog(trace) {
  const log = new diamond.OpLog()
  const versions = []
  const patches = []
  for (const txn of trace.txns) {
    let version = txn.parents.length ? versions[txn.parents[0]] : new Uint32Array()
    for (const other of txn.parents.slice(1)) version = log.mergeVersions(version, versions[other])
    const before = log.getLocalVersion()
    log.setAgent(`writer ${txn.agent}`)
    for (const [at, removed, inserted] of txn.patches) {
      if (removed) version = Uint32Array.of(log.del(at, removed, version))
      if (inserted) version = Uint32Array.of(log.ins(at, inserted, version))
    }
    versions.push(version)
    patches.push(log.getPatchSince(before))
  }
  return { bytes: log.toBytes(), patches }
}

function yjsUpdates(trace) {
  const docs = []
  const updates = []
  const seen = []
  for (let i = 0; i < trace.numAgents; i++) {
    const doc = new Y.Doc()
    doc.clientID = i + 1
    docs.push(doc)
    seen.push(new Set())
  }
  const bring = (agent, number) => {
    const wanted = [number]
    const missing = []
    while (wanted.length) {
      const next = wanted.pop()
      if (seen[agent].has(next)) continue
      seen[agent].add(next)
      missing.push(next)
      wanted.push(...trace.txns[next].parents)
    }
    missing.sort((a, b) => a - b).forEach((each) => Y.applyUpdate(docs[agent], updates[each]))
  }
  trace.txns.forEach((txn, number) => {
    txn.parents.forEach((parent) => bring(txn.agent, parent))
    const doc = docs[txn.agent]
    updates.push(Y.encodeStateAsUpdate(new Y.Doc()))  // where the transaction changes nothing
    const note = (update) => (updates[number] = update)
    doc.on('update', note)
    doc.transact(() => {
      for (const [at, removed, inserted] of txn.patches) {
        if (removed) doc.getText().delete(at, removed)
        if (inserted) doc.getText().insert(at, inserted)
      }
    })
    doc.off('update', note)
    seen[txn.agent].add(number)
  })
  return updates
}

function merged(trace, runs) {
  const { bytes, patches } = diamondLog(trace)
  const length = [...trace.endContent].length
  row('diamond-types: merged in one go', leastMs(runs, () => {
    const log = diamond.OpLog.fromBytes(bytes)
    const branch = log.checkout()
    expect([...branch.get()].length === length, 'diamond-types')
    branch.free()
    log.free()
  }))
  row('diamond-types: one transaction at a time', leastMs(runs, () => {
    const doc = new diamond.Doc('reader')
    for (const patch of patches) doc.mergeBytes(patch)
    expect([...doc.get()].length === length, 'diamond-types')
    doc.free()
  }))
  row('diamond-types: encoded, with the text', bytes.length, 'bytes')
  const updates = yjsUpdates(trace)
  const whole = Y.mergeUpdates(updates)
  row('yjs: merged in one go', leastMs(runs, () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, whole)
    expect([...doc.getText().toString()].length === length, 'yjs')
  }))
  row('yjs: one transaction at a time', leastMs(runs, () => {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, update)
    expect([...doc.getText().toString()].length === length, 'yjs')
  }))
}

for (const file of files) {
  const trace = readTrace(file)
  console.log(`${basename(file)}, other libraries`)
  if (trace.concurrent) merged(trace, Number(times))
  else typed(trace, Number(times))
}
