/**
 * A documented request as a call of the client: the contract tells which operation it is, and its path, query and body
 * become the fields that the operation takes. One that says `stream: true` becomes a Stream, and that field no field.
 *
 * @since 0.1.0
 */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Fixture from "./Fixture.js"

/**
 * A documented request is none of the contract's, the client has no function for it, or its stream has no event.
 *
 * @since 0.1.0
 * @category errors
 */
export class CallError extends Data.TaggedError("CallError")<{
  /** The fixture's name. */
  readonly fixture: string
  readonly message: string
}> {}

/**
 * Any of the client's operations.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyOperation = Client.Operation.Operation<
  object,
  unknown,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError
>

/**
 * Any of the client's operations that stream events.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyStreaming = Client.Operation.Streaming<object, unknown, unknown>

/**
 * What a call can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type Failure =
  | CallError
  | OpenAiError.OpenAiError
  | OpenAiError.UploadNotReplayableError
  | OpenAiError.StreamInterruptedError

/**
 * A call that is ready to be made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly endpoint: Endpoint.Any
  /** The fields of path, query and body in one object. */
  readonly request: object
  /** Whether the response is a stream of events. */
  readonly streamed: boolean
  /** Makes the call. Of a streamed response it gives all events, once the stream has ended; there is at least one. */
  readonly run: Effect.Effect<unknown, Failure, Client.OpenAiClient.OpenAiClient>
}

const isOperation = (u: unknown): u is AnyOperation =>
  Predicate.isFunction(u) && Predicate.hasProperty(u, "endpoint") && Endpoint.isEndpoint(u.endpoint)

const isStreaming = (operation: AnyOperation): operation is AnyOperation & AnyStreaming =>
  operation.endpoint.events !== undefined && Predicate.hasProperty(operation, "stream")

const operations = Object.values(Client).flatMap((resource): Array<unknown> => Object.values(resource)).filter(
  isOperation
)

/**
 * The client's function for an operation, found among its resources.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operationOf = (endpoint: Endpoint.Any): AnyOperation | undefined =>
  operations.find((operation) => operation.endpoint === endpoint)

/** The parameters that a path gives a template's names, or undefined where it is another path. */
const parametersOf = (template: string, path: string): Readonly<Record<string, string>> | undefined => {
  const match = new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`).exec(path)
  return match === null
    ? undefined
    : Either.getOrUndefined(Either.all(Record.map({ ...match.groups }, Encoding.decodeUriComponent)))
}

/**
 * The operation that a request asks for, and the parameters in its path. A path that fits two templates belongs to the
 * one with fewer parameters.
 *
 * @since 0.1.0
 * @category accessors
 */
export const endpointOf = (
  request: { readonly method: string; readonly path: string }
): { readonly endpoint: Endpoint.Any; readonly parameters: Readonly<Record<string, string>> } | undefined =>
  Contract.endpoints.flatMap((endpoint) => {
    const parameters = endpoint.method === request.method ? parametersOf(endpoint.path, request.path) : undefined
    return parameters === undefined ? [] : [{ endpoint, parameters }]
  }).sort((self, that) => Object.keys(self.parameters).length - Object.keys(that.parameters).length)[0]

/** A query's text, or the number or boolean that it says where the contract wants one. */
const fromText = (endpoint: Endpoint.Any, name: string, text: string): unknown => {
  if (!(name in endpoint.query.fields) || Schema.is(endpoint.query.pick(name))({ [name]: text })) {
    return text
  }
  return /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(text) ? JSON.parse(text) : text
}

/** A query's fields. `user_ids[]=a&user_ids[]=b` is one field with two values, whatever brackets its name has. */
const queryFields = (endpoint: Endpoint.Any, query: Fixture.Request["query"]): object =>
  Object.fromEntries(
    Object.entries(Arr.groupBy(query, ([name]) => name)).map(([name, pairs]) => {
      const values = pairs.map(([, text]) => text)
      if (!name.endsWith("[]")) return [name, fromText(endpoint, name, values.at(-1)!)]
      return [name in endpoint.query.fields ? name : name.slice(0, -2), values]
    })
  )

const bodyFields = (fixture: Fixture.Fixture): Readonly<Record<string, unknown>> => {
  const { body } = Fixture.request(fixture)
  if (body === null) return {}
  if ("json" in body) return Predicate.isRecord(body.json) ? body.json : {}
  return Object.fromEntries(body.multipart.map((part) => [
    part.name,
    "value" in part
      ? part.value
      : FileSource.fromBytes(part.fileName, Fixture.bytes(fixture.supplied!.files![part.fileName]!))
  ]))
}

/**
 * The call that sends a fixture's request.
 *
 * @example
 * import { Call, Fixture } from "@effect-openai/contract-tests"
 * import { Effect } from "effect"
 *
 * const responses = Effect.flatMap(
 *   Fixture.all,
 *   Effect.forEach((fixture) => Effect.flatMap(Call.make(fixture), (call) => call.run))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (fixture: Fixture.Fixture): Effect.Effect<Call, CallError> =>
  Effect.suspend((): Effect.Effect<Call, CallError> => {
    const fail = (message: string) => new CallError({ fixture: fixture.name, message: `${fixture.name}: ${message}` })
    const documented = Fixture.request(fixture)
    const found = endpointOf(documented)
    if (found?.endpoint.name !== fixture.operationId) {
      return fail(
        `${documented.method} ${documented.path} asks for ${found?.endpoint.name ?? "no operation of the contract"}`
      )
    }
    const { endpoint, parameters } = found
    const operation = operationOf(endpoint)
    if (operation === undefined) {
      return fail(`the client has no function for ${endpoint.name}`)
    }
    const { stream, ...body } = bodyFields(fixture)
    const fields = { ...parameters, ...queryFields(endpoint, documented.query), ...body }
    if (stream !== true) {
      const request = stream === undefined ? fields : { ...fields, stream }
      return Effect.succeed({ endpoint, request, streamed: false, run: operation(request) })
    }
    if (!isStreaming(operation)) {
      return fail(`the client's ${endpoint.name} streams no events`)
    }
    const run = Effect.filterOrFail(
      Effect.map(Stream.runCollect(operation.stream(fields)), Chunk.toReadonlyArray),
      Arr.isNonEmptyReadonlyArray,
      () => fail("its stream has no event")
    )
    return Effect.succeed({ endpoint, request: fields, streamed: true, run })
  })
