/**
 * A contestant as a separate process: `server.mjs <kind> <database> <origin> <connections>`. A server sends its origin to its
 * parent. A caller sends what its start took, or "ready", and runs the calls of each part that it receives as an order.
 */
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AddressInfo } from "node:net"
import * as bare from "./bare.js"
import * as callers from "./callers.js"
import * as httpApi from "./httpApi.js"
import type { Kind, Order, Responses } from "./parts.js"
import * as postgres from "./postgres.js"

const [kind, filename = "", origin = "", connections = "1"] = process.argv.slice(2) as [Kind, ...Array<string>]

let responses: Responses | undefined
let caller: callers.Caller | undefined
let poll: (() => Promise<unknown>) | undefined

const receive = async (order: Order) => {
  if (order === "cpu") {
    const { system, user } = process.cpuUsage()
    return user + system
  }
  if (order === "poll") await poll!()
  else if ("part" in order) await caller!(order.part)
  else responses = order.responses
  return "done"
}

process.on("message", (order: Order) => {
  void receive(order).then((reply) => process.send!(reply))
})

const Server = Layer.merge(
  NodeServer.layer({ host: "127.0.0.1", port: 0 }),
  NodeHttpServer.layerContext
)

const listen = <E>(served: Layer.Layer<never, E, Layer.Layer.Success<typeof Server>>) =>
  Effect.runFork(
    Effect.zipRight(
      HttpServer.addressFormattedWith((address) => Effect.sync(() => process.send!(address))),
      Effect.never
    ).pipe(Effect.provide(Layer.provideMerge(served, Server)))
  )

switch (kind) {
  case "node:http": {
    const server = bare.serve(() => responses!)
    server.listen(0, "127.0.0.1", () => {
      process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
    break
  }
  case "HttpApi":
    listen(httpApi.layer(() => responses!))
    break
  case "memory":
    listen(Emulator.layerHttp())
    break
  case "SQLite":
    listen(Emulator.layerHttp({ store: SqliteStore.layer({ filename }) }))
    break
  case "PostgreSQL":
    listen(Emulator.layerHttp({ store: postgres.store() }))
    break
  case "in process": {
    const { poll: polling, run, start } = await callers.inProcess()
    caller = run
    poll = polling
    process.send!(start)
    break
  }
  default:
    caller = await (kind === "undici" ? callers.undici(origin) : callers.store(filename, Number(connections)))
    process.send!("ready")
}
