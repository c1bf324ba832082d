/** `npm run load`: measures the emulator under load, compared with bare `node:http` that sends the same responses. */
import { build } from "esbuild"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Pool } from "undici"
import type { Order, Sent, State } from "./server.js"

const { values: options } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    connections: { type: "string", default: "32" }
  }
})
const [total, connections] = [Number(options.requests), Number(options.connections)]

if (!Number.isInteger(total) || total < 100 || !Number.isInteger(connections) || connections < 1) {
  console.error("npm run load -- --requests <100 or more> --connections <number>")
  process.exit(1)
}

// -----------------------------------------------------------------------------
// servers
// -----------------------------------------------------------------------------

const kinds = ["node:http", "memory", "SQLite"] as const

const titles = { "node:http": "bare `node:http`", memory: "emulator, in memory", SQLite: "emulator, SQLite" }

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// In the package, whose dependencies the bundle imports.
const bundle = source("../../node_modules/.cache/load/server.mjs")

const message = async (child: ChildProcess): Promise<any> => {
  const ended = new AbortController()
  try {
    const [value] = await Promise.race([
      once(child, "message", { signal: ended.signal }),
      once(child, "exit", { signal: ended.signal }).then(([code]) => {
        throw new Error(`The server ended with ${code}`)
      })
    ])
    return value
  } finally {
    ended.abort()
  }
}

const ask = (child: ChildProcess, order: Order) => {
  const reply = message(child)
  child.send(order)
  return reply
}

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

const headers = {
  authorization: "Bearer sk-load",
  "openai-beta": "assistants=v1",
  "content-type": "application/json"
}

const payload = JSON.stringify({
  model: "gpt-4-turbo",
  name: "Helpdesk",
  instructions: "Answer the question of a customer about repairs, orders and returns in plain, short sentences.",
  tools: [{ type: "code_interpreter" }, { type: "retrieval" }],
  metadata: { team: "support" }
})

interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  readonly body?: string
}

/** The parts of the load. Everything that is created is deleted. */
const parts = ["retrieve", "list", "create", "delete"] as const

type PartName = (typeof parts)[number]

const shares: Record<PartName, number> = { retrieve: 0.4, list: 0.2, create: 0.2, delete: 0.2 }

const create: Request = { method: "POST", path: "/v1/assistants", body: payload }

const requestOf = (part: PartName, kept: string, created: ReadonlyArray<string>, index: number): Request => {
  switch (part) {
    case "retrieve":
      return { method: "GET", path: `/v1/assistants/${kept}` }
    case "list":
      return { method: "GET", path: "/v1/assistants?limit=20" }
    case "create":
      return create
    case "delete":
      return { method: "DELETE", path: `/v1/assistants/${created[index] ?? kept}` }
  }
}

const send = async (pool: Pool, { body, method, path }: Request): Promise<Sent> => {
  const response = await pool.request({ method, path, headers, body: body ?? null })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
  return { headers: response.headers as Record<string, string>, body: text }
}

interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

interface Part extends Measured {
  /** The server's CPU time for one request. */
  readonly cpuMicros: number
}

/** Sends `count` requests, with one in flight per connection. */
const load = async (
  pool: Pool,
  count: number,
  requestAt: (index: number) => Request,
  onResponse: (response: Sent) => void = () => {}
): Promise<Measured> => {
  const millis = new Float64Array(count)
  let next = 0
  const begin = performance.now()
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next < count) {
      const index = next++
      const start = performance.now()
      const response = await send(pool, requestAt(index))
      millis[index] = performance.now() - start
      onResponse(response)
    }
  }))
  const perSecond = count / (performance.now() - begin) * 1000
  millis.sort()
  const at = (part: number) => millis[Math.min(count - 1, Math.floor(part * count))]!
  return { perSecond, p50: at(0.5), p99: at(0.99) }
}

// -----------------------------------------------------------------------------
// measuring
// -----------------------------------------------------------------------------

interface Results {
  readonly parts: Record<PartName, Part>
  /** Before the load, after half of it, and at its end. */
  readonly memory: ReadonlyArray<State>
}

