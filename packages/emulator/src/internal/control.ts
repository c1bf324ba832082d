import { ServerError } from "@effect-openai/core/Api"
import * as Wav from "@effect-openai/core/Wav"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Faults from "../Faults.js"
import type { Ids } from "../Ids.js"
import type * as Store from "../Store.js"
import { ActiveFaults } from "./activeFaults.js"
import { concat } from "./bytes.js"
import * as jobs from "./engine/overview.js"
import { invalid, methodNotAllowed } from "./errors.js"
import { Gallery } from "./gallery.js"
import { Journal } from "./journal.js"
import type { prices } from "./organization/costs.js"
import { accept } from "./organization/invites.js"
import * as organization from "./organization/overview.js"
import * as overview from "./overview.js"
import { pathOf } from "./routes.js"
import * as Speech from "./speech/speech.js"
import * as sse from "./sse.js"
import * as Validation from "./validation.js"

/** Where the emulator itself is asked for something, and no operation of the API. */
export const prefix = "/_emulator/"

const read = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })
  return Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    // Within the limits, reading fails with the error of the response.
    (request) => Effect.flatMap(request.json, (json) => Either.mapLeft(decode(json), bodyInvalid))
  )
}

const bodyInvalid = (issue: ParseResult.ParseIssue): ServerError => invalid(Validation.violations(issue, ["body"]))

const noFault = (id: string): ServerError =>
  new ServerError({ status: 404, message: `No fault found with id '${id}'.` })

const respond = HttpServerResponse.unsafeJson

const listOf = (data: ReadonlyArray<Faults.ActiveRule>) => respond({ object: "list", data })

type Prices = typeof prices

type Context =
  | ActiveFaults
  | Gallery
  | Ids
  | Journal
  | Store.Store
  | HttpServerRequest.HttpServerRequest

type Handlers = Readonly<Record<string, Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, Context>>>

// -----------------------------------------------------------------------------
// faults
// -----------------------------------------------------------------------------

/** All rules. */
const faults: Handlers = {
  GET: Effect.flatMap(ActiveFaults, ({ list }) => Effect.map(list, listOf)),
  POST: Effect.flatMap(
    ActiveFaults,
    ({ add }) => Effect.map(Effect.flatMap(read(Faults.Rule), add), (rule) => respond(rule))
  ),
  PUT: Effect.flatMap(ActiveFaults, ({ replace }) => Effect.map(Effect.flatMap(read(Faults.Rules), replace), listOf)),
  DELETE: Effect.flatMap(ActiveFaults, ({ replace }) => Effect.map(replace({ rules: [] }), listOf))
}

/** One rule. */
const fault = (id: string): Handlers => ({
  GET: Effect.flatMap(ActiveFaults, ({ list }) =>
    Effect.flatMap(list, (rules) => {
      const found = rules.find((rule) => rule.id === id)
      return found === undefined ? Effect.fail(noFault(id)) : Effect.succeed(respond(found))
    })),
  DELETE: Effect.flatMap(ActiveFaults, ({ remove }) =>
    Effect.flatMap(
      remove(id),
      (deleted) =>
        deleted ? Effect.succeed(respond({ id, object: "emulator.fault", deleted })) : Effect.fail(noFault(id))
    ))
})

const faultsAt = ([resource, id, ...rest]: ReadonlyArray<string>): Handlers | undefined => {
  if (resource !== "faults" || rest.length > 0) return undefined
  return id === undefined ? faults : fault(id)
}

// -----------------------------------------------------------------------------
// what the pages show
// -----------------------------------------------------------------------------

/** The last requests; where the request accepts events, the following ones. */
const requests: Handlers = {
  GET: Effect.gen(function*() {
    const journal = yield* Journal
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    if (!headers["accept"]?.includes("text/event-stream")) {
      return respond({ object: "list", data: yield* journal.latest })
    }
    const changes = Stream.unwrapScoped(journal.changes)
    return sse.response(Stream.map(changes, (data) => sse.format(undefined, JSON.stringify(data))))
  })
}

/** Speech as WAV, which every browser plays. */
const speech = (id: string): Handlers => ({
  GET: Effect.gen(function*() {
    const gallery = yield* Gallery
    const request = yield* gallery.speech(id)
    if (request === undefined) {
      return yield* new ServerError({ status: 404, message: `No speech found with id '${id}'.` })
    }
    const audio = concat([...Speech.generate({ ...request, response_format: "wav" })])
    return HttpServerResponse.uint8Array(Wav.repair(audio), { contentType: "audio/wav" })
  })
})

const viewsAt = (prices: Prices) => ([resource, id, ...rest]: ReadonlyArray<string>): Handlers | undefined => {
  if (rest.length > 0) return undefined
  if (resource === "threads" && id !== undefined) return { GET: Effect.map(overview.thread(id), (one) => respond(one)) }
  if (resource === "speech" && id !== undefined) return speech(id)
  if (resource === "batches" && id !== undefined) return { GET: Effect.map(jobs.batch(id), (one) => respond(one)) }
  if (resource === "fine_tuning_jobs" && id !== undefined) {
    return { GET: Effect.map(jobs.fineTuningJob(id), (one) => respond(one)) }
  }
  if (id !== undefined) return undefined
  if (resource === "organization") return { GET: Effect.map(organization.overview(prices), (all) => respond(all)) }
  return resource === "state"
    ? { GET: Effect.map(overview.state, (all) => respond(all)) }
    : resource === "requests"
    ? requests
    : undefined
}

// -----------------------------------------------------------------------------
// invites
// -----------------------------------------------------------------------------

const Acceptance = Schema.Struct({ name: Schema.optional(Schema.String) })

/** Accepts an invite, as its user would. */
const invitesAt = ([resource, id, verb, ...rest]: ReadonlyArray<string>): Handlers | undefined =>
  resource !== "invites" || id === undefined || verb !== "accept" || rest.length > 0
    ? undefined
    : { POST: Effect.flatMap(read(Acceptance), ({ name }) => Effect.map(accept(id, name), (one) => respond(one))) }

// -----------------------------------------------------------------------------
// app
// -----------------------------------------------------------------------------

/** Whether a path shows the organization, for which the keys of administration are needed. */
export const isAdministration = (path: string): boolean => path === `${prefix}organization`

/** What the emulator itself is asked for: its faults and what its pages show, where each is wanted. */
export const make = (has: { readonly faults: boolean; readonly pages: boolean; readonly prices: Prices }) =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request): Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, Context> => {
      const path = pathOf(request)
      const names = path.slice(prefix.length).split("/")
      const handlers = invitesAt(names) ?? (has.faults ? faultsAt(names) : undefined) ??
        (has.pages ? viewsAt(has.prices)(names) : undefined)
      if (handlers === undefined) {
        return Effect.fail(new ServerError({ status: 404, message: `Invalid URL (${request.method} ${path})` }))
      }
      const method = request.method === "HEAD" ? "GET" : request.method
      return handlers[method] ?? Effect.fail(methodNotAllowed(request.method, path, Object.keys(handlers)))
    }
  )
