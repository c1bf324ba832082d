import { Effect } from "effect"
import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { responses, errors, instead, json, of, refusals, withText } = Proxy

const status = (from: number, to: number) => refusals(from, (response) => ({ ...response, status: to }))

const header = (name: string, value: string | undefined) =>
  responses((response) => {
    const { [name]: _, ...others } = response.headers
    return { ...response, headers: value === undefined ? others : { ...others, [name]: value } }
  })

const envelope = (message: string) => ({ error: { message, type: "invalid_request_error", param: null, code: null } })

/** Faults of any response. */
export const everywhere: ReadonlyArray<Mutation> = [
  mutation("returns {} to everything", "models/list", instead(() => json({}))),
  mutation("returns [] to everything", "models/list", instead(() => json([]))),
  mutation("returns null to everything", "models/list", instead(() => json(null))),
  mutation("returns \"\" to everything", "models/list", instead(() => json(""))),
  mutation("returns an empty body to everything", "models/list", responses((response) => withText(response, ""))),
  mutation(
    "returns HTML to everything",
    "models/list",
    responses((response) => ({ ...withText(response, "<html>"), headers: { "content-type": "text/html" } }))
  ),
  mutation(
    "returns half of its JSON",
    "models/list",
    responses((response) => ({
      ...response,
      bytes: response.bytes.subarray(0, response.bytes.length / 2)
    }))
  ),
  mutation("returns JSON as text/plain", "models/list", header("content-type", "text/plain")),
  mutation("returns JSON without a media type", "models/list", header("content-type", undefined)),
  mutation("returns 201 for 200", "assistants/create", status(200, 201)),
  mutation("returns 202 for 200", "runs/create", status(200, 202)),
  mutation("returns 204 for a deletion", "assistants/delete", of("deleteAssistant", status(200, 204))),
  mutation("returns 500 to everything", "models/list", responses((response) => ({ ...response, status: 500 }))),
  mutation("returns 429 to everything", "models/list", responses((response) => ({ ...response, status: 429 }))),
  mutation("omits x-request-id", "responses/requestIds", header("x-request-id", undefined)),
  mutation("returns the same x-request-id in every response", "responses/requestIds", header("x-request-id", "req_1")),
  mutation("omits openai-processing-ms", "responses/requestIds", header("openai-processing-ms", undefined)),
  mutation("writes openai-processing-ms as text", "responses/requestIds", header("openai-processing-ms", "fast")),
  mutation("writes openai-poll-after-ms as text", "runs/poll", header("openai-poll-after-ms", "soon"))
]

