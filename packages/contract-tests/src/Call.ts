/**
 * Call: a documented request as a call of the client. Path, query and body become the fields of the operation. A
 * request with `stream: true` becomes a Stream.
 *
 * @since 0.1.0
 */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Struct from "@effect-openai/core/Struct"
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
 * The client can't send a documented request, or its stream has no event.
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
 * Any operation of the client.
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
 * Any streaming operation of the client.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyStreaming = Client.Operation.Streaming<object, unknown, unknown>

/**
 * The failures of a call.
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
 * A call of the client.
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
  /** Sends the request. A streamed call returns all events when the stream has ended, and at least one. */
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
 * The client's function for an operation.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operationOf = (endpoint: Endpoint.Any): AnyOperation | undefined =>
  operations.find((operation) => operation.endpoint === endpoint)

/** The operations, with the pattern of their paths. Those with fewer parameters are first. */
const patterns = Contract.endpoints.map((endpoint: Endpoint.Any) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  count: endpoint.path.split("{").length
})).sort((self, that) => self.count - that.count)

const patternsOfMethods = Arr.groupBy(patterns, ({ endpoint }) => endpoint.method)

/**
 * The operation of a method and path, with its path parameters. If a path matches two templates, the one with fewer
 * parameters is chosen.
 *
 * @since 0.1.0
 * @category accessors
 */
export const endpointOf = (
  { method, path }: { readonly method: string; readonly path: string }
): { readonly endpoint: Endpoint.Any; readonly parameters: Readonly<Record<string, string>> } | undefined => {
  for (const { endpoint, pattern } of patternsOfMethods[method] ?? []) {
    const match = pattern.exec(path)
    const parameters = match === null
      ? undefined
      : Either.getOrUndefined(Either.all(Record.map({ ...match.groups }, Encoding.decodeUriComponent)))
    if (parameters !== undefined) return { endpoint, parameters }
  }
  return undefined
}

/** The Schema of one field. */
const only = ({ fields }: Struct.Struct<any>, name: string) => Schema.Struct({ [name]: fields[name] })

/** The text of a query parameter, or its number or boolean if the contract has one. */
const fromText = (endpoint: Endpoint.Any, name: string, text: string): unknown => {
  if (!(name in endpoint.query.fields) || Schema.is(only(endpoint.query, name))({ [name]: text })) {
    return text
  }
  return fromJson(text)
}

/** The number or the boolean that a text is. */
const fromJson = (value: unknown): unknown =>
  typeof value === "string" && /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value) ? JSON.parse(value) : value

/** The fields of a form. Each is a text, a number or a boolean, or an array of these, by its Schema. */
const formFields = (endpoint: Endpoint.Any, parts: ReadonlyArray<readonly [name: string, value: unknown]>) => {
  const schema = endpoint.body._tag === "Multipart" ? endpoint.body.schema : undefined
  return Object.fromEntries(
    Object.entries(Arr.groupBy(parts, ([name]) => name)).map(([name, pairs]) => {
      const field = schema?.fields[name]
      const fits = (value: unknown) => field !== undefined && Schema.is(only(schema!, name))({ [name]: value })
      const values = pairs.map(([, value]) => value)
      const last = values.at(-1)
      if (fits(last) || field === undefined) return [name, last]
      return [name, fits(values) ? values : fromJson(last)]
    })
  )
}

/** The fields of a query. `user_ids[]=a&user_ids[]=b` is one field with two values. */
const queryFields = (endpoint: Endpoint.Any, query: Fixture.Request["query"]): object =>
  Object.fromEntries(
    Object.entries(Arr.groupBy(query, ([name]) => name)).map(([name, pairs]) => {
      const values = pairs.map(([, text]) => text)
      if (!name.endsWith("[]")) return [name, fromText(endpoint, name, values.at(-1)!)]
      return [name in endpoint.query.fields ? name : name.slice(0, -2), values]
    })
  )

const bodyFields = (endpoint: Endpoint.Any, fixture: Fixture.Fixture): Readonly<Record<string, unknown>> => {
  const { body } = Fixture.request(fixture)
  if (body === null) return {}
  if ("json" in body) return Predicate.isRecord(body.json) ? body.json : {}
  return formFields(
    endpoint,
    body.multipart.map((part) => [
      part.name,
      "value" in part
        ? part.value
        : FileSource.fromBytes(part.fileName, Fixture.bytes(fixture.supplied!.files![part.fileName]!))
    ])
  )
}

/**
 * Makes the call that sends the request of a fixture.
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
        `${documented.method} ${documented.path} is a request of ${
          found?.endpoint.name ?? "no operation of the contract"
        }`
      )
    }
    const { endpoint, parameters } = found
    const operation = operationOf(endpoint)
    if (operation === undefined) {
      return fail(`the client has no function for ${endpoint.name}`)
    }
    const { stream, ...body } = bodyFields(endpoint, fixture)
    const fields = { ...parameters, ...queryFields(endpoint, documented.query), ...body }
    if (stream !== true) {
      const request = stream === undefined ? fields : { ...fields, stream }
      return Effect.succeed({ endpoint, request, streamed: false, run: operation(request) })
    }
    if (!isStreaming(operation)) {
      return fail(`the client's ${endpoint.name} does not stream`)
    }
    const run = Effect.filterOrFail(
      Effect.map(Stream.runCollect(operation.stream(fields)), Chunk.toReadonlyArray),
      Arr.isNonEmptyReadonlyArray,
      () => fail("its stream has no events")
    )
    return Effect.succeed({ endpoint, request: fields, streamed: true, run })
  })
