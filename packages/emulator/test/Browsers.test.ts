import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { HttpServer } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createServer } from "node:http"
import { connect } from "node:net"
import type { Page } from "playwright-core"
import { policyOf } from "../src/internal/browsers.js"
import { launch, why } from "./browser.js"
import { apiKey } from "./utils.js"

const served = (options: Emulator.Options = {}) =>
  Emulator.layerHttp({ pages: true, ...options }).pipe(
    Layer.provideMerge(NodeServer.layer({ host: "127.0.0.1", port: 0 })),
    Layer.orDie
  )

const port = HttpServer.addressWith((address) => Effect.succeed(address._tag === "TcpAddress" ? address.port : 0))

const keys = { apiKeys: [Redacted.make(apiKey)], adminKeys: [Redacted.make("sk-admin")] }

// -----------------------------------------------------------------------------
// hosts
// -----------------------------------------------------------------------------

/** The status of the response to a request of these lines. */
const statusOf = (path: string, ...lines: ReadonlyArray<string>) =>
  Effect.flatMap(port, (port) =>
    Effect.async<number>((resume) => {
      const head = [`GET ${path}`, `authorization: Bearer ${apiKey}`, "openai-beta: assistants=v1", "connection: close"]
      const socket = connect(
        port,
        "127.0.0.1",
        () => socket.write([head[0], ...lines, ...head.slice(1), "", ""].join("\r\n"))
      )
      let response = ""
      socket.on("data", (data) => {
        response += String(data)
      })
      socket.on("close", () => resume(Effect.succeed(Number(response.split(" ")[1]))))
    }))

const list = "/v1/assistants HTTP/1.1"

describe("The header Host", () => {
  it.scoped("must be localhost or a loopback address where the emulator listens on one", () =>
    Effect.gen(function*() {
      for (
        const host of [
          "localhost",
          "LOCALHOST:8080",
          "app.localhost:1",
          "127.0.0.1",
          "127.8.9.1:80",
          "[::1]",
          "[::1]:8"
        ]
      ) {
        assert.strictEqual(yield* statusOf(list, `host: ${host}`), 200, host)
      }
      for (
        const host of [
          "evil.test",
          "evil.test:8080",
          "localhost.evil.test",
          "evillocalhost",
          "127.0.0.1.evil.test",
          "1270.0.0.1",
          "[::1].evil.test",
          "localhost@evil.test",
          "localhost:80.evil.test",
          ""
        ]
      ) {
        for (const path of [list, "/ HTTP/1.1", "/_emulator/state HTTP/1.1", "/openapi.json HTTP/1.1"]) {
          assert.strictEqual(yield* statusOf(path, `host: ${host}`), 403, `${host} ${path}`)
        }
      }
    }).pipe(Effect.provide(served())))

  it.scoped("is there once, except in HTTP/1.0", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* statusOf(list), 400)
      assert.strictEqual(yield* statusOf(list, "host: localhost", "HOST: localhost"), 400)
      assert.strictEqual(yield* statusOf("/v1/assistants HTTP/1.0"), 200)
    }).pipe(Effect.provide(served())))

  it.scoped("names what `allowedHosts` lists", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* statusOf(list, "host: Emulator.Example:80"), 200)
      assert.strictEqual(yield* statusOf(list, "host: localhost"), 200)
      assert.strictEqual(yield* statusOf(list, "host: evil.test"), 403)
    }).pipe(Effect.provide(served({ ...keys, allowedHosts: ["emulator.example"] }))))

  it("is checked by default where any page could use the API", () => {
    const at = (hostname: string) => ({ _tag: "TcpAddress", hostname, port: 1 }) as const
    const isChecked = (...args: Parameters<typeof policyOf>) => policyOf(...args).hosts !== undefined
    assert.isTrue(isChecked({}, at("127.0.0.1")))
    assert.isTrue(isChecked({}, at("::1")))
    assert.isTrue(isChecked({ apiKeys: keys.apiKeys }, at("localhost")), "operations of administration accept any key")
    assert.isFalse(isChecked(keys, at("127.0.0.1")))
    assert.isFalse(isChecked({}, at("0.0.0.0")))
    assert.isFalse(isChecked({}, undefined))
    assert.isFalse(isChecked({ allowedHosts: ["*"] }, at("127.0.0.1")))
  })
})

// -----------------------------------------------------------------------------
// origins
// -----------------------------------------------------------------------------

