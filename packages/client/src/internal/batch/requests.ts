import * as Contract from "@effect-openai/core/Batches"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { OpenAiClient } from "../../OpenAiClient.js"
import * as Lines from "./lines.js"

// The requests of a batch as a file. They are checked and counted first, and encoded again while the file is sent: the file
// is never in memory.

/** Requests by their `custom_id`. */
export type Requests<Request, E, R> =
  | Stream.Stream<readonly [custom_id: string, request: Request], E, R>
  | Iterable<readonly [custom_id: string, request: Request]>
  | Readonly<Record<string, Request>>

const isStream = (u: unknown): u is Stream.Stream<any, any, any> => Predicate.hasProperty(u, Stream.StreamTypeId)

const streamOf = <Request, E, R>(
  requests: Requests<Request, E, R>
): Stream.Stream<readonly [string, Request], E, R> =>
  isStream(requests)
    ? requests
    : Stream.fromIterable(Predicate.isIterable(requests) ? requests : Object.entries(requests))

const inputsOf = ({ input }: { readonly input?: unknown }): number =>
  Array.isArray(input) && typeof input[0] !== "number" ? input.length : 1

/** Counts requests, and checks what concerns all of them. */
class Counter {
  readonly ids = new Set<string>()
  bytes = 0
  private inputs = 0
  private model: unknown

  constructor(private readonly endpoint: Endpoint.Any) {}

  private refuse(field: string, message: string): OpenAiError.InvalidRequestError {
    return new OpenAiError.InvalidRequestError({ operation: "createBatch", field, message })
  }

  add(custom_id: string, request: object, bytes: number): OpenAiError.InvalidRequestError | undefined {
    const { maxInputBytes, maxRequests } = Contract
    if (this.ids.has(custom_id)) {
      return this.refuse(`[${custom_id}]`, `Two requests of the batch have the custom_id '${custom_id}'`)
    }
    const { model } = request as { readonly model?: unknown }
    this.model ??= model
    if (model !== this.model) {
      return this.refuse(
        `[${custom_id}].model`,
        `The request '${custom_id}' has another model than the others: a batch has one model`
      )
    }
    this.ids.add(custom_id)
    this.bytes += bytes
    if (this.ids.size > maxRequests) return this.refuse("requests", `A batch has at most ${maxRequests} requests`)
    if (this.bytes > maxInputBytes) {
      return this.refuse("requests", `The requests of a batch have at most ${maxInputBytes} bytes`)
    }
    if (this.endpoint.inference === "embeddings") this.inputs += inputsOf(request)
    return this.inputs > maxRequests
      ? this.refuse("requests", `A batch of embeddings has at most ${maxRequests} inputs`)
      : undefined
  }

  finish(): OpenAiError.InvalidRequestError | undefined {
    return this.ids.size === 0 ? this.refuse("requests", "A batch has at least one request") : undefined
  }
}

const orFail = (error: OpenAiError.InvalidRequestError | undefined) =>
  error === undefined ? Effect.void : Effect.fail(error)

/** Checks all requests, and returns the file of them, with their IDs. */
export const toFile = <Request extends object, E, R>(
  endpoint: Endpoint.Any,
  requests: Requests<Request, E, R>,
  filename: string
): Effect.Effect<
  { readonly file: FileSource.FileSource; readonly ids: ReadonlySet<string> },
  E | OpenAiError.InvalidRequestError,
  R | OpenAiClient
> =>
  Effect.gen(function*() {
    const { redact } = yield* OpenAiClient
    const context = yield* Effect.context<R>()
    const counter = new Counter(endpoint)
    const encode = ([id, request]: readonly [string, Request]) => Lines.encode(endpoint, id, request, redact)
    yield* Stream.runForEach(streamOf(requests), ([id, request]) =>
      Effect.flatMap(
        encode([id, request]),
        (line) => orFail(counter.add(id, request, line.length))
      ))
    yield* orFail(counter.finish())
    const file = FileSource.fromStream(
      filename,
      Stream.provideContext(Stream.mapEffect(streamOf(requests), encode), context),
      { size: counter.bytes, replayable: true, type: "application/jsonl" }
    )
    return { file, ids: counter.ids }
  })
