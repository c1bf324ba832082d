import { OpenAiClient } from "@effect-openai/client"
import { Emulator, Store } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FetchHttpClient, FileSystem, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Clock, Context, Duration, Effect, Layer, Redacted, type Stream } from "effect"
import { existsSync } from "node:fs"
import { withTimes } from "../src/internal/clocks.js"
import * as postgres from "./postgres.js"
import { strict } from "./strict.js"

export const apiKey = "sk-abcdefghijklmnopqrstuvwxyz"

/** A file system in memory, where the machine has one: a disk is slower, and has the same behavior. */
const memory = existsSync("/dev/shm") ? { directory: "/dev/shm" } : {}

/** A store in its own file, which is deleted afterwards. */
const layerSqlite = Layer.unwrapScoped(
  Effect.gen(function*() {
    const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped(memory)
    return SqliteStore.layer({ filename: `${folder}/data.db` })
  })
).pipe(Layer.provide(NodeContext.layer), Layer.orDie)

/** A store for tests. Without what it needs, its name says why its tests are skipped. */
export interface Stored {
  readonly name: string
  readonly layer: Layer.Layer<Store.Store>
  readonly isSkipped: boolean
  /** Whether each statement waits for another process. */
  readonly isSlow: boolean
}

export const stores: ReadonlyArray<Stored> = [
  { name: "Store.layerMemory", layer: Store.layerMemory, isSkipped: false, isSlow: false },
  { name: "SqliteStore.layer", layer: layerSqlite, isSkipped: false, isSlow: false },
  {
    name: `PgStore.layer${postgres.reason}`,
    layer: postgres.layerPostgres,
    isSkipped: postgres.missing !== undefined,
    isSlow: true
  }
]

/** How much is tried at random: a multiple of what the tests of every day do, from another seed, as `npm run fuzz:state` has it. */
export const fuzz = {
  seed: Number(process.env["FUZZ_SEED"] ?? 3),
  times: Number(process.env["FUZZ_TIMES"] ?? 1)
}

export class BaseUrl extends Context.Tag("test/BaseUrl")<BaseUrl, string>() {}

export type Services = BaseUrl | HttpClient.HttpClient | OpenAiClient.OpenAiClient

/** An emulator, with this library's client and the means to send it anything else. */
export interface Target {
  readonly name: string
  readonly isInProcess: boolean
  readonly isSkipped?: boolean
  readonly layer: <E = never, R = never>(options?: Emulator.Options<E, R>) => Layer.Layer<Services, E, R>
}

const withClient = <E, R>(transport: Layer.Layer<BaseUrl | HttpClient.HttpClient, E, R>) =>
  Layer.unwrapEffect(
    Effect.map(BaseUrl, (baseUrl) => OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl }))
  ).pipe(Layer.orDie, Layer.provideMerge(transport))

export const inProcess: Target = {
  name: "in-process",
  isInProcess: true,
  layer: (options) =>
    withClient(Layer.merge(Emulator.layer(options), Layer.succeed(BaseUrl, "http://emulator.example/v1")))
}

export const overHttp: Target = {
  name: "over HTTP",
  isInProcess: false,
  layer: (options) =>
    withClient(
      Layer.merge(FetchHttpClient.layer, Layer.effect(BaseUrl, Emulator.baseUrl)).pipe(
        Layer.provideMerge(Emulator.layerHttp(options)),
        Layer.provide(Layer.orDie(NodeServer.layer({ host: "127.0.0.1", port: 0 })))
      )
    )
}

export const onDisk: Target = {
  name: "over HTTP, on disk",
  isInProcess: false,
  layer: (options = {}) => overHttp.layer({ ...options, store: options.store ?? layerSqlite })
}

/** A store in memory that repeats transactions, and reports those that rely on more than the contract of a store. */
const layerStrict = Layer.effect(Store.Store, Effect.map(Store.Store, strict)).pipe(Layer.provide(Store.layerMemory))

