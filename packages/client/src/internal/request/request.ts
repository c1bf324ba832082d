import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constUndefined, identity } from "effect/Function"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import { prototypePath, setField } from "../fields.js"
import { describeIssue } from "../response/issue.js"
import type { CallContext } from "../response/response.js"
import * as Validator from "../response/validator.js"
import type { Redact } from "../secrets.js"
import * as Extra from "./extra.js"

/** How a response body is requested and checked. */
export interface ResponseKind {
  readonly success: Endpoint.SingleSuccess
  /** The header `accept`. */
  readonly accept: string
  readonly validate: Validator.Validate
}

/** What the client derives of an endpoint, once. */
interface Compiled {
  readonly parameterNames: ReadonlySet<PropertyKey>
  readonly queryNames: ReadonlySet<PropertyKey>
  readonly validateRequest: (request: object) => Either.Either<Readonly<Record<string, any>>, ParseResult.ParseIssue>
  readonly responseKinds: ReadonlyMap<Endpoint.SingleSuccess, ResponseKind>
}

const makeKind = (success: Endpoint.SingleSuccess): readonly [Endpoint.SingleSuccess, ResponseKind] => [
  success,
  success._tag === "Json"
    ? { success, accept: "application/json", validate: Validator.make(success.schema) }
    : { success, accept: success.mediaType, validate: Either.right }
]

const makeCompiled = (endpoint: Endpoint.Any): Compiled => {
  const parameterNames = new Set<PropertyKey>(Object.keys(endpoint.parameters.fields))
  const queryNames = new Set<PropertyKey>(Object.keys(endpoint.query.fields))
  const schema = Endpoint.request(endpoint)
  const validate = ParseResult.validateEither(schema, { onExcessProperty: "error" })
  const validateKnown = Validator.make(schema)
  /** Whether a request has known fields only: without a body, and without an object that has own fields. */
  const isKnown = (u: unknown) =>
    endpoint.body._tag === "None" && Predicate.isRecord(u) && Object.getPrototypeOf(u) === Object.prototype &&
    Reflect.ownKeys(u).every((name) =>
      (parameterNames.has(name) || queryNames.has(name)) && (!Predicate.isObject(u[name]) || Array.isArray(u[name]))
    )
  /** A Schema copies fields by assignment, which loses a field `__proto__`. */
  const validateNames = (request: object) => {
    const path = prototypePath(request)
    return path === undefined ? validate(request) : Either.left(
      new ParseResult.Pointer(
        path,
        request,
        new ParseResult.Type(schema.ast, request, "can't be sent: its name is reserved")
      )
    )
  }
  const { success } = endpoint
  return {
    parameterNames,
    queryNames,
    validateRequest: (request) => {
      const checked = isKnown(request) ? validateKnown(request) : undefined
      return checked !== undefined && Either.isRight(checked) ? Either.right(request) : validateNames(request)
    },
    responseKinds: new Map((success._tag === "ByField" ? Object.values(success.cases) : [success]).map(makeKind))
  }
}

const cache = new WeakMap<Endpoint.Any, Compiled>()

/** Compiles at the first call, so that an operation that is imported and never called costs nothing. */
const compile = (endpoint: Endpoint.Any): Compiled => {
  let compiled = cache.get(endpoint)
  if (compiled === undefined) cache.set(endpoint, compiled = makeCompiled(endpoint))
  return compiled
}

/** How the response of an operation with one kind of response is checked. */
export const responseKindOf = (endpoint: Endpoint.Any): ResponseKind =>
  compile(endpoint).responseKinds.values().next().value!

/** An encoded body, for all attempts of a call. */
export interface Body {
  /** Makes the body of an attempt, with the same bytes each time. */
  readonly make: () => HttpBody.HttpBody
  /** Of a body that is read while it is sent. */
  readonly upload?: Upload
}

