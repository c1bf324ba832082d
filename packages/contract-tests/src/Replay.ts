/**
 * Replay: `nock` returns the responses of fixtures to their documented requests, and refuses every other request.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Order from "effect/Order"
import type * as Scope from "effect/Scope"
import { Readable } from "node:stream"
import * as NodeUtil from "node:util"
import * as Fixture from "./Fixture.js"
import * as sockets from "./internal/sockets.js"

/**
 * A request that was sent is not the documented request.
 *
 * @since 0.1.0
 * @category errors
 */
export class ReplayError extends Data.TaggedError("ReplayError")<{
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.problems.join("\n")
  }
}

/**
 * A replay in progress.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Succeeds if each fixture was requested once, by exactly its documented request, and no other request or connection
   * was attempted.
   */
  readonly verify: Effect.Effect<void, ReplayError>
  /** Succeeds if one fixture was requested once, by exactly its documented request. */
  readonly verifyOne: (fixture: Fixture.Fixture) => Effect.Effect<void, ReplayError>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Replay extends Context.Tag("@effect-openai/contract-tests/Replay")<Replay, Service>() {}

/**
 * The options of a replay.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `https://api.openai.com/v1`. The base URL of the client. */
  readonly baseUrl?: string | undefined
}

/** A request as `nock` provides it: JSON is parsed, and bytes that are not UTF-8 are hexadecimal. */
interface Sent {
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: unknown
}

/** The headers that the documentation and the contract define. Without a body, the content type is not compared. */
const headers = ["authorization", "openai-beta", "openai-organization", "openai-project"]

/** Sorts the parts of a form by name. The order of parts of the same name is kept. */
const byName = <Part extends readonly [name: string, part: unknown]>(parts: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  Arr.sortWith(parts, ([name]) => name, Order.string)

const partsOf = ({ body, headers }: Sent) =>
  Effect.tryPromise(async () => {
    const bytes = String(body).startsWith("--") ? String(body) : Buffer.from(String(body), "hex")
    const form = await new Response(bytes, { headers: { "content-type": String(headers["content-type"]) } }).formData()
    return Promise.all(
      byName([...form]).map(async ([name, value]) =>
        typeof value === "string"
          ? { name, value }
          : { name, fileName: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }
      )
    )
  }).pipe(Effect.orElseSucceed(() => `no form: ${String(body)}`))

/** A body and its media type, for comparison. */
const sentBody = (sent: Sent) => {
  const contentType = sent.headers["content-type"]
  const mediaType = contentType === undefined ? undefined : String(contentType).replace(/;.*$/, "")
  return Effect.map(
    mediaType === "multipart/form-data" ? partsOf(sent) : Effect.succeed(sent.body),
    (body) => ({ mediaType, body })
  )
}

const documentedBody = (fixture: Fixture.Fixture) => {
  const { body } = Fixture.request(fixture)
  if (body === null) return { mediaType: undefined, body: "" }
  if ("json" in body) return { mediaType: "application/json", body: body.json }
  return {
    mediaType: "multipart/form-data",
    body: byName(body.multipart.map((part) => [part.name, part] as const)).map(([, part]) =>
      "value" in part ? part : { ...part, bytes: Fixture.bytes(fixture.supplied!.files![part.fileName]!) }
    )
  }
}

const show = (value: unknown) =>
  NodeUtil.inspect(value, { depth: null, breakLength: Infinity, compact: true, maxArrayLength: 32 })

const compare = (fixture: Fixture.Fixture, sent: Sent) =>
  Effect.map(sentBody(sent), (body) => {
    const problems: Array<string> = []
    const check = (what: string, actual: unknown, expected: unknown) => {
      if (!NodeUtil.isDeepStrictEqual(actual, expected)) {
        problems.push(`${fixture.name}: its ${what} should be ${show(expected)}, but ${show(actual)} was sent`)
      }
    }
    const documented = Fixture.request(fixture)
    for (const name of headers) check(name, sent.headers[name], documented.headers[name])
    check("body", body, documentedBody(fixture))
    return problems
  })

const headersOf = ({ contentType, headers }: Fixture.Answer) => ({
  ...headers,
  ...contentType !== null && { "content-type": contentType }
})

/** A body in its recorded chunks. */
const bodyOf = ({ body, chunks }: Fixture.Answer): Buffer | Readable => {
  const bytes = Buffer.from(Fixture.bytes(body))
  if (chunks === undefined) return bytes
  let end = 0
  return Readable.from(chunks.map(({ length }) => bytes.subarray(end, end += length)), { objectMode: false })
}

/** `nock` replaces the HTTP clients of the process, so that one replay runs at a time. */
const semaphore = Effect.unsafeMakeSemaphore(1)

const alone: Effect.Effect<void, never, Scope.Scope> = Effect.uninterruptibleMask((restore) =>
  Effect.zipRight(restore(semaphore.take(1)), Effect.addFinalizer(() => semaphore.release(1)))
)

/** Loads `nock` late, because loading it replaces the process's `fetch`. */
const activate = (onUnknown: (request: { readonly method?: string; readonly path?: string }) => void) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const { default: nock } = await import("nock")
        if (!nock.isActive()) nock.activate()
        nock.disableNetConnect()
        nock.emitter.on("no match", onUnknown)
        return nock
      },
      catch: () => new ReplayError({ problems: ["The package nock can't be loaded"] })
    }),
    (nock) =>
      Effect.sync(() => {
        nock.emitter.off("no match", onUnknown)
        nock.cleanAll()
        nock.enableNetConnect()
        nock.restore()
      })
  )