const inProcessStrict: Target = {
  name: "in-process, with repeated transactions",
  isInProcess: true,
  layer: (options = {}) => inProcess.layer({ ...options, store: options.store ?? layerStrict })
}

const onPostgres: Target = {
  name: `in-process, on PostgreSQL${postgres.reason}`,
  isInProcess: true,
  isSkipped: postgres.missing !== undefined,
  layer: (options = {}) => inProcess.layer({ ...options, store: options.store ?? postgres.layerPostgres })
}

/** Each transport once. */
export const targets: ReadonlyArray<Target> = [inProcessStrict, onDisk]

/** Each store once, for tests of what is stored. */
export const storedTargets: ReadonlyArray<Target> = [...targets, onPostgres]

/** The query parameters of a value: an array as `name[]`, once per item, an object as `name[key]`. */
export const parametersOf = (name: string, value: unknown): Array<[name: string, value: string]> =>
  value === undefined
    ? []
    : Array.isArray(value)
    ? value.map((item) => [name.endsWith("[]") ? name : `${name}[]`, String(item)])
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => parametersOf(`${name}[${key}]`, item))
    : [[name, String(value)]]

export interface SendOptions {
  readonly headers?: Record<string, string | undefined>
  readonly body?: string | Uint8Array | Stream.Stream<Uint8Array, unknown>
}

interface TestResponse {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
  readonly json: any
}

/** Sends what this library's client would not. A header of undefined is left out. */
export const send = (method: string, path: string, options: SendOptions = {}) =>
  Effect.gen(function*() {
    const headers: Record<string, string> = {}
    const all = { authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1", ...options.headers }
    for (const [name, value] of Object.entries(all)) if (value !== undefined) headers[name] = value
    const type = headers["content-type"]
    const { body } = options
    const request = HttpClientRequest.make(method as "GET")(`${yield* BaseUrl}${path}`).pipe(
      body === undefined
        ? (request) => request
        : typeof body === "string"
        ? HttpClientRequest.bodyText(body, type ?? "application/json")
        : body instanceof Uint8Array
        ? HttpClientRequest.bodyUint8Array(body, type ?? "application/json")
        : HttpClientRequest.bodyStream(body, { contentType: type ?? "application/json" }),
      HttpClientRequest.setHeaders(headers)
    )
    const response = yield* HttpClient.execute(request)
    const text = yield* response.text
    return {
      status: response.status,
      headers: { ...response.headers },
      text,
      json: response.headers["content-type"]?.includes("json") ? JSON.parse(text) : undefined
    } satisfies TestResponse
  })

export const sendJson = (method: string, path: string, body: unknown, headers?: SendOptions["headers"]) =>
  send(method, path, { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } })

/** A form in its wire format. */
export const form = (...parts: ReadonlyArray<readonly [headers: string, content: string]>): SendOptions => ({
  headers: { "content-type": "multipart/form-data; boundary=b" },
  body: parts.map(([headers, content]) => `--b\r\ncontent-disposition: form-data; ${headers}\r\n\r\n${content}\r\n`)
    .join("") + "--b--\r\n"
})

/** Runs with an emulator over the store of the test. Each one is like a process. */
export const withEmulator =
  (options: Emulator.Options<never, never> = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Services> | Store.Store> =>
    Effect.flatMap(
      Store.Store,
      (store) => Effect.provide(effect, inProcess.layer({ ...options, store: Layer.succeed(Store.Store, store) }))
    )

/** A clock that is ahead. */
export const later = (duration: Duration.DurationInput): Clock.Clock => {
  const clock = Clock.make()
  const ahead = Duration.toMillis(duration)
  return withTimes(
    clock,
    () => clock.unsafeCurrentTimeMillis() + ahead,
    () => clock.unsafeCurrentTimeNanos() + BigInt(Math.round(ahead * 1_000_000))
  )
}
