import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import type { Runner } from "../openAiClient.js"
import type * as Request from "../request/request.js"
import * as Response from "../response/response.js"
import * as Telemetry from "../telemetry/telemetry.js"
import * as Transport from "../transport/transport.js"
import type { Success } from "./attempt.js"
import { Call } from "./call.js"
import * as Retry from "./retry.js"

/** Reads a success to its end. */
const success: Success<unknown> = {
  scope: undefined,
  receive: (attempt, body, answer) => {
    const { compiled: { endpoint, validateResponse }, limit, observed } = attempt.order
    const tooLarge = () => attempt.fail(answer.invalid("", `The answer is larger than ${limit} bytes`))
    if ((Transport.lengthOf(answer.headers) ?? 0) > limit) return attempt.drain(body, tooLarge)
    attempt.read(body, limit, (bytes, end) => {
      if (end === "beyond") return tooLarge()
      if (end !== "whole") return attempt.onFailure(end)
      // Held by whom it is given to alone.
      if (endpoint.success._tag !== "Json") return attempt.succeed(new Uint8Array(bytes))
      const decoded = Response.decodeJson(bytes, validateResponse, answer)
      if (Either.isLeft(decoded)) return attempt.fail(decoded.left)
      if (observed.inference !== undefined) observed.answer = decoded.right as object
      attempt.succeed(decoded.right)
    })
  }
}

/** Runs an operation, and hands out its answer when all of it is there. */
export const whole = (
  encodeBody: Request.BodyEncoder,
  inference?: Telemetry.Inference
): Runner<Effect.Effect<unknown, OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError>> => ({
  run: (engine, endpoint, request) =>
    Effect.withFiberRuntime((fiber) => {
      const observed = new Telemetry.Observed(engine.telemetry, endpoint, request, inference, fiber)
      const prepared = engine.prepare(endpoint, request, encodeBody, false)
      return Telemetry.traced(
        observed,
        fiber,
        Either.isRight(prepared)
          ? Retry.retry(new Call(engine.shared, prepared.right, observed, fiber, success))
          : Effect.suspend(() => {
            Telemetry.finish(observed, prepared.left._tag)
            return Effect.fail(prepared.left)
          })
      )
    }),
  replaced: identity
})
