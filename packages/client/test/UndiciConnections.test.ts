import { Assistants, Retry } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type * as Dns from "node:dns"
import * as Http from "node:http"
import { createRequire } from "node:module"
import * as Net from "node:net"
import { EnvHttpProxyAgent } from "undici"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

describe("connections of UndiciHttpClient", () => {
  const call = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))

  it.scopedLive("are not more than the client's concurrency, whatever times out", () =>
    Effect.gen(function*() {
      // The lookup of the host never ends, and so the connection stays in its beginnings.
      const lookups: Array<string> = []
      // The module that others call, not a copy of its exports.
      const dns = createRequire(import.meta.url)("node:dns") as typeof Dns
      const { lookup } = dns
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          Object.assign(dns, { lookup: (host: string) => void lookups.push(host) })
        }),
        () => Effect.sync(() => Object.assign(dns, { lookup }))
      )
      const errors = yield* Effect.forEach(
        Array.from({ length: 50 }),
        () => Effect.flip(call),
        { concurrency: "unbounded" }
      ).pipe(
        Effect.provide(
          Client.layer("http://nowhere.test", { concurrency: 5, timeout: "10 millis" }, UndiciHttpClient.layer)
        )
      )
      assert.deepStrictEqual([...new Set(errors.map(({ _tag }) => _tag))], ["TimeoutError"])
      assert.isAbove(lookups.length, 0)
      assert.isAtMost(lookups.length, 5)
    }))

  it.scoped("go through the proxy of the environment", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json(Models.assistant()))
      const tunnels: Array<string | undefined> = []
      const proxy = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const proxy = Http.createServer().on("connect", ({ url }, socket) => {
            tunnels.push(url)
            const upstream = Net.connect(Number(new URL(server.origin).port), "127.0.0.1", () => {
              socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
              upstream.pipe(socket).pipe(upstream)
            })
            upstream.on("error", () => socket.destroy())
            socket.on("error", () => upstream.destroy())
          })
          proxy.listen(0, "127.0.0.1", () => resume(Effect.succeed(proxy)))
        }),
        (proxy) => Effect.sync(() => proxy.close())
      )
      const { port } = proxy.address() as Net.AddressInfo
      const agent = yield* Effect.acquireRelease(
        Effect.sync(() => new EnvHttpProxyAgent({ httpProxy: `http://127.0.0.1:${port}`, noProxy: "" })),
        (agent) => Effect.promise(() => agent.destroy())
      )
      const transport = Layer.succeed(HttpClient.HttpClient, UndiciHttpClient.make(agent))
      yield* call.pipe(Effect.provide(Client.layer("http://api.test", {}, transport)))
      assert.deepStrictEqual(tunnels, ["api.test:80"])
    }))
})