/** A path and its query in one encoding: `:` and `%3A` are the same character. */
const pathOf = ({ path, query }: Fixture.Request): string => {
  const segments = path.split("/").map((segment) =>
    Either.getOrElse(
      Either.flatMap(Encoding.decodeUriComponent(segment), Encoding.encodeUriComponent),
      () => segment
    )
  )
  const search = new URLSearchParams(query.map(([name, value]) => [name, value]))
  return `${segments.join("/")}${search.size === 0 ? "" : `?${search}`}`
}

/** The method and URL that fixtures share. The body selects the fixture. */
const targetOf = (request: Fixture.Request): string => `${request.method} ${pathOf(request)}`

const make = (
  fixtures: ReadonlyArray<Fixture.Fixture>,
  { baseUrl = "https://api.openai.com/v1" }: Options
): Effect.Effect<Service, ReplayError, Scope.Scope> =>
  Effect.gen(function*() {
    if (!URL.canParse(baseUrl)) {
      return yield* new ReplayError({ problems: [`${baseUrl} is not a URL`] })
    }
    const base = new URL(baseUrl)
    const unknown: Array<string> = []
    const sent = new Map<Fixture.Fixture, Sent>()
    yield* alone
    const refused = yield* sockets.refuse
    const nock = yield* activate(({ method, path }) => {
      unknown.push(`${method} ${path} is not the request of a fixture`)
    })

    for (const same of Object.values(Arr.groupBy(new Set(fixtures), (fixture) => targetOf(Fixture.request(fixture))))) {
      const { method } = Fixture.request(same[0])
      nock(base.origin)
        .intercept(`${base.pathname.replace(/\/$/, "")}${pathOf(Fixture.request(same[0]))}`, method)
        .times(same.length)
        .reply(function(_, body) {
          // The interceptor serves each fixture of its group once, so one is left.
          const pending = same.filter((fixture) => !sent.has(fixture))
          const fixture = pending.find((fixture) => NodeUtil.isDeepStrictEqual(documentedBody(fixture).body, body)) ??
            pending[0]!
          sent.set(fixture, { headers: this.req.headers, body })
          const response = Fixture.answer(fixture)
          return [response.status, bodyOf(response), headersOf(response)]
        })
    }

    const problemsOf = (fixture: Fixture.Fixture): Effect.Effect<ReadonlyArray<string>> => {
      const request = sent.get(fixture)
      return request === undefined
        ? Effect.succeed([`${fixture.name}: its request was not sent`])
        : compare(fixture, request)
    }
    const failWith = (problems: ReadonlyArray<string>) =>
      problems.length === 0 ? Effect.void : new ReplayError({ problems })

    return {
      verify: Effect.gen(function*() {
        const problems = [...unknown, ...refused.map((target) => `A connection to ${target} was tried`)]
        for (const fixture of fixtures) problems.push(...yield* problemsOf(fixture))
        if (!nock.isDone()) problems.push(`Not requested: ${nock.pendingMocks().join(", ")}`)
        yield* failWith(problems)
      }),
      verifyOne: (fixture) => Effect.flatMap(problemsOf(fixture), failWith)
    }
  })

/**
 * A transport that replays fixtures, each once. While the layer is in use, no connection of the process succeeds, and
 * another replay waits. Interceptors of other users of `nock` are removed.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import { Call, type Fixture, Replay } from "@effect-openai/contract-tests"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const replay = (fixture: Fixture.Fixture) =>
 *   Effect.gen(function*() {
 *     const call = yield* Call.make(fixture)
 *     const response = yield* call.run
 *     yield* (yield* Replay.Replay).verify
 *     return response
 *   }).pipe(
 *     Effect.provide(Layer.provideMerge(
 *       OpenAiClient.layer({ apiKey: Redacted.make("$OPENAI_API_KEY") }),
 *       Replay.layer([fixture])
 *     ))
 *   )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  fixtures: ReadonlyArray<Fixture.Fixture>,
  options: Options = {}
): Layer.Layer<HttpClient.HttpClient | Replay, ReplayError> =>
  Layer.merge(FetchHttpClient.layer, Layer.scoped(Replay, make(fixtures, options)))
