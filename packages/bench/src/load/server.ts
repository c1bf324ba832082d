/**
 * A server under load, as a separate process: `server.mjs <kind> <database>`. It sends its URL to its parent, and its
 * memory and CPU time for each `state` order.
 */
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** Bytes in use after a garbage collection, and the CPU time since the process started. */
export interface State {
  readonly rss: number
  readonly heapUsed: number
  readonly cpuMicros: number
}

/** A response as it is sent. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
}

/** An order of the parent: to report the state, or the responses that bare `node:http` sends. */
export type Order = "state" | { readonly responses: Record<string, Sent> }

const [kind, filename = ""] = process.argv.slice(2)

const responses = new Map<string, readonly [headers: Record<string, string>, body: Buffer]>()

/** Reads a request and sends bytes. */
const bare = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString())
    const isOne = /^\/v1\/assistants\/[^/?]+$/.test(request.url!)
    const [headers, body] = responses.get(`${request.method} ${isOne ? "one" : "all"}`)!
    response.writeHead(200, headers)
    response.end(body)
  })
})

process.on("message", (order: Order) => {
  if (order === "state") {
    const { system, user } = process.cpuUsage()
    global.gc!()
    const { heapUsed, rss } = process.memoryUsage()
    process.send!({ rss, heapUsed, cpuMicros: user + system } satisfies State)
    return
  }
  for (const [name, { body, headers }] of Object.entries(order.responses)) {
    const bytes = Buffer.from(body)
    responses.set(name, [{ ...headers, "content-length": String(bytes.length) }, bytes])
  }
  process.send!("ready")
})

if (kind === "node:http") {
  bare.listen(0, "127.0.0.1", () => {
    process.send!(`http://127.0.0.1:${(bare.address() as AddressInfo).port}/v1`)
  })
} else {
  const store = kind === "SQLite" ? SqliteStore.layer({ filename }) : undefined
  const EmulatorLive = Emulator.layerHttp({ store }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
    Layer.provide([NodeFileSystem.layer, NodePath.layer])
  )
  Effect.runFork(
    Effect.zipRight(
      Effect.flatMap(Emulator.baseUrl, (baseUrl) => Effect.sync(() => process.send!(baseUrl))),
      Effect.never
    ).pipe(Effect.provide(EmulatorLive))
  )
}
