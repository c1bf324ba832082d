import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import * as Store from "../Store.js"
import { now } from "./documents.js"
import { fromStore, Refused } from "./errors.js"
import type { Route } from "./routes.js"

/** How long a key is kept, in seconds. */
const lifetime = 86_400

/** How many expired keys a new one removes. */
const removedAtOnce = 10

/** A request with a key. Without a response it has changed the store, and its response is not known. */
interface Keyed extends Store.Document {
  readonly created_at: number
  /** The hash of the request's parameters. */
  readonly parameters: string
  readonly response?: { readonly status: number; readonly contentType: string; readonly body: string } | undefined
}

const keyed = Store.collection<Keyed>({ name: "idempotency_key", isShared: true })

/** The request that a fiber handles. Work that it started is not a part of it once it has ended. */
interface Current {
  readonly record: Keyed
  isActive: boolean
  /** Whether the store has noted it. */
  isNoted: boolean
}

const current = FiberRef.unsafeMake<Current | undefined>(undefined)

const sha256 = (...texts: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(texts)).digest("hex")

const invalidKey = new ServerError({
  status: 400,
  type: "idempotency_error",
  message: "The header 'Idempotency-Key' must have 1 to 255 characters."
})

const otherParameters = new ServerError({
  status: 400,
  type: "idempotency_error",
  message:
    "This 'Idempotency-Key' was used for another request. Repeat a request with the same parameters, or use a new key."
})

const inUse = new ServerError({
  status: 409,
  type: "idempotency_error",
  code: "idempotency_key_in_use",
  message: "A request with this 'Idempotency-Key' has not ended, or its response was lost. Repeat the request later."
})

/** Notes a request, unless another process has carried out one with the same key meanwhile. */
const note = (store: Store.Service, record: Keyed): Effect.Effect<void, Store.StoreError> =>
  Effect.catchTag(store.insert(keyed, record), "IdTaken", () =>
    Effect.flatMap(
      store.get(keyed, record.id, "", "update"),
      (found): Effect.Effect<void, Store.StoreError> =>
        Option.exists(found, ({ created_at }) => created_at + lifetime > record.created_at)
          ? new Refused(inUse)
          : store.set(keyed, record)
    ))

/** Runs a transaction, and notes in it that the request which it is a part of has been carried out. */
export const transaction =
  (store: Store.Service) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Store.StoreError, R> =>
    Effect.withFiberRuntime((fiber) => {
      const request = fiber.getFiberRef(current)
      return request === undefined || !request.isActive || request.isNoted
        ? store.transaction(effect)
        : Effect.tap(
          store.transaction(Effect.tap(effect, () => request.isActive ? note(store, request.record) : Effect.void)),
          () => Effect.sync(() => request.isNoted = true)
        )
    })

/** The parameters of a request. Of a body that is not JSON only the length counts. Undefined for a stream of events. */
const parametersOf = (request: HttpServerRequest.HttpServerRequest, route: Route) =>
  Effect.map(
    // An invalid body fails in the operation.
    route.isJson ? Effect.catchAllCause(request.json, () => Effect.succeed(null)) : Effect.succeed(null),
    (json: unknown) =>
      typeof json === "object" && json !== null && "stream" in json && json.stream === true
        ? undefined
        : sha256(request.url, JSON.stringify(json), route.isJson ? "" : request.headers["content-length"] ?? "")
  )

/** Whether a key makes a request be carried out once. */
export const hasKey = (
  request: HttpServerRequest.HttpServerRequest,
  route: Route | undefined
): Effect.Effect<boolean> =>
  request.headers["idempotency-key"] === undefined || route === undefined
    ? Effect.succeed(false)
    : Effect.map(parametersOf(request, route), (parameters) => parameters !== undefined)

const responseOf = ({ body, status }: HttpServerResponse.HttpServerResponse): Keyed["response"] =>
  status >= 200 && status < 300 && body._tag === "Uint8Array"
    ? { status, contentType: body.contentType, body: new TextDecoder().decode(body.body) }
    : undefined

