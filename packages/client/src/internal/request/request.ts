import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import { describeIssue } from "../response/issue.js"
import type { Call } from "../response/response.js"
import * as Validator from "../response/validator.js"

/** An endpoint made ready for calls, once. */
export interface Compiled {
  readonly endpoint: Endpoint.Any
  readonly parameterNames: ReadonlySet<PropertyKey>
  readonly queryNames: ReadonlySet<PropertyKey>
  readonly validateRequest: (request: object) => Either.Either<Readonly<Record<string, any>>, ParseResult.ParseIssue>
  readonly validateResponse: Validator.Validate
}

const cache = new WeakMap<Endpoint.Any, Compiled>()

/** Made at the first call and not before, so that what is imported and never called costs nothing. */
export const compile = (endpoint: Endpoint.Any): Compiled => {
  let compiled = cache.get(endpoint)
  if (compiled === undefined) {
    const parameterNames = new Set<PropertyKey>(Object.keys(endpoint.parameters.fields))
    const queryNames = new Set<PropertyKey>(Object.keys(endpoint.query.fields))
    const schema = Endpoint.request(endpoint)
    const validate = ParseResult.validateEither(schema, { onExcessProperty: "error" })
    const validateKnown = Validator.make(schema)
    /** Without a body there is no object below, whose fields would have to be known too. */
    const isKnown = (u: unknown) =>
      endpoint.body._tag === "None" && Predicate.isRecord(u) && Object.getPrototypeOf(u) === Object.prototype &&
      Reflect.ownKeys(u).every((name) => parameterNames.has(name) || queryNames.has(name))
    compiled = {
      endpoint,
      parameterNames,
      queryNames,
      validateRequest: (request) => {
        const checked = isKnown(request) ? validateKnown(request) : undefined
        return checked !== undefined && Either.isRight(checked) ? Either.right(request) : validate(request)
      },
      validateResponse: endpoint.success._tag === "Json"
        ? Validator.make(endpoint.success.schema)
        : Either.right
    }
    cache.set(endpoint, compiled)
  }
  return compiled
}

/** A body ready to be sent, and sent again. */
export interface Body {
  /** Made anew for each attempt, with the same bytes. */
  readonly make: () => HttpBody.HttpBody
  /** What else there is to know of one that is read while it is sent. */
  readonly upload?: Upload
}

/** How the sending of an upload can end. */
interface Upload {
  /** Whether it can be read only once. */
  readonly isOneShot: boolean
  /** That it can't be sent again, where that is so. */
  readonly refuse: (
    operation: string,
    reason: OpenAiError.OpenAiError
  ) => OpenAiError.UploadNotReplayableError | undefined
  /** What the last attempt could not read, where that is why it failed. */
  readonly unreadable: (call: Call) => OpenAiError.InvalidRequestError | undefined
  /** Closes what an attempt has opened to read, whether or not it was sent. */
  readonly release: Effect.Effect<unknown>
}

/** Turns the fields of a body into what is sent; what can't be sent is the caller's error, not a defect. */
export interface BodyEncoder {
  (
    fields: Readonly<Record<string, unknown>>,
    endpoint: Endpoint.Any,
    redact: (text: string) => string
  ): Either.Either<Body, OpenAiError.InvalidRequestError>
}

const none: Body = { make: () => HttpBody.empty }

/** Of an operation that documents no body. */
export const noBody: BodyEncoder = () => Either.right(none)

/** A request as it is sent. */
export interface Parts {
  /** With its query. */
  readonly path: string
  /** The fields of its body. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Checks a request against the contract, and tells its path and query from its body. */
export const split = (
  compiled: Compiled,
  request: object,
  redact: (text: string) => string
): Either.Either<Parts, OpenAiError.InvalidRequestError> => {
  const { endpoint, parameterNames, queryNames } = compiled
  const checked = compiled.validateRequest(request)
  if (Either.isLeft(checked)) {
    const { field, message } = describeIssue(checked.left, redact)
    return Either.left(
      new OpenAiError.InvalidRequestError({
        operation: endpoint.name,
        field,
        message: `${endpoint.name} does not take this ${field || "request"}: ${message}`
      })
    )
  }
  const fields: Record<string, unknown> = {}
  let query: URLSearchParams | undefined
  let path: string = endpoint.path
  // Checked are also the fields that an object inherits, and sent is what was checked.
  for (const name of Object.keys(checked.right)) {
    const value = checked.right[name]
    if (parameterNames.has(name)) {
      path = path.replace(`{${name}}`, () => encodeURIComponent(value))
    } else if (!queryNames.has(name)) {
      fields[name] = value
    } else if (Array.isArray(value)) {
      query ??= new URLSearchParams()
      for (const item of value) query.append(name.endsWith("[]") ? name : `${name}[]`, String(item))
    } else if (value !== undefined) {
      query ??= new URLSearchParams()
      query.append(name, String(value))
    }
  }
  return Either.right({ path: query === undefined || query.size === 0 ? path : `${path}?${query}`, fields })
}
