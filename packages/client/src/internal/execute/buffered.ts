import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import type { Runner } from "../openAiClient.js"
import type * as Request from "../request/request.js"
import { contentLength } from "../response/headers.js"
import * as Json from "../response/json.js"
import * as Response from "../response/response.js"
import * as Telemetry from "../telemetry/telemetry.js"
import type { Success } from "./attempt.js"
import { Call } from "./call.js"
import { CurrentIdempotencyKey } from "./idempotencyKey.js"
import * as Retry from "./retry.js"

/** Buffers and decodes the body. */
const success: Success<unknown> = {
  scope: undefined,
  receive: (attempt, body, response) => {
    const { maxBodyBytes, observed, prepared: { responseKind: { success, validate } } } = attempt.call
    const tooLarge = () => attempt.fail(response.invalid("", `The response is larger than ${maxBodyBytes} bytes`))
    if ((contentLength(response.headers) ?? 0) > maxBodyBytes) return attempt.drain(body, tooLarge)
    attempt.read(body, maxBodyBytes, (bytes, end) => {
      if (end === "truncated") return tooLarge()
      if (end !== "complete") return attempt.onFailure(end)
      // A copy, because the transport may reuse the bytes.
      if (success._tag === "Bytes") return attempt.succeed(new Uint8Array(bytes))
      if (success._tag === "Text") return attempt.succeed(Response.decodeText(bytes))
      const decoded = Json.decodeJson(bytes, validate, response)
      if (Either.isLeft(decoded)) return attempt.fail(decoded.left)
      if (observed.inference !== undefined) observed.responseBody = decoded.right as object
      attempt.succeed(decoded.right)
    })
  }
}

/** Runs an operation, and returns the decoded response. */
export const buffered = (
  bodyEncoder: Request.BodyEncoder,
  inference?: Telemetry.InferenceTelemetry
): Runner<Effect.Effect<unknown, OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError>> => ({
  run: (client, endpoint, request) =>
    Effect.withFiberRuntime((fiber) => {
      const observed = new Telemetry.Observed(client.telemetry, endpoint, request, inference, fiber)
      const key = Context.get(fiber.currentContext, CurrentIdempotencyKey)
      const prepared = client.prepare(endpoint, request, bodyEncoder, false, key)
      return Telemetry.traced(
        observed,
        fiber,
        Either.isRight(prepared)
          ? Retry.retry(new Call(client.shared, prepared.right, observed, fiber, success))
          : Effect.suspend(() => {
            Telemetry.finish(observed, prepared.left._tag)
            return Effect.fail(prepared.left)
          })
      )
    }),
  replaced: identity
})