/**
 * Carries out the requests of a key once. A repeated one gets the response of the first. Only successes are kept: a request
 * that fails has changed nothing.
 */
export const make = Effect.gen(function*() {
  const store = yield* Store.Store
  const scope = yield* Effect.scope
  const inFlight = new Set<string>()

  /** Claims a key, also among the processes that share the store. Returns false where a request with it is in flight. */
  const claim = (id: string): Effect.Effect<boolean, Store.StoreError> =>
    Effect.suspend(() => {
      if (inFlight.has(id)) return Effect.succeed(false)
      inFlight.add(id)
      if (store.shared === undefined) return Effect.succeed(true)
      return Effect.tapBoth(store.shared.claim(id), {
        onFailure: () => Effect.sync(() => inFlight.delete(id)),
        onSuccess: (isClaimed) => Effect.sync(() => isClaimed || inFlight.delete(id))
      })
    })

  const release = (id: string): Effect.Effect<void> =>
    Effect.ensuring(
      store.shared === undefined ? Effect.void : Effect.ignoreLogged(store.shared.release(id)),
      Effect.sync(() => inFlight.delete(id))
    )

  const removeExpired = (time: number) =>
    Effect.gen(function*() {
      const { data } = yield* store.list(keyed, { parent: "", order: "asc", limit: removedAtOnce })
      for (const { created_at, id } of data) {
        if (created_at + lifetime <= time) yield* store.remove(keyed, id)
      }
    })

  const carryOut = <E, R>(record: Keyed, operation: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.gen(function*() {
      const request: Current = { record, isActive: true, isNoted: false }
      const response = yield* Effect.ensuring(
        Effect.locally(operation, current, request),
        Effect.sync(() => {
          request.isActive = false
        })
      )
      const kept = responseOf(response)
      yield* fromStore(
        kept === undefined
          ? Effect.when(store.remove(keyed, record.id), () => request.isNoted)
          : store.set(keyed, { ...record, response: kept })
      )
      return response
    })

  return <E, R>(
    request: HttpServerRequest.HttpServerRequest,
    route: Route | undefined,
    identify: Effect.Effect<unknown, ServerError>,
    operation: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E | ServerError, R> => {
    const { authorization = "", "idempotency-key": key, "openai-project": project = "" } = request.headers
    if (key === undefined || route?.method !== "POST") return operation
    if (key.length < 1 || key.length > 255) return Effect.fail(invalidKey)
    return Effect.gen(function*() {
      yield* identify
      const parameters = yield* parametersOf(request, route)
      if (parameters === undefined) return yield* operation
      const id = sha256(authorization, project, key)
      let isOurs = false
      const respond = Effect.gen(function*() {
        const time = yield* now
        const found = Option.filter(
          yield* fromStore(store.get(keyed, id)),
          ({ created_at }) => created_at + lifetime > time
        )
        if (Option.isSome(found) && found.value.parameters !== parameters) return yield* Effect.fail(otherParameters)
        const response = Option.isSome(found) ? found.value.response : undefined
        if (response !== undefined) {
          return HttpServerResponse.text(response.body, {
            status: response.status,
            contentType: response.contentType,
            headers: { "idempotent-replayed": "true" }
          })
        }
        if (Option.isSome(found) || !isOurs) return yield* Effect.fail(inUse)
        // Continues after the caller has left, who can repeat the request.
        const fiber = yield* Effect.uninterruptible(Effect.suspend(() => {
          isOurs = false
          return Effect.zipRight(
            fromStore(removeExpired(time)),
            carryOut({ id, created_at: time, parameters }, operation)
          ).pipe(Effect.interruptible, Effect.ensuring(release(id)), Effect.forkIn(scope))
        }))
        return yield* Fiber.join(fiber)
      })
      return yield* Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(
          Effect.map(fromStore(claim(id)), (isClaimed) => {
            isOurs = isClaimed
          }),
          Effect.ensuring(restore(respond), Effect.suspend(() => isOurs ? release(id) : Effect.void))
        )
      )
    })
  }
}) satisfies Effect.Effect<unknown, never, Store.Store | Scope.Scope>
