import type * as Contract from "@effect-openai/core/Batches"
import * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Headers from "@effect/platform/Headers"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import type { CreateRequest } from "../../ChatCompletions.js"
import { jsonBody } from "../request/jsonBody.js"
import { withDocumentedFields } from "../request/messages.js"
import * as Request from "../request/request.js"
import { fromResponse } from "../response/errors.js"
import { describeIssue } from "../response/issue.js"
import { Response } from "../response/response.js"

// A line of a batch: a request of an operation, and its response. Both are checked as the operation checks its own.

type Redact = (text: string) => string

/** The URL of an operation in a batch. */
export const urlOf = ({ path }: Endpoint.Any): Contract.BatchEndpoint => `/v1${path}` as Contract.BatchEndpoint

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const documented = ({ name }: Endpoint.Any, request: object): object =>
  name === ChatCompletions.create.name ? withDocumentedFields(request as CreateRequest) : request

/** Checks a request, and encodes it as a line. */
export const encode = (
  endpoint: Endpoint.Any,
  custom_id: string,
  request: object,
  redact: Redact
): Either.Either<Uint8Array, OpenAiError.InvalidRequestError> => {
  const body = Either.flatMap(
    Request.split(endpoint, documented(endpoint, request), redact, jsonBody),
    ({ fields }) => jsonBody.encode(fields, endpoint, redact)
  )
  if (Either.isLeft(body)) {
    const { field, message, operation } = body.left
    return Either.left(
      new OpenAiError.InvalidRequestError({
        operation,
        field: field === "" ? `[${custom_id}]` : `[${custom_id}].${field}`,
        message: `The request '${redact(custom_id)}' is invalid: ${message}`
      })
    )
  }
  const json = body.right.make() as { readonly body: Uint8Array }
  return Either.right(
    encoder.encode(
      `{"custom_id":${JSON.stringify(custom_id)},"method":"POST","url":"${urlOf(endpoint)}","body":` +
        `${decoder.decode(json.body)}}\n`
    )
  )
}

/** Checks the response on a line, as if the operation had received it. Undefined for a line without a response. */
export const decode = (
  endpoint: Endpoint.Any,
  { response: found }: Contract.BatchRequestOutput,
  redact: Redact,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Either.Either<unknown, OpenAiError.OpenAiError> | undefined => {
  if (found === undefined || found === null) return undefined
  const { body, request_id, status_code: status = 0 } = found
  const headers = Headers.fromInput(request_id === undefined ? {} : { "x-request-id": request_id })
  const response = new Response({ status, headers, undecoded: "" }, {
    operation: endpoint.name,
    cursor: undefined,
    redact,
    maxBodyBytes: Infinity
  })
  if (status < 200 || status >= 300) {
    return Either.left(fromResponse(encoder.encode(JSON.stringify(body ?? null)), response, fiber).error)
  }
  return Either.mapLeft(Request.responseKindOf(endpoint).validate(body), (issue) => {
    const { field, message } = describeIssue(issue, redact)
    return response.invalid(field, `The response does not fit the contract at ${field || "its root"}: ${message}`)
  })
}