/** Faults of refusals. */
export const refusing: ReadonlyArray<Mutation> = [
  mutation("returns errors with 200", "assistants/delete", responses((response) => ({ ...response, status: 200 }))),
  mutation("returns 400 for 404", "notFound/getAssistant", status(404, 400)),
  mutation("returns 403 for 404", "notFound/getThread", status(404, 403)),
  mutation("returns 401 for 404", "notFound/getRun", status(404, 401)),
  mutation("returns 410 for 404", "notFound/deleteThread", status(404, 410)),
  mutation("returns 500 for 404", "notFound/routes", status(404, 500)),
  mutation("returns 404 for 400", "validation/createThread", status(400, 404)),
  mutation("returns 422 for 400", "validation/createAssistant", status(400, 422)),
  mutation("returns 409 for 400 of a locked thread", "runs/lock", status(400, 409)),
  mutation("returns 500 for 400", "validation/createMessage", status(400, 500)),
  mutation("returns 403 for 401", "authentication/listModels", status(401, 403)),
  mutation("returns 400 for 401", "authentication/createAssistant", status(401, 400)),
  mutation("returns 404 for 401", "authentication/getThread", status(401, 404)),
  mutation("returns errors as text", "notFound/getAssistant", refusals(404, (response) => withText(response, "No."))),
  mutation(
    "returns errors without a body",
    "notFound/getAssistant",
    refusals(404, (response) => withText(response, ""))
  ),
  mutation("returns errors without an envelope", "notFound/getAssistant", errors((error) => error)),
  mutation("returns `error` as text", "notFound/getAssistant", errors(({ message }) => ({ error: message }))),
  mutation("returns a list of errors", "notFound/getAssistant", errors((error) => ({ errors: [error] }))),
  ...["message", "type", "param", "code"].map((field) =>
    mutation(
      `omits the ${field} of errors`,
      "notFound/getAssistant",
      errors(({ [field]: _, ...error }) => ({ error }))
    )
  ),
  mutation(
    "adds a field to errors",
    "notFound/getAssistant",
    errors((error) => ({ error: { ...error, status: 404 } }))
  ),
  mutation(
    "writes the status as the code of errors",
    "notFound/getAssistant",
    errors((error) => ({
      error: { ...error, code: 404 }
    }))
  ),
  mutation(
    "does not name the unknown object",
    "notFound/getAssistant",
    errors((error) => ({
      error: { ...error, message: "Not found" }
    }))
  ),
  mutation(
    "does not name the invalid field",
    "validation/createAssistant",
    errors((error) => ({
      error: { ...error, param: null, message: "Invalid request" }
    }))
  ),
  mutation(
    "names another field than the invalid one",
    "validation/createAssistant",
    errors((error) => ({
      error: { ...error, param: "other" }
    }))
  ),
  mutation(
    "attaches a file with another purpose",
    "rules/purpose",
    of("createAssistantFile", refusals(400, (response) => ({ ...response, status: 200 })))
  ),
  mutation(
    "names another field than the one that contradicts",
    "rules/createRun",
    errors((error) => ({
      error: { ...error, param: "other" }
    }))
  ),
  mutation(
    "does not name the run that locks a thread",
    "runs/lock",
    errors((error) => ({
      error: { ...error, message: "The thread is locked" }
    }))
  ),
  mutation(
    "does not name the status that prevents a cancellation",
    "runs/completed",
    errors((error) => ({
      error: { ...error, message: "No" }
    }))
  ),
  mutation(
    "returns no code for a wrong key",
    "authentication/listModels",
    errors((error) => ({
      error: { ...error, code: null }
    }))
  ),
  mutation(
    "repeats a wrong key in the message",
    "authentication/listModels",
    () => (send) => (request) =>
      Effect.map(send(request), (response) =>
        response.status === 401
          ? json(envelope(`Incorrect: ${request.headers["authorization"]}`), 401)
          : response)
  ),
  mutation(
    "returns no code for a missing header OpenAI-Beta",
    "beta/createRun",
    errors((error) => ({
      error: { ...error, code: null }
    }))
  ),
  mutation(
    "accepts any value of OpenAI-Beta",
    "beta/listAssistants",
    Proxy.requests((request) => ({ ...request, headers: { ...request.headers, "openai-beta": "assistants=v1" } }))
  ),
  mutation("accepts any key", "authentication/listModels", Proxy.withKey),
  mutation(
    "returns 200 for an unknown route",
    "notFound/routes",
    refusals(404, (response) => ({ ...response, status: 200 }))
  ),
  mutation(
    "returns 200 for a method that is not served",
    "notFound/routes",
    instead(({ method }) => method === "PATCH" ? json({}) : undefined)
  ),
  mutation(
    "refuses a name of 256 characters",
    "limits/accepted",
    instead(({ json: body }) =>
      String((body as Proxy.Fields | undefined)?.["name"]).length > 100
        ? json(envelope("name is too long"), 400)
        : undefined
    )
  ),
  mutation(
    "refuses a message of 256,000 characters",
    "limits/accepted",
    instead(({ json: body }) =>
      String((body as Proxy.Fields | undefined)?.["content"]).length > 32_768 ?
        json(envelope("content is too long"), 400) :
        undefined
    )
  )
]
