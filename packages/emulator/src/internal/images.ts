import { ServerError } from "@effect-openai/core/Api"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Contract from "@effect-openai/core/Images"
import * as Png from "@effect-openai/core/Png"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { api } from "./api.js"
import { concat } from "./bytes.js"
import { now } from "./documents.js"
import { refused } from "./errors.js"
import * as Form from "./form.js"
import { Gallery } from "./gallery.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { isFlagged } from "./moderations.js"
import { bill } from "./organization/meter.js"
import * as Pictures from "./pictures.js"
import { RateLimits } from "./rateLimits.js"

// -----------------------------------------------------------------------------
// limits of models
// -----------------------------------------------------------------------------

type Request = Partial<Omit<Contract.CreateImageRequest, "response_format">> & {
  readonly response_format?: "url" | "b64_json" | null | undefined
}

const defaultSize = "1024x1024"

const isLong = ({ model, prompt = "" }: Request): boolean => {
  const limits = Contract.limitsOf(model)
  return limits !== undefined && prompt.length > limits.promptLength
}

const rejected = (model: string | null | undefined): ServerError =>
  new ServerError({
    status: 400,
    code: model === "dall-e-3" ? null : "content_policy_violation",
    // The descriptions of newer models are written from the prompt.
    message: model === "dall-e-3"
      ? "Your request was rejected as a result of our safety system. Image descriptions generated from your prompt may " +
        "contain text that is not allowed by our safety system. If you believe this was done in error, your request may " +
        "succeed if retried, or by adjusting your prompt."
      : "Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by " +
        "our safety system."
  })

/** Refuses what a model does not have, and prompts that are not allowed. */
const check = (request: Request): Effect.Effect<void, ServerError> => {
  const { model, n, prompt = "", quality, size, style } = request
  const limits = Contract.limitsOf(model)
  if (isLong(request)) {
    return refused(`'${prompt}' is too long - 'prompt'`, null, { summary: "The prompt is too long - 'prompt'" })
  }
  if (limits !== undefined) {
    if ((n ?? 1) > limits.images) return refused(`You must provide n=${limits.images} for this model.`)
    if (size != null && !limits.sizes.includes(size)) {
      return refused(`'${size}' is not one of [${limits.sizes.map((one) => `'${one}'`).join(", ")}] - 'size'`)
    }
    if (!limits.hasStyle && quality === "hd") return refused("This model does not support 'quality'.", "quality")
    if (!limits.hasStyle && style != null) return refused("This model does not support 'style'.", "style")
  }
  return isFlagged(prompt) ? rejected(model) : Effect.void
}

// -----------------------------------------------------------------------------
// images that are received
// -----------------------------------------------------------------------------

const notPng = refused("Uploaded image must be a PNG and less than 4 MB.")

const headerOf = (bytes: Uint8Array): Effect.Effect<Png.Header, ServerError> =>
  Option.match(Png.header(bytes), { onNone: () => notPng, onSome: Effect.succeed })

/** The modes that have transparency, and grey, which the API accepts as a mask too. */
const masking: ReadonlyArray<Png.Mode> = ["RGBA", "LA", "L"]

const receive = <Fields extends typeof Contract.CreateImageVariationRequest.fields>(
  body: Endpoint.Multipart<Fields>,
  request: HttpServerRequest
) =>
  Effect.gen(function*() {
    const { files, request: fields } = yield* Form.read(
      body,
      request,
      ({ content }) => Effect.map(Stream.runCollect(content), (chunks) => concat([...chunks])),
      { tooLarge: () => notPng }
    )
    const bytesOf = (name: string) => files.find(({ field }) => field === name)?.result
    const image = bytesOf("image")!
    const mask = bytesOf("mask")
    const header = yield* headerOf(image)
    if (header.width !== header.height) return yield* refused("Uploaded image must be square.", "image")
    if (mask !== undefined) {
      const { height, width } = yield* headerOf(mask)
      if (height !== header.height || width !== header.width) {
        return yield* refused("Mask must have the same dimensions as the image.", "mask")
      }
    }
    return { fields, header, image, mask }
  })

const onlyDallE2 = ({ model }: Request): Effect.Effect<void, ServerError> =>
  model === "dall-e-3"
    ? refused(`Invalid value: '${model}'. Value must be 'dall-e-2'.`, "model")
    : Effect.void

// -----------------------------------------------------------------------------
// responses
// -----------------------------------------------------------------------------

/** The images of a request. The same request has the same ones. */
const respond = (
  { model, n, prompt, response_format, size }: Request,
  source: "image.generation" | "image.edit" | "image.variation",
  request: HttpServerRequest,
  ...inputs: ReadonlyArray<Uint8Array>
) =>
  Effect.gen(function*() {
    const [width = 0, height = 0] = (size ?? defaultSize).split("x").map(Number)
    const gallery = yield* Gallery
    const { admit } = yield* RateLimits
    // Their responses have no headers of limits.
    yield* admit(model ?? "dall-e-2", { images: n ?? 1, shown: [] })
    const indexes = Array.from({ length: n ?? 1 }, (_, index) => index)
    const data = yield* Effect.forEach(indexes, (index) =>
      Effect.gen(function*() {
        const digest = Pictures.digestOf(model ?? "dall-e-2", prompt ?? "", String(index), ...inputs)
        const picture = { digest, width, height }
        const url = yield* Pictures.urlOf(picture, request)
        yield* gallery.addImage(prompt ?? "A variation", url)
        return {
          ...(response_format === "b64_json" ? { b64_json: Encoding.encodeBase64(Pictures.encode(picture)) } : { url }),
          ...(model === "dall-e-3" && prompt !== undefined ? { revised_prompt: `A detailed picture: ${prompt}` } : {})
        }
      }))
    const usage = { size: size ?? defaultSize, source, images: data.length }
    yield* bill({ kind: "images", model: model ?? "dall-e-2", ...usage })
    return { created: yield* now, data }
  })

export const layer = HttpApiBuilder.group(
  api,
  "Images",
  (handlers) =>
    handlers
      .handle(
        "createImage",
        ({ payload, request }) => Effect.zipRight(check(payload), respond(payload, "image.generation", request))
      )
      .handle("createImageEdit", ({ request }) =>
        Effect.gen(function*() {
          const { fields, header, image, mask } = yield* receive(Contract.edit.body, request)
          yield* onlyDallE2(fields)
          yield* check(fields)
          if (mask === undefined && !masking.includes(header.mode)) {
            return yield* refused(
              `Invalid input image - format must be in ['RGBA', 'LA', 'L'], got ${header.mode}.`
            )
          }
          return yield* respond(fields, "image.edit", request, image, ...(mask === undefined ? [] : [mask]))
        }))
      .handle("createImageVariation", ({ request }) =>
        Effect.gen(function*() {
          const { fields, image } = yield* receive(Contract.vary.body, request)
          yield* onlyDallE2(fields)
          yield* check(fields)
          return yield* respond(fields, "image.variation", request, image)
        }))
)
