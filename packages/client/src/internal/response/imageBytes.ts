import type * as Images from "@effect-openai/core/Images"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import { Failed } from "../transport/transport.js"
import * as Errors from "./errors.js"
import { type CallContext, Response } from "./response.js"

const operation = "Images.bytes"

const call: CallContext = {
  operation,
  cursor: undefined,
  redact: identity,
  maxBodyBytes: Infinity
}

const invalid = (field: string, message: string) =>
  new OpenAiError.InvalidResponseError({ operation, status: 200, requestId: undefined, field, message })

// An error of the transport has the URL, which replaces a key for an hour.
const failed = (error: HttpClientError.HttpClientError) => Errors.fromTransport(new Failed(error.cause), call)

const download = (url: string): Effect.Effect<Uint8Array, OpenAiError.OpenAiError, HttpClient.HttpClient> =>
  Effect.withFiberRuntime((fiber) =>
    Effect.gen(function*() {
      // The URL must not be in a span either.
      const httpClient = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
      const response = yield* Effect.mapError(httpClient.get(url), failed)
      const bytes = new Uint8Array(yield* Effect.mapError(response.arrayBuffer, failed))
      if (response.status === 200) return bytes
      const { headers, status } = response
      return yield* Errors.fromResponse(bytes, new Response({ status, headers, undecoded: "" }, call), fiber).error
    })
  )

/** The bytes of an image, decoded or requested. */
export const imageBytes = (
  { b64_json, url }: Images.Image
): Effect.Effect<Uint8Array, OpenAiError.OpenAiError, HttpClient.HttpClient> => {
  if (b64_json !== undefined) {
    return Effect.mapError(Encoding.decodeBase64(b64_json), () => invalid("b64_json", "The image is not Base64"))
  }
  if (url === undefined) return Effect.fail(invalid("", "The image has neither b64_json nor url"))
  return /^https?:\/\//i.test(url) ? download(url) : Effect.fail(invalid("url", "The URL is not http or https"))
}