interface Upload {
  /** Whether a source can be read only once. */
  readonly isOneShot: boolean
  /** Returns an error where the upload can't be sent again. */
  readonly refuseRetry: (
    operation: string,
    reason: OpenAiError.OpenAiError
  ) => OpenAiError.UploadNotReplayableError | undefined
  /** Returns an error where the last attempt failed because a source can't be read. */
  readonly readError: (call: CallContext) => OpenAiError.InvalidRequestError | undefined
  /** Closes the sources that an attempt has opened. */
  readonly release: Effect.Effect<unknown>
}

/** What only an operation with a body needs. */
export interface BodyEncoder {
  /** Encodes the fields of a body. */
  readonly encode: (
    fields: Readonly<Record<string, unknown>>,
    endpoint: Endpoint.Any,
    redact: Redact
  ) => Either.Either<Body, OpenAiError.InvalidRequestError>
  /** Returns what is sent of a request. */
  readonly sendable: (request: object) => object
  readonly brokenRule: typeof Endpoint.brokenRule
}

const none = Either.right<Body>({ make: () => HttpBody.empty })

/** The encoder of an operation without a body. */
export const noBody: BodyEncoder = { encode: () => none, sendable: identity, brokenRule: constUndefined }

/** The parts of a validated request. */
export interface Parts {
  /** Path and query. */
  readonly path: string
  /** The fields of the body. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly responseKind: ResponseKind
}

/** Adds a query parameter: an array as `name[]`, once per item, an object as `name[key]`. */
const appendQuery = (query: URLSearchParams, name: string, value: unknown): void => {
  if (Array.isArray(value)) {
    for (const item of value) query.append(name.endsWith("[]") ? name : `${name}[]`, String(item))
  } else if (Predicate.isObject(value)) {
    for (const [key, item] of Object.entries(value)) appendQuery(query, `${name}[${key}]`, item)
  } else if (value !== undefined) {
    query.append(name, String(value))
  }
}

/** Describes a field that an operation does not accept. */
const refusal = (operation: string, field: string, message: string): string => {
  if (message === "is missing") return `${operation} requires the field ${field}`
  const expected = /^is unexpected, expected: (.*)$/s.exec(message)?.[1]
  return expected === undefined
    ? `${operation} does not accept this ${field || "request"}: ${message}`
    : `${operation} does not accept the field ${field} without Extra.fields. Expected: ${expected}`
}

/** Validates a request, and splits it into path, query and body. */
export const split = (
  endpoint: Endpoint.Any,
  request: object,
  redact: Redact,
  { brokenRule, sendable }: BodyEncoder
): Either.Either<Parts, OpenAiError.InvalidRequestError> => {
  const { parameterNames, queryNames, responseKinds, validateRequest } = compile(endpoint)
  const extended = Extra.current.read?.(request)
  const checked = validateRequest(sendable(extended?.documented ?? request))
  const wrong = Either.isLeft(checked)
    ? describeIssue(checked.left, redact)
    : brokenRule(endpoint, checked.right)
  if (Either.isLeft(checked) || wrong !== undefined) {
    const { field, message } = wrong!
    return Either.left(
      new OpenAiError.InvalidRequestError({
        operation: endpoint.name,
        field,
        message: refusal(endpoint.name, field, message)
      })
    )
  }
  const fields: Record<string, unknown> = {}
  let query: URLSearchParams | undefined
  let path: string = endpoint.path
  const own = extended === undefined ? checked.right : sendable(extended.own) as Readonly<Record<string, unknown>>
  const all = extended === undefined ? own : { ...own, ...Extra.extraOf(request) }
  // Own fields only. An inherited field was validated too, but is not sent.
  for (const name of Object.keys(all)) {
    const value = all[name]
    // Not an extra field, which is not validated.
    if (parameterNames.has(name)) path = path.replace(`{${name}}`, () => encodeURIComponent(String(own[name])))
    else if (queryNames.has(name) || endpoint.body._tag === "None") {
      appendQuery(query ??= new URLSearchParams(), name, value)
    } else setField(fields, name, value)
  }
  return Either.right({
    path: query === undefined || query.size === 0 ? path : `${path}?${query}`,
    fields,
    responseKind: responseKinds.get(Endpoint.successOf(endpoint, own))!
  })
}