/** Runs all parts of the load in sequence, in two halves. */
const measure = async (pool: Pool, child: ChildProcess, count: number): Promise<Results> => {
  const kept: string = JSON.parse((await send(pool, create)).body).id
  const state = (): Promise<State> => ask(child, "state")
  const memory = [await state()]
  const found: Array<[PartName, Part]> = []
  for (let half = 0; half < 2; half++) {
    const created: Array<string> = []
    for (const part of parts) {
      const amount = Math.round(count * shares[part] / 2)
      const before = await state()
      const measured = await load(
        pool,
        amount,
        (index) => requestOf(part, kept, created, index),
        part === "create" ? ({ body }) => created.push(JSON.parse(body).id) : undefined
      )
      found.push([part, { ...measured, cpuMicros: ((await state()).cpuMicros - before.cpuMicros) / amount }])
    }
    memory.push(await state())
  }
  // The second half overwrites the first: by then each server is warm.
  return { parts: Object.fromEntries(found) as Record<PartName, Part>, memory }
}

/** Responses of an emulator, for the bare server to repeat. */
const sample = async (pool: Pool): Promise<Record<string, Sent>> => {
  for (let count = 1; count < 20; count++) await send(pool, create)
  const created = await send(pool, create)
  const path = `/v1/assistants/${JSON.parse(created.body).id}`
  const kept = ({ body, headers }: Sent): Sent => ({
    body,
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) =>
        !["connection", "date", "keep-alive", "transfer-encoding"].includes(name)
      )
    )
  })
  return {
    "POST all": kept(created),
    "GET one": kept(await send(pool, { method: "GET", path })),
    "GET all": kept(await send(pool, { method: "GET", path: "/v1/assistants?limit=20" })),
    "DELETE one": kept(await send(pool, { method: "DELETE", path }))
  }
}

const folder = mkdtempSync(join(tmpdir(), "load-"))

const withServer = async <A>(
  kind: (typeof kinds)[number],
  use: (pool: Pool, child: ChildProcess) => Promise<A>
): Promise<A> => {
  const child = fork(bundle, [kind, join(folder, `${kind.replace(/\W/g, "")}.db`)], { execArgv: ["--expose-gc"] })
  const pool = new Pool(new URL(await message(child)).origin, { connections })
  try {
    return await use(pool, child)
  } finally {
    await pool.destroy()
    child.kill("SIGKILL")
  }
}

await build({
  entryPoints: [source("server.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["effect", "@effect/*"],
  logLevel: "warning"
})

const results = new Map<string, Results>()
try {
  const responses = await withServer("memory", sample)
  for (const kind of kinds) {
    console.error(`${titles[kind]} …`)
    results.set(
      kind,
      await withServer(kind, async (pool, child) => {
        if (kind === "node:http") await ask(child, { responses })
        await measure(pool, child, Math.min(total / 10, 5000))
        return measure(pool, child, total)
      })
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}

// -----------------------------------------------------------------------------
// table
// -----------------------------------------------------------------------------

const names = { retrieve: "retrieve an assistant", list: "list 20", create: "create one", delete: "delete one" }

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

console.log([
  row(["", ...kinds.map((kind) => titles[kind])]),
  row(["---", ...kinds.map(() => "--:")]),
  ...parts.map((part) =>
    row([
      names[part],
      ...kinds.map((kind) => {
        const { cpuMicros, p50, p99, perSecond } = results.get(kind)!.parts[part]
        return `${Math.round(perSecond)}/s, ${p50.toFixed(1)} / ${p99.toFixed(1)} ms, ${Math.round(cpuMicros)} µs`
      })
    ])
  ),
  ...(["heapUsed", "rss"] as const).map((field) =>
    row([
      field === "rss" ? "RSS, MB" : "heap, MB",
      ...kinds.map((kind) => results.get(kind)!.memory.map((memory) => megabytes(memory[field])).join(" → "))
    ])
  ),
  "",
  `Requests per second, latency p50 / p99 at ${connections} connections, CPU time per request; memory before, after half, and after all of ` +
  `${total} requests. Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ` +
  "which the callers share."
].join("\n"))