const allowed = (origin: string) =>
  Effect.flatMap(port, (port) =>
    Effect.promise(async () => {
      const headers = {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization"
      }
      const preflight = await fetch(`http://127.0.0.1:${port}/v1/assistants`, { method: "OPTIONS", headers })
      const { headers: given } = await fetch(`http://127.0.0.1:${port}/v1/assistants`, { headers })
      const value = given.get("access-control-allow-origin")
      assert.strictEqual(preflight.headers.get("access-control-allow-origin"), value)
      return value
    }))

describe("The header Origin", () => {
  it.scoped("is allowed for pages of loopback alone", () =>
    Effect.gen(function*() {
      for (const origin of ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:5173"]) {
        assert.strictEqual(yield* allowed(origin), origin)
      }
      for (const origin of ["https://evil.test", "null", "http://localhost.evil.test", "file://"]) {
        assert.isNull(yield* allowed(origin))
      }
    }).pipe(Effect.provide(served({ apiKeys: keys.apiKeys }))))

  it.scoped("is allowed where `cors` lists it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* allowed("https://app.example"), "https://app.example")
      assert.isNull(yield* allowed("https://evil.test"))
    }).pipe(Effect.provide(served({ ...keys, cors: ["https://App.example"] }))))

  it.scoped("is allowed for any page where both keys are set", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* allowed("https://app.example"), "*")
    }).pipe(Effect.provide(served(keys))))
})

// -----------------------------------------------------------------------------
// in a browser
// -----------------------------------------------------------------------------

/** What a page gets for a request: the status, or that the browser refused it. */
const ask = (page: Page, url: string, init: RequestInit = {}) =>
  Effect.promise(() =>
    page.evaluate(
      ([url, init]) => fetch(url, init).then(({ status }) => String(status), () => "refused"),
      [url, init] as const
    )
  )

const withKey = { headers: { "authorization": `Bearer ${apiKey}`, "openai-beta": "assistants=v1" } }

const attacks = describe.skipIf(why !== undefined)

attacks(`Pages of an attacker in a browser${why === undefined ? "" : `, skipped: ${why}`}`, () => {
  it.scopedLive(
    "neither read nor change anything, across origins or by a name that leads here",
    () =>
      Effect.gen(function*() {
        const foreign = yield* Effect.acquireRelease(
          Effect.async<ReturnType<typeof createServer>>((resume) => {
            const server = createServer((_, response) => response.end("<!doctype html><title>Evil</title>"))
            server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
          }),
          (server) =>
            Effect.sync(() => {
              server.close()
              server.closeAllConnections()
            })
        )
        const address = foreign.address()
        const evil = `http://evil.test:${typeof address === "object" ? address?.port : ""}`
        // The browser keeps connections open, and so closes first.
        const open = yield* Layer.build(served({ cors: [evil], allowedHosts: ["evil.test"] }))
        const closed = yield* Layer.build(served())
        const browser = yield* launch("--host-resolver-rules=MAP evil.test 127.0.0.1")
        const page = yield* Effect.promise(() => browser.newPage())
        const attack = Effect.gen(function*() {
          const target = `127.0.0.1:${yield* port}`
          yield* Effect.promise(() => page.goto(`${evil}/`))
          const across = {
            simple: yield* ask(page, `http://${target}/v1/assistants`),
            read: yield* ask(page, `http://${target}/v1/assistants`, withKey),
            change: yield* ask(page, `http://${target}/v1/assistants`, {
              method: "POST",
              body: "{\"model\":\"gpt-4\"}",
              headers: { ...withKey.headers, "content-type": "application/json" }
            }),
            remove: yield* ask(page, `http://${target}/v1/files/file-a`, { method: "DELETE", ...withKey }),
            state: yield* ask(page, `http://${target}/_emulator/state`)
          }
          // Whatever the page is: its origin is that of the emulator.
          const rebound = `http://evil.test:${yield* port}`
          yield* Effect.promise(() => page.goto(`${rebound}/`))
          const byName = {
            read: yield* ask(page, "/v1/assistants", withKey),
            remove: yield* ask(page, "/v1/files/file-a", { method: "DELETE", ...withKey }),
            state: yield* ask(page, "/_emulator/state"),
            page: yield* ask(page, "/")
          }
          return { across, byName }
        })
        const refused = { simple: "refused", read: "refused", change: "refused", remove: "refused", state: "refused" }
        assert.deepStrictEqual(yield* Effect.provide(attack, open), {
          across: { ...refused, simple: "400", read: "200", change: "200", remove: "404" },
          byName: { read: "200", remove: "404", state: "200", page: "200" }
        })
        assert.deepStrictEqual(yield* Effect.provide(attack, closed), {
          across: refused,
          byName: { read: "403", remove: "403", state: "403", page: "403" }
        })
      }),
    60_000
  )
})
