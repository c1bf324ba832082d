import { Effect } from "effect"
import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { answers, errors, instead, json, of, refusals, withText } = Proxy

const status = (from: number, to: number) => refusals(from, (answer) => ({ ...answer, status: to }))

const header = (name: string, value: string | undefined) =>
  answers((answer) => {
    const { [name]: _, ...others } = answer.headers
    return { ...answer, headers: value === undefined ? others : { ...others, [name]: value } }
  })

/** A server that takes everything for its model: what was asked for is answered where it can be. */
const envelope = (message: string) => ({ error: { message, type: "invalid_request_error", param: null, code: null } })

/** Whatever is answered, as it is anywhere. */
export const everywhere: ReadonlyArray<Mutation> = [
  mutation("answers {} to everything", "models/list", instead(() => json({}))),
  mutation("answers [] to everything", "models/list", instead(() => json([]))),
  mutation("answers null to everything", "models/list", instead(() => json(null))),
  mutation("answers \"\" to everything", "models/list", instead(() => json(""))),
  mutation("answers nothing to everything", "models/list", answers((answer) => withText(answer, ""))),
  mutation(
    "answers HTML to everything",
    "models/list",
    answers((answer) => ({ ...withText(answer, "<html>"), headers: { "content-type": "text/html" } }))
  ),
  mutation(
    "answers half of its JSON",
    "models/list",
    answers((answer) => ({
      ...answer,
      bytes: answer.bytes.subarray(0, answer.bytes.length / 2)
    }))
  ),
  mutation("answers JSON as text/plain", "models/list", header("content-type", "text/plain")),
  mutation("answers JSON without a media type", "models/list", header("content-type", undefined)),
  mutation("answers 201 for 200", "assistants/create", status(200, 201)),
  mutation("answers 202 for 200", "runs/create", status(200, 202)),
  mutation("answers 204 for a deletion", "assistants/delete", of("deleteAssistant", status(200, 204))),
  mutation("answers 500 to everything", "models/list", answers((answer) => ({ ...answer, status: 500 }))),
  mutation("answers 429 to everything", "models/list", answers((answer) => ({ ...answer, status: 429 }))),
  mutation("leaves out x-request-id", "answers/requestIds", header("x-request-id", undefined)),
  mutation("gives every answer the same x-request-id", "answers/requestIds", header("x-request-id", "req_1")),
  mutation("leaves out openai-processing-ms", "answers/requestIds", header("openai-processing-ms", undefined)),
  mutation("writes openai-processing-ms as text", "answers/requestIds", header("openai-processing-ms", "fast")),
  mutation("writes openai-poll-after-ms as text", "runs/poll", header("openai-poll-after-ms", "soon"))
]

/** How something is refused. */
export const refusing: ReadonlyArray<Mutation> = [
  mutation("answers errors with 200", "assistants/delete", answers((answer) => ({ ...answer, status: 200 }))),
  mutation("answers 400 for 404", "notFound/getAssistant", status(404, 400)),
  mutation("answers 403 for 404", "notFound/getThread", status(404, 403)),
  mutation("answers 401 for 404", "notFound/getRun", status(404, 401)),
  mutation("answers 410 for 404", "notFound/deleteThread", status(404, 410)),
  mutation("answers 500 for 404", "notFound/routes", status(404, 500)),
  mutation("answers 404 for 400", "validation/createThread", status(400, 404)),
  mutation("answers 422 for 400", "validation/createAssistant", status(400, 422)),
  mutation("answers 409 for 400 of a locked thread", "runs/lock", status(400, 409)),
  mutation("answers 500 for 400", "validation/createMessage", status(400, 500)),
  mutation("answers 403 for 401", "authentication/listModels", status(401, 403)),
  mutation("answers 400 for 401", "authentication/createAssistant", status(401, 400)),
  mutation("answers 404 for 401", "authentication/getThread", status(401, 404)),
  mutation("answers errors as text", "notFound/getAssistant", refusals(404, (answer) => withText(answer, "No."))),
  mutation("answers errors without a body", "notFound/getAssistant", refusals(404, (answer) => withText(answer, ""))),
  mutation("answers errors without an envelope", "notFound/getAssistant", errors((error) => error)),
  mutation("answers errors as texts", "notFound/getAssistant", errors(({ message }) => ({ error: message }))),
  mutation("answers a list of errors", "notFound/getAssistant", errors((error) => ({ errors: [error] }))),
  ...["message", "type", "param", "code"].map((field) =>
    mutation(
      `leaves out the ${field} of errors`,
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
    "names no object that does not exist",
    "notFound/getAssistant",
    errors((error) => ({
      error: { ...error, message: "Not found" }
    }))
  ),
  mutation(
    "names no field at fault",
    "validation/createAssistant",
    errors((error) => ({
      error: { ...error, param: null, message: "Invalid request" }
    }))
  ),
  mutation(
    "names another field than the one at fault",
    "validation/createAssistant",
    errors((error) => ({
      error: { ...error, param: "other" }
    }))
  ),
  mutation(
    "names no run that locks a thread",
    "runs/lock",
    errors((error) => ({
      error: { ...error, message: "The thread is locked" }
    }))
  ),
  mutation(
    "names no status that excludes a cancellation",
    "runs/completed",
    errors((error) => ({
      error: { ...error, message: "No" }
    }))
  ),
  mutation(
    "gives a wrong key no code",
    "authentication/listModels",
    errors((error) => ({
      error: { ...error, code: null }
    }))
  ),
  mutation(
    "repeats a wrong key",
    "authentication/listModels",
    () => (send) => (request) =>
      Effect.map(send(request), (answer) =>
        answer.status === 401
          ? json(envelope(`Incorrect: ${request.headers["authorization"]}`), 401)
          : answer)
  ),
  mutation(
    "gives a missing header OpenAI-Beta no code",
    "beta/createRun",
    errors((error) => ({
      error: { ...error, code: null }
    }))
  ),
  mutation(
    "takes any header OpenAI-Beta for the right one",
    "beta/listAssistants",
    Proxy.requests((request) => ({ ...request, headers: { ...request.headers, "openai-beta": "assistants=v1" } }))
  ),
  mutation("takes any key", "authentication/listModels", Proxy.withKey),
  mutation("answers any route", "notFound/routes", refusals(404, (answer) => ({ ...answer, status: 200 }))),
  mutation(
    "answers 200 for a method that is not served",
    "notFound/routes",
    instead(({ method }) => method === "PATCH" ? json({}) : undefined)
  ),
  mutation(
    "refuses 256 characters of a name",
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
