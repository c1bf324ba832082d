/**
 * A documented request as a call of the client: the contract tells which operation it is, and its path, query and body
 * become the fields that the operation takes.
 *
 * @since 0.1.0
 */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Fixture from "./Fixture.js"

/**
 * A documented request is none of the contract's, or the client has no function for it.
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
 * A call that is ready to be made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly endpoint: Endpoint.Any
  /** The fields of path, query and body in one object. */
  readonly request: object
  /** Makes the call. */
  readonly run: Effect.Effect<
    unknown,
    OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
    Client.OpenAiClient.OpenAiClient
  >
}

const isOperation = (u: unknown): u is AnyOperation =>
  Predicate.isFunction(u) && Predicate.hasProperty(u, "endpoint") && Endpoint.isEndpoint(u.endpoint)

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
  request: Fixture.Request
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

const bodyFields = (fixture: Fixture.Fixture): object => {
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
 * const answers = Effect.flatMap(
 *   Fixture.all,
 *   Effect.forEach((fixture) => Effect.flatMap(Call.make(fixture), (call) => call.run))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (fixture: Fixture.Fixture): Effect.Effect<Call, CallError> =>
  Effect.suspend(() => {
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
    const request = {
      ...parameters,
      ...Object.fromEntries(documented.query.map(([name, text]) => [name, fromText(endpoint, name, text)])),
      ...bodyFields(fixture)
    }
    return Effect.succeed({ endpoint, request, run: operation(request) })
  })
