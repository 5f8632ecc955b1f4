// The same notes through PouchDB and express-pouchdb: committed one by one, pushed, and pulled into an empty store.
// node pouch.mjs NOTES ROUNDS. Over HTTP without TLS, and neither side forces anything to the disk: both in its favour.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import PouchDB from 'pouchdb'

const self = fileURLToPath(import.meta.url)

async function serve(directory) {
  const { default: express } = await import('express')
  const { default: expressPouch } = await import('express-pouchdb')
  const app = express()
  const Server = PouchDB.defaults({ prefix: directory + '/' })
  app.use('/', expressPouch(Server, { mode: 'minimumForPouchDB', inMemoryConfig: true }))
  const listening = app.listen(0, '127.0.0.1', () => process.send({ port: listening.address().port }))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({ cpu: (user + system) / 1000 })
  })
}

// Words of a vocabulary of 20,000 with a cubic skew, as note_text() of tablet.cpp makes them.
const syllables = ['ba', 'den', 'fi', 'gor', 'hu', 'jal', 'ke', 'lim', 'mo', 'nur', 'pa', 'res', 'si', 'tol', 'vu', 'wan',
  'ye', 'zil', 'cho', 'thra']
const words = Array.from({ length: 20000 }, (_, i) => {
  let word = ''
  for (let rest = i; rest !== 0 || word.length < 4; rest = Math.floor(rest / 20)) word += syllables[rest % 20]
  return word
})
function noteText() {
  let text = ''
  while (text.length < 1024) text += words[Math.floor(Math.random() ** 3 * words.length)] + ' '
  return text.slice(0, 1024)
}

const ownCpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

async function round(notes) {
  const directory = mkdtempSync(join(tmpdir(), 'pouch-'))
  const server = fork(self, ['serve', directory])
  const heard = () => new Promise((done) => server.once('message', done))
  try {
    const { port } = await heard()
    const cpuNow = async () => {
      const answer = heard()
      server.send('cpu')
      return ownCpu() + (await answer).cpu
    }
    const measured = async (work) => {
      const cpu = await cpuNow(), start = performance.now()
      await work()
      return { ms: performance.now() - start, cpu: (await cpuNow()) - cpu }
    }
    const local = new PouchDB(join(directory, 'tablet')), url = `http://127.0.0.1:${port}/notes`
    const commit = await measured(async () => {
      for (let i = 0; i < notes; i++) await local.put({ _id: `note-${i}`, collection: 'visit_note', body: noteText() })
    })
    const push = await measured(() => local.replicate.to(url))
    const empty = new PouchDB(join(directory, 'empty'))
    const pull = await measured(() => empty.replicate.from(url))
    if ((await empty.info()).doc_count !== notes) throw new Error('not every note arrived')
    await Promise.all([local.close(), empty.close()])
    return { commit, push, pull }
  } finally {
    server.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

if (process.argv[2] === 'serve') {
  await serve(process.argv[3])
} else {
  const [notes, rounds] = process.argv.slice(2).map(Number)
  const all = []
  for (let i = 0; i < rounds; i++) all.push(await round(notes))
  console.log(`pouchdb and express-pouchdb: ${notes} notes of 1 KB, ${rounds} rounds, the middle; load ${loadavg()[0].toFixed(1)}`)
  for (const [what, name] of [['commit', 'each in a commit, nothing forced to the disk'], ['push', 'push, without TLS'],
    ['pull', 'first sync, without TLS']]) {
    const ms = middle(all.map((each) => each[what].ms)), cpu = middle(all.map((each) => each[what].cpu))
    console.log(`  ${name.padEnd(48)} ${ms.toFixed(0).padStart(9)} ms elapsed ${cpu.toFixed(0).padStart(9)} ms CPU of both sides`)
  }
}
